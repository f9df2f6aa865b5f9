"""The sessions of Locust, FastHttpSession and HttpSession, with their requests in the books.

Whatever asks through them is accounted for: get, post and the rest, rest(), iter_lines, requests in
parallel, sessions that the user's code makes itself. A request lasts until its answer is complete:
a stream until its body has been read, or nobody can read it any more.
"""

import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import brotli
from gevent import Timeout, getcurrent
from locust.clients import HttpSession
from locust.contrib import fasthttp
from locust.contrib.fasthttp import FastHttpSession
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar

from _books import Request, TaskRaised, books, current, request_unjudged
from _connection import let_others_go_first, note_server
from _notes import notes
from _texts import shorten
from _users import await_turn, ledger_of

Ask = Callable[..., Any]

# By these requests end that Locust never tells of: the user's code gives one up (with
# gevent.Timeout), or its body is damaged in a way that FastHttpSession does not expect.
GIVEN_UP = (Timeout, brotli.error)

stock_mount = HttpSession.mount
stock_send = HTTPAdapter.send


class Verdict:
    """The event that an answer fires when the user's code has judged it, for this request."""

    def __init__(self, request: Request, answer: Any) -> None:
        self._request = request
        self._event = answer._request_event
        self._answer = answer
        answer._request_event = self
        request.ledger.unjudged.append(self)

    def fire(self, **meta: Any) -> None:
        """Fire on behalf of the request."""
        with suppress(ValueError):
            self._request.ledger.unjudged.remove(self)
        if meta.get("exception") is not None:
            shorten(meta["exception"])
        self._let_go()
        self._fire(self._event, meta)

    def close(self, raised: BaseException | None) -> None:
        """Tell the recorder alone of a request whose task ended before it was judged.

        Locust counts none of these: its `with` block raised, or there was none.
        """
        error: Exception | None = TaskRaised(repr(raised)) if raised is not None else None
        if error is None:
            try:
                self._answer.raise_for_status()
            except Exception as status:
                error = status
        meta = self._answer.request_meta | {"exception": error}
        self._let_go()
        self._fire(request_unjudged, meta)

    def _let_go(self) -> None:
        """Part from the answer: the two hold each other, and a stream ends when it is dropped."""
        self._answer._request_event = self._event
        self._answer = None

    def _fire(self, event: Any, meta: dict[str, Any]) -> None:
        token = current.set(self._request)
        try:
            event.fire(**meta)
        finally:
            current.reset(token)


class Ending:
    """A connection pool for one stream: whoever gets the socket back knows that it has ended."""

    def __init__(self, request: Request, response: Any) -> None:
        self._request = request
        self._pool = response._pool
        self._response = weakref.ref(response)  # which must end when the user's code drops it

    def return_socket(self, sock: Any) -> None:
        """Return a socket whose answer is complete."""
        self._pool.return_socket(sock)
        self._request.end()

    def release_socket(self, sock: Any) -> None:
        """Close a socket: the server wants that, or nobody reads its answer any more."""
        self._pool.release_socket(sock)
        response = self._response()
        if response is not None and response.message_complete:
            self._request.end()
        else:
            self._request.leave()


class Jar(RequestsCookieJar):
    """The cookies of a FastHttpSession, which cost nothing where there are none.

    They have the interface of a dictionary, as those of an HttpSession have.
    """

    def add_cookie_header(self, request: Any) -> None:
        """Add the cookies to a request."""
        if self._cookies:  # type: ignore[attr-defined]
            super().add_cookie_header(request)

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Take the cookies of an answer."""
        if "set-cookie" in response.headers:
            super().extract_cookies(response, request)


def _cookies(session: Any) -> Any:
    """The cookies, by the name that they have in an HttpSession."""
    return session.cookiejar


def accounted(stock: Ask, follow: Callable[[Any, Request], None]) -> Ask:
    """Return the stock way to ask, with each request in the books."""

    def request(session: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        ledger = ledger_of(session.user)
        if books.turn is not None and not books.turn.is_set():
            await_turn(ledger, session.user)
        request = ledger.ask(unsent=True)
        if "stream" in kwargs:
            request.streams = bool(kwargs["stream"])
        token = current.set(request)
        try:
            answer = stock(session, method, url, *args, **kwargs)
        except BaseException as error:
            request.end()
            if isinstance(error, GIVEN_UP) and not request.judged:
                name = kwargs.get("name") or session.request_name or url
                _tell_given_up(request, method, name, error)
            raise
        finally:
            current.reset(token)
        ledger.failed = not answer.status_code
        if request.streams and not ledger.failed:
            follow(answer, request)
            if books.of_greenlet.get(getcurrent()) is ledger:
                ledger.streams.append(request)
        elif request.lasted_ms is None:
            request.end()
        if not request.judged and getattr(answer, "_catch_response", False):
            Verdict(request, answer)
        return answer

    return request


def _tell_given_up(request: Request, method: str, name: str, error: BaseException) -> None:
    """Tell the recorder of a request that ends without a word of Locust's."""
    request_unjudged.fire(
        request_type=method,
        name=name,
        response_time=request.lasted_ms,
        response_length=0,
        response=None,
        exception=error,
        context={},
        start_time=request.started_s,
    )


def _follow_fast(answer: Any, request: Request) -> None:
    """End a request when its stream has: complete, closed, or dropped."""
    response = answer._response
    if response._pool is None:
        request.end()
        return
    response._pool = Ending(request, response)


def _follow_requests(answer: Any, request: Request) -> None:
    raw = answer.raw
    release = raw.release_conn

    def released() -> None:
        release()
        request.end()

    raw.release_conn = released
    weakref.finalize(raw, request.leave).atexit = False
    if raw.closed:
        request.end()


def _mount(session: HttpSession, prefix: str, adapter: HTTPAdapter) -> None:
    """Mount an adapter, and note that it hides retries where it does."""
    stock_mount(session, prefix, adapter)
    if retries := getattr(adapter.max_retries, "total", 0):
        text = f"a session asks up to {1 + retries} times for one request (max_retries)"
        notes.add("max_retries", text)


def _send(adapter: HTTPAdapter, prepared: Any, *args: Any, **kwargs: Any) -> Any:
    """Note where each request of a chain of redirects goes, and what its figures do not show."""
    request = current.get()
    if request is None:
        _note_bypass()
    else:
        note_server(request, prepared.url)
        if prepared.hooks.get("response"):
            _note_hook()
        if request.unsent:
            let_others_go_first(request)
    return stock_send(adapter, prepared, *args, **kwargs)


def _note_hook() -> None:
    text = "a response hook of a session runs within its requests: latencies have its time too"
    notes.add("hooks", text)


def _note_bypass() -> None:
    ledger = books.of_greenlet.get(getcurrent())
    if ledger is not None and not ledger.set_up:
        text = f"{ledger.task} asks past Locust's sessions (requests.get): that is not measured"
        notes.add("bypass", text)


def account() -> None:
    """Let every session of this process keep books."""
    hooks: tuple[tuple[Any, str, Any], ...] = (
        (fasthttp, "CookieJar", Jar),
        (FastHttpSession, "cookies", property(_cookies)),
        (FastHttpSession, "request", accounted(FastHttpSession.request, _follow_fast)),
        (HttpSession, "request", accounted(HttpSession.request, _follow_requests)),
        (HttpSession, "mount", _mount),
        (HTTPAdapter, "send", _send),
    )
    for kind, name, hook in hooks:
        setattr(kind, name, hook)

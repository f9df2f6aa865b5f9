"""The lean base user: one place for time-outs, body checks and the least cost per request.

`fetch` and `ask` write a request's bytes on the user's kept connection and parse the answer in C,
with no session in between. They are a choice, not a condition: any user class is measured
(`_instrument.py`), and `self.client` is here too, with the same cookies and connections.
"""

import json as jsonlib
import random
import resource
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import count
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import gevent
from geventhttpclient.header import Headers
from geventhttpclient.useragent import CompatRequest
from locust import FastHttpUser
from locust.contrib.fasthttp import LocustBadStatusCode
from locust.exception import CatchResponseError

import _headers
import _instrument  # noqa: F401  keeps the books, also under bare Locust
from _books import Ledger, books, current
from _django import FIELD, form_token
from _lean import FAILURES, NO_ANSWER, Answer, Wire, Wires, target
from _texts import cut, difference
from _users import await_turn, begin_cycle, ledger_of

TIMEOUT_S = 1230.0
"""Longer than the slowest legal answer: ten minutes behind a queue of the same length."""

OK = frozenset(range(200, 300))

Check = Callable[[Answer], object]


class WrongBody(CatchResponseError):
    """Mark an answer that is not the one that was asked for."""


class Client(FastHttpUser):
    """Ask, think, ask again: a closed loop with one connection and one request at a time."""

    abstract = True
    host = "http://127.0.0.1:8000"
    network_timeout = connection_timeout = TIMEOUT_S
    stationary = True
    """Whether a plateau can become steady: not where all users ask at once when it opens."""
    places: ClassVar[Iterator[int]] = count()
    _wire_kind: type[Wire] = Wire
    """What reads the answers from a connection."""

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.options = environment.parsed_options
        self.cookies: Any = self.client.cookiejar
        url = urlsplit(str(self.client.base_url))
        pool = self.client.client.clientpool.get_client(f"{url.scheme}://{url.netloc}/")
        self._prefix = url.path.rstrip("/")
        self._origin = f"{url.scheme}://{url.netloc}"
        own = {"Host": url.netloc} | _headers.fixed
        self._head = " HTTP/1.1\r\n" + "".join(f"{name}: {own[name]}\r\n" for name in own)
        self._seen_origin = _headers.origin(url.scheme, url.netloc)
        self._wires = Wires(pool._connection_pool, self._wire_kind)
        self._authority = self.client.auth_header

    @property
    def ledger(self) -> Ledger:
        """The user's account in the books."""
        return ledger_of(self)

    def on_start(self) -> None:
        """Connect where that is wanted."""
        if self.options.connect_first:
            self.connect()

    def connect(self) -> None:
        """Ask once for what costs the server nothing, so that the connection is there."""
        self.await_turn()
        self.ask_plain()

    def await_turn(self) -> None:
        """Wait for a random part of the second whose users Locust starts all at once."""
        gevent.sleep(random.uniform(0, min(1.0, self.ramp_s())))

    def wanted_users(self) -> int:
        """Return how many users the plateau is to have, over all processes."""
        runner = self.environment.runner
        return books.wanted or (runner.target_user_count if runner else 1)

    def place(self) -> int:
        """Return this user's place among those of all processes, from 0 on; another each time."""
        runner, processes = self.environment.runner, self.options.processes or 1
        return next(self.places) * processes + (runner.worker_index if runner else 0)

    def ramp_s(self, started: int = 0) -> float:
        """Return how many seconds it takes to start all users wanted but those `started` here."""
        runner, processes = self.environment.runner, self.options.processes or 1
        wanted = books.wanted or (runner.target_user_count if runner else started)
        return float(max(0, wanted - processes * started) / (self.options.spawn_rate or 1))

    def begin_cycle(self) -> None:
        """Begin once on_start has ended: what is asked before `ready` is set-up."""
        begin_cycle(self)

    def ready(self) -> None:
        """Count what is asked from now on as load."""
        self.ledger.ready()
        self.ledger.answered = True

    def first_pause_s(self) -> float:
        """Draw a pause that ends at a random point of the cycle, in seconds."""
        # An exponential pause first, as all later ones are: a uniform one would let requests come
        # faster than think time allows until every user has asked once.
        wait_s = random.uniform(0, self.options.wait_ms) / 1000
        return float(FastHttpUser.first_pause_s(self)) + wait_s  # type: ignore[attr-defined]

    def ask_plain(self) -> None:
        """Ask for the answer that waits for nothing."""
        self.fetch(f"/{self.options.views}/plain/", PLAIN)

    def ask_wait(self, ms: float) -> None:
        """Ask for the answer that takes `ms` milliseconds."""
        body = jsonlib.dumps({"workload": "wait", "ms": ms}).encode()
        self.fetch(f"/{self.options.views}/wait/?ms={ms}", body)

    def fetch(self, path: str, body: bytes) -> Answer:
        """Ask for `path` and accept nothing but status 200 with exactly this `body`."""

        def is_body(answer: Answer) -> object:
            content = answer.content
            return content == body or difference(body, content)

        return self._ask("GET", path, status=200, check=is_body)

    def ask(
        self,
        method: str,
        path: str,
        *,
        name: str | None = None,
        json: Any = None,
        data: bytes | str | Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        status: int | Collection[int] = OK,
        contains: bytes | str | None = None,
        check: Check | None = None,
    ) -> Answer:
        """Ask once, following no redirect, and hold the answer against what is expected.

        Any 2xx is good unless `status` says otherwise; the body must hold `contains`; `check` gets
        the answer, and returns False or a text where it is wrong, or raises AssertionError.
        """
        expected = (status,) if isinstance(status, int) else status
        sent = self._bytes(method, path, _payload(json, data), headers or {})
        if books.turn is not None and not books.turn.is_set():
            await_turn(self.ledger, self)
        ledger = self.ledger
        request = ledger.ask()
        token = current.set(request)
        try:
            answer, error = self._exchange(method, path, sent)
            request.end()
            if error is None:
                error = _judge(answer, path, expected, contains, check)
            ledger.failed = error is not None
            self.environment.events.request.fire(
                request_type=method,
                # Without the query: Locust keeps statistics for ever for each name.
                name=name or path.partition("?")[0],
                response_time=request.lasted_ms,
                response_length=len(answer.content),
                exception=error,
                context=self.context(),
                response=answer,
                start_time=request.started_s,
                url=self._origin + path,
            )
        finally:
            request.end()
            current.reset(token)
        return answer

    _ask = ask  # a locustfile may have a task of the name ask

    def log_in(self, path: str, **fields: str) -> Answer:
        """Log in as Django's LoginView wants it: get the form, post its token and the `fields`.

        A wrong password shows the form once more; whoever is let in is sent elsewhere.
        """
        form = self._ask("GET", path)
        data = {FIELD: form_token(form.text) or self.cookies.get("csrftoken", ""), **fields}
        return self.post_form(path, data, status=range(300, 400))

    def post_form(self, path: str, data: Mapping[str, Any], **expected: Any) -> Answer:
        """Post a form's fields, with the token of the cookie where they hold none."""
        token = self.cookies.get("csrftoken")
        fields = data if FIELD in data or token is None else {FIELD: token, **data}
        return self._ask(
            "POST", path, data=fields, headers={"Referer": self._seen_origin + path}, **expected
        )

    def transmit(self, send: Callable[[], None]) -> None:
        """Send a request that is made up."""
        send()

    def _bytes(
        self, method: str, path: str, payload: tuple[bytes, str], headers: Mapping[str, str]
    ) -> bytes:
        """Write a request down."""
        if not path.startswith("/"):
            raise ValueError(f"{path!r} is no path: ask another server through self.client")
        body, kind = payload
        lines = [method, " ", self._prefix, target(path), self._head]
        if "Accept-Encoding" not in headers:
            lines.append("Accept-Encoding: identity\r\n")
        if body or method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(body)}\r\n")
        if kind and "Content-Type" not in headers:
            lines.append(f"Content-Type: {kind}\r\n")
        if len(self.cookies):
            lines.append(self._cookies(path))
        lines += [f"{header}: {value}\r\n" for header, value in headers.items()]
        return "".join([*lines, "\r\n"]).encode("latin-1") + body

    def _cookies(self, path: str) -> str:
        """Return the line with the cookies that go to a path; empty without any."""
        asking = CompatRequest(self._origin + path, headers=Headers())
        self.cookies.add_cookie_header(asking)
        cookies = asking.headers.get("cookie")
        return f"Cookie: {cookies}\r\n" if cookies else ""

    def _exchange(self, method: str, path: str, sent: bytes) -> tuple[Answer, Exception | None]:
        """Return what came back: without an answer one of status 0, and why there is none."""
        try:
            answer = self._wires.exchange(method, sent, self.transmit)
        except FAILURES as error:
            return NO_ANSWER, error
        if answer.headers.get("set-cookie") is not None:
            asked = CompatRequest(self._origin + path, headers=Headers())
            self.cookies.extract_cookies(answer, asked)
        return answer, answer.damage


def _payload(json: Any, data: bytes | str | Mapping[str, Any] | None) -> tuple[bytes, str]:
    """Return a body and its type."""
    if json is not None:
        return jsonlib.dumps(json).encode(), "application/json"
    if data is None:
        return b"", ""
    if isinstance(data, bytes):
        return data, "application/octet-stream"
    if isinstance(data, str):
        return data.encode(), "text/plain; charset=utf-8"
    return urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded"


def _judge(
    answer: Answer,
    path: str,
    status: Collection[int],
    contains: bytes | str | None,
    check: Check | None,
) -> Exception | None:
    """Return what is wrong with an answer, if anything is."""
    if answer.status_code not in status:
        return LocustBadStatusCode(path, code=answer.status_code)
    if contains is not None:
        part = contains.encode() if isinstance(contains, str) else contains
        if part not in answer.content:
            return WrongBody(f"expected {part[:80]!r} in {answer.content[:80]!r}")
    return _failed(check, answer) if check is not None else None


def _failed(check: Check, answer: Answer) -> Exception | None:
    """Return what a check has against an answer."""
    try:
        verdict = check(answer)
    except AssertionError as error:
        return WrongBody(cut(str(error)) or "an assertion failed")
    if verdict is False or isinstance(verdict, str):
        return WrongBody(cut(verdict or "") or f"the check refused {answer.content[:80]!r}")
    return None


PLAIN = jsonlib.dumps({"workload": "plain"}).encode()

# Locust would raise the limit to exactly 10,000 descriptors, which 10,000 users exceed.
_most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (_most, _most))

"""How often Django switches between threads and event loop for one request, counted.

Its documentation has a stack of middleware of the other kind "switch just once". Counted are the
calls of asgiref's two adapters, through the handlers that servers call, signals included.
Source: https://docs.djangoproject.com/en/stable/topics/async/
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import AsyncToSync, SyncToAsync
from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory, override_settings

from config.middleware import apps, middleware
from tests.support.patience import PATIENCE_S

Serve = Callable[[str], bytes]


def serve_by_asgi(path: str) -> bytes:
    """Serve one request as an ASGI server does; return the body."""
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}

    async def serve() -> bytes:
        server: Any = ApplicationCommunicator(ASGIHandler(), scope)  # type: ignore[no-untyped-call]
        await server.send_input({"type": "http.request", "body": b""})
        start, answer = (
            await server.receive_output(PATIENCE_S),
            await server.receive_output(PATIENCE_S),
        )
        assert start["status"] == 200
        await server.wait(PATIENCE_S)
        return bytes(answer["body"])

    return asyncio.run(serve())


def serve_by_wsgi(path: str) -> bytes:
    """Serve one request as a WSGI server does; return the body."""
    handler: Any = WSGIHandler()
    answer = handler(RequestFactory().get(path).environ, lambda status, headers: None)
    try:
        return b"".join(answer)
    finally:
        answer.close()


@pytest.fixture
def switches(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the switches from now on: to a thread, to an event loop."""
    counts: Counter[str] = Counter()

    def count(adapter: Any, name: str) -> None:
        call = adapter.__call__

        def counted(*args: Any, **kwargs: Any) -> Any:
            counts[name] += 1
            return call(*args, **kwargs)

        monkeypatch.setattr(adapter, "__call__", counted)

    count(SyncToAsync, "thread")
    count(AsyncToSync, "loop")
    return counts


@pytest.mark.parametrize(
    ("serve", "views", "chosen", "thread", "loop"),
    [
        # Signals take an async view two switches, and a sync view is one more.
        (serve_by_asgi, "async", "none", 2, 0),
        (serve_by_asgi, "sync", "none", 3, 0),
        (serve_by_wsgi, "sync", "none", 0, 0),
        (serve_by_wsgi, "async", "none", 0, 1),
        # What is capable of both adds nothing.
        (serve_by_asgi, "async", "both", 2, 0),
        (serve_by_asgi, "sync", "both", 3, 0),
        (serve_by_wsgi, "sync", "both", 0, 0),
        (serve_by_wsgi, "async", "both", 0, 1),
        # Of the other kind: one switch there, one back.
        (serve_by_asgi, "async", "sync", 3, 1),
        (serve_by_asgi, "sync", "sync", 4, 1),
        (serve_by_wsgi, "sync", "async", 1, 1),
        (serve_by_wsgi, "async", "async", 1, 2),
        # Seven do not share one: 13 more under ASGI.
        (serve_by_asgi, "async", "startproject", 15, 0),
        (serve_by_asgi, "sync", "startproject", 16, 0),
        (serve_by_wsgi, "sync", "startproject", 0, 0),
        (serve_by_wsgi, "async", "startproject", 0, 1),
    ],
)
def test_django_switches_so_often_for_one_request(
    switches: Counter[str], serve: Serve, views: str, chosen: str, thread: int, loop: int
) -> None:
    """There and back for one of the other kind, never for one capable of both."""
    with override_settings(
        MIDDLEWARE=middleware(chosen), INSTALLED_APPS=apps(chosen), ALLOWED_HOSTS=["*"]
    ):
        assert serve(f"/{views}/plain/") == b'{"workload": "plain"}'
    assert (switches["thread"], switches["loop"]) == (thread, loop)


@pytest.mark.parametrize(
    ("serve", "views", "thread", "loop"),
    [
        # Beside those of a plain answer, one for the receiver of the other kind.
        (serve_by_asgi, "async", 2 + 1, 0),
        (serve_by_asgi, "sync", 3, 0 + 1),
        (serve_by_wsgi, "sync", 0, 0 + 1),
        (serve_by_wsgi, "async", 0 + 1, 1),
    ],
)
def test_a_signal_switches_once_for_its_receivers_of_the_other_kind(
    switches: Counter[str], serve: Serve, views: str, thread: int, loop: int
) -> None:
    """`send` goes to an event loop for the async ones, `asend` to a thread for the sync ones."""
    with override_settings(ALLOWED_HOSTS=["*"]):
        assert b'["sync", "async"]' in serve(f"/{views}/notify/")
    assert (switches["thread"], switches["loop"]) == (thread, loop)

"""Every framework answers as the application under test does, in this process."""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from warnings import catch_warnings
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.test import override_settings

from frameworks import workload
from tests.support.serving import Server

WSGI = ("bare", "flask", "pyramid", "django")
ASGI = ("bare", "starlette", "fastapi", "django")

ANSWERS = {
    "plain/": {"workload": "plain"},
    "wait/?ms=5": {"workload": "wait", "ms": 5},
    "wait/?ms=0.5": {"workload": "wait", "ms": 0.5},
    "call/?ms=5": {"workload": "call", "ms": 5},
}

TIMES = re.compile(
    r"bench-view;dur=[\d.]+, bench-wait;dur=[\d.]+, bench-entered;dur=[\d.]+, "
    r"bench-nth;dur=\d+, bench-process;dur=\d+"
)


@dataclass(frozen=True)
class Response:
    """What came back; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Ask = Callable[[str], Response]


def by_wsgi(application: Any, path: str) -> Response:
    """Ask a WSGI application."""
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    environ["PATH_INFO"], _, environ["QUERY_STRING"] = path.partition("?")
    begun: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
        begun.append((status, headers))

    body = b"".join(application(environ, start_response))
    ((status, headers),) = begun
    return Response(int(status[:3]), _by_name(headers), body)


def by_asgi(application: Any, path: str) -> Response:
    """Ask an ASGI application."""
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    sent: list[dict[str, Any]] = []

    async def exchange() -> None:
        requests = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            return requests.pop() if requests else await asyncio.Future()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await application(scope, receive, send)

    asyncio.run(exchange())
    start, *parts = sent
    headers = ((name.decode(), value.decode()) for name, value in start["headers"])
    return Response(start["status"], _by_name(headers), b"".join(part["body"] for part in parts))


def _by_name(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


def application(name: str, interface: str) -> Any:
    """Return the entry point of a framework; skip where its group is not installed."""
    if name == "django":
        return get_wsgi_application() if interface == "wsgi" else get_asgi_application()
    if name != "bare":
        pytest.importorskip(name, reason="make setup GROUP=frameworks")
    with catch_warnings(action="ignore"):  # of a framework's own imports, as Pyramid has them
        return import_module(f"frameworks.{name}.{interface}").application


@pytest.fixture(params=[*(("wsgi", name) for name in WSGI), *(("asgi", name) for name in ASGI)])
def ask(
    request: pytest.FixtureRequest, upstream: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterable[Ask]:
    """Ask one framework by one interface, each for its own kind of view."""
    interface, name = request.param
    served = application(name, interface)
    monkeypatch.setattr(workload, "UPSTREAM_URL", upstream.url)
    exchange, views = (by_wsgi, "sync") if interface == "wsgi" else (by_asgi, "async")
    with override_settings(UPSTREAM_URL=upstream.url, ALLOWED_HOSTS=["127.0.0.1"]):
        yield lambda path: exchange(served, path.replace("{views}", views))


@pytest.mark.parametrize("path", ANSWERS)
def test_all_answer_the_same_bytes_and_headers(ask: Ask, path: str) -> None:
    """The body that a client can build, its type and its length, and the times of the view."""
    response = ask(f"/{{views}}/{path}")
    body = json.dumps(ANSWERS[path]).encode()
    assert (response.status, response.body) == (200, body)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["content-length"] == str(len(body))
    assert TIMES.fullmatch(response.headers["server-timing"])


def test_a_view_waits_as_long_as_it_is_asked_to(ask: Ask) -> None:
    """And says so in its times."""
    times = ask("/{views}/wait/?ms=20").headers["server-timing"]
    (waited,) = re.findall(r"bench-wait;dur=([\d.]+)", times)
    assert 20 <= float(waited) < 200


def test_a_bad_number_is_refused_in_the_same_words(ask: Ask) -> None:
    """400, with what is wrong."""
    for path in ("wait/?ms=x", "call/"):
        response = ask(f"/{{views}}/{path}")
        assert response.status == 400
        assert json.loads(response.body) == {"error": "ms must be a number from 0 to 600000"}


def test_an_upstream_that_is_gone_is_an_error_of_the_gateway(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """502, with the cure."""
    nowhere = "http://127.0.0.1:9"
    monkeypatch.setattr(workload, "UPSTREAM_URL", nowhere)
    with override_settings(UPSTREAM_URL=nowhere):
        response = ask("/{views}/call/?ms=1")
    assert response.status == 502
    assert "start the upstream" in json.loads(response.body)["error"]


def test_each_is_ready_and_knows_no_other_path(ask: Ask) -> None:
    """As a server is asked before a run."""
    ready = ask("/ready/")
    assert (ready.status, ready.body) == (200, b'{"ready": true}')
    assert ask("/nothing/").status == 404

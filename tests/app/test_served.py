"""The application behind the real servers, with the real upstream behind it."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
import urllib3

from harness.host.sockets import census
from tests.app.servers import COMMANDS, serve
from tests.support.counting import counting, http
from tests.support.patience import PATIENCE_S
from tests.support.serving import Server

ANSWERS = {
    "plain/": {"workload": "plain"},
    "wait/?ms=20": {"workload": "wait", "ms": 20},
    "wait/?ms=0.5": {"workload": "wait", "ms": 0.5},
    "call/?ms=20": {"workload": "call", "ms": 20},
    "compute/?ms=2": {"workload": "compute", "ms": 2},
    "poll/?ms=20": {"workload": "poll", "ms": 20},
    "fanout/?n=3&ms=5&way=sequence": {"workload": "fanout", "n": 3, "ms": 5, "way": "sequence"},
    "fanout/?n=3&ms=5&way=threads": {"workload": "fanout", "n": 3, "ms": 5, "way": "threads"},
    "fanout/?n=3&ms=5&way=tasks": {"workload": "fanout", "n": 3, "ms": 5, "way": "tasks"},
}


@pytest.fixture(scope="module", params=COMMANDS)
def server(
    request: pytest.FixtureRequest, upstream: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Run each server in turn, for all tests of this module."""
    with serve(request.param, tmp_path_factory.mktemp("served"), upstream.url) as server:
        yield server


async def statuses(url: str, count: int) -> list[int]:
    """Ask so many times at once; return the statuses."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def status() -> int:
            async with session.get(url) as response:
                await response.read()
                return response.status

        return await asyncio.gather(*(status() for _ in range(count)))


async def threads_under(server: Server, path: str, count: int) -> int:
    """Return the most threads that the server has while it answers so many requests at once."""
    requests = asyncio.create_task(statuses(server.url + path, count))
    most = 0
    while not requests.done():
        most = max(most, server.worker.num_threads())
        await asyncio.sleep(0.05)
    assert set(requests.result()) == {200}
    return most


@pytest.mark.parametrize("path", ANSWERS)
@pytest.mark.parametrize("views", ["sync", "async"])
def test_every_server_sends_the_same_bytes_from_both_kinds_of_view(
    server: Server, views: str, path: str
) -> None:
    """Send what a client can compute, framed by its length."""
    response = server.get(f"/{views}/{path}")
    assert response.status == 200
    assert response.data == json.dumps(ANSWERS[path]).encode()
    assert response.headers["Content-Length"] == str(len(response.data))
    assert "Transfer-Encoding" not in response.headers
    assert response.headers["Server-Timing"].startswith("bench-view;dur=")


def test_refusals_are_json_and_leave_nothing_in_the_log(server: Server) -> None:
    """Log no line for a client's mistake, not even for those that Django calls suspicious."""
    before = server.output()
    for path in ("/sync/wait/?ms=x", "/async/call/?ms=-1", "/async/wait/?" + "a&" * 1100):
        response = server.get(path)
        assert (response.status, list(response.json())) == (400, ["error"])
        assert response.headers["Content-Type"] == "application/json"
    assert server.get("/nothing/").status == 404
    assert server.output() == before


def test_head_keeps_the_connection_in_step(server: Server) -> None:
    """Send no body after HEAD, which the next answer would be mistaken for."""
    with urllib3.PoolManager(retries=False, timeout=PATIENCE_S) as client:
        for method, body in (("HEAD", b""), ("GET", b'{"workload": "plain"}')):
            response = client.request(method, f"{server.url}/async/plain/")
            assert (response.status, response.data) == (200, body)


def ask_and_leave(server: Server, path: str, after_s: float) -> None:
    """Ask, and close the connection before the answer."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(after_s)


def test_a_client_that_leaves_is_not_an_error(server: Server) -> None:
    """Serve on and log nothing when a client does not wait for its answer."""
    before = server.output()
    for path in ("/async/wait/?ms=300", "/async/call/?ms=300"):
        ask_and_leave(server, path, after_s=0.1)
    time.sleep(0.4)
    assert server.get("/async/call/?ms=0").status == 200
    assert server.output() == before


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "views", "calls"),
    [
        ("gthread", "sync", 4),
        ("gthread", "async", 4),
        ("uvicorn", "sync", 4),
        ("uvicorn", "async", 1),
        ("uvicorn-shared", "async", 1),
    ],
)
def test_only_an_async_view_under_asgi_is_cancelled_when_its_client_leaves(
    name: str, views: str, calls: int, tmp_path: Path
) -> None:
    """The upstream tells: a view that runs to its end makes all four calls, 0.2 s each.

    The client leaves during the first. A thread cannot be cancelled, WSGI does not hear of it.
    """
    with (
        counting(respond=lambda path: http(b"ok"), delay_s=0.2) as behind,
        serve(name, tmp_path, behind.url) as server,
    ):
        ask_and_leave(server, f"/{views}/fanout/?n=4&ms=200&way=sequence", after_s=0.1)
        time.sleep(1.2)  # four calls take 0.8 s
        assert len(behind.arrivals) == calls
        assert server.get(f"/{views}/call/?ms=0").status == 200
        assert "Traceback" not in server.output()


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "backlog"), [("gunicorn-asgi", 100), ("gunicorn-asgi-mended", 512)]
)
def test_gunicorns_asgi_worker_has_the_listen_queue_of_its_flag_where_it_is_mended(
    name: str, backlog: int, tmp_path: Path
) -> None:
    """By the kernel: asyncio's default of 100 beside --backlog=512."""
    with serve(name, tmp_path, "http://127.0.0.1:9") as server:
        port = urlsplit(server.url).port
        assert port
        counted = census(port)
        assert counted
        assert counted.listen_backlog == backlog
        assert server.get("/async/plain/").data == json.dumps(ANSWERS["plain/"]).encode()
        assert server.output() == ""


def test_async_calls_leave_no_session_behind(server: Server) -> None:
    """Answer 50 calls, then 50 at once, and have as many descriptors as before."""
    url = f"{server.url}/async/call/?ms=1"
    with urllib3.PoolManager(retries=False, timeout=PATIENCE_S) as client:
        client.request("GET", url)
        before = server.worker.num_fds()
        assert {client.request("GET", url).status for _ in range(50)} == {200}
        assert server.worker.num_fds() <= before + 1
    assert asyncio.run(statuses(url, 50)) == [200] * 50
    assert "Unclosed" not in server.output()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_stopped_server_leaves_no_session_open(
    name: str, upstream: Server, tmp_path: Path
) -> None:
    """End by SIGTERM without a complaint about what was not closed; Uvicorn re-raises it."""
    with serve(name, tmp_path, upstream.url) as server:
        assert server.get("/async/call/?ms=0").status == 200
        assert server.get("/sync/call/?ms=0").status == 200
        assert server.stop() in (0, -15, 143)
        assert "nclosed" not in server.output()
        assert "Traceback" not in server.output()


@pytest.mark.parametrize("name", COMMANDS)
def test_call_answers_502_once_the_upstream_is_gone(
    name: str, mortal_upstream: Server, tmp_path: Path
) -> None:
    """With the cure in one line and no traceback in the log, even on connections that were open."""
    paths = ("/sync/call/?ms=0", "/async/call/?ms=0")
    with serve(name, tmp_path, mortal_upstream.url) as server:
        assert [server.get(path).status for path in paths] == [200, 200]
        assert mortal_upstream.stop() == 0
        for path in paths:
            response = server.get(path)
            assert response.status == 502
            assert "start the upstream" in response.json()["error"]
            assert "Server-Timing" in response.headers
        assert "Traceback" not in server.output()


@pytest.mark.parametrize(
    ("name", "least", "most"), [("uvicorn-shared", 1, 10), ("uvicorn", 200, 400)]
)
def test_the_shared_entry_point_needs_few_threads_where_stock_needs_one_per_request(
    name: str, least: int, most: int, upstream: Server, tmp_path: Path
) -> None:
    """Count threads while 300 requests to an async view are under way."""
    with serve(name, tmp_path, upstream.url) as server:
        threads = asyncio.run(threads_under(server, "/async/wait/?ms=1000", 300))
        assert least <= threads <= most
        assert server.output() == ""

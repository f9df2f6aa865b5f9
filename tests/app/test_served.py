"""The application behind the real servers, with the real upstream behind it."""

import asyncio
import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import aiohttp
import pytest
import urllib3

from tests.support.serving import PROJECT, Server, running

GTHREAD = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind=127.0.0.1:{port}"]
GTHREAD += ["--workers=1", "--worker-class=gthread", "--threads=16", "--keep-alive=75"]
GTHREAD += ["--no-control-socket", "--log-level=warning"]
UVICORN = [sys.executable, "-m", "uvicorn", "--host=127.0.0.1", "--port={port}", "--workers=1"]
UVICORN += ["--loop=uvloop", "--http=httptools", "--lifespan=off", "--timeout-keep-alive=75"]
UVICORN += ["--backlog=2048", "--no-access-log", "--log-level=warning"]
COMMANDS = {
    "gthread": GTHREAD,
    "uvicorn": [*UVICORN, "config.asgi:application"],
    "uvicorn-shared": [*UVICORN, "config.asgi_shared:application"],
}

ANSWERS = {
    "plain/": {"workload": "plain"},
    "wait/?ms=20": {"workload": "wait", "ms": 20},
    "wait/?ms=0.5": {"workload": "wait", "ms": 0.5},
    "call/?ms=20": {"workload": "call", "ms": 20},
    "compute/?ms=2": {"workload": "compute", "ms": 2},
    "fanout/?n=3&ms=5&way=sequence": {"workload": "fanout", "n": 3, "ms": 5, "way": "sequence"},
    "fanout/?n=3&ms=5&way=threads": {"workload": "fanout", "n": 3, "ms": 5, "way": "threads"},
    "fanout/?n=3&ms=5&way=tasks": {"workload": "fanout", "n": 3, "ms": 5, "way": "tasks"},
}


def serve(name: str, folder: Path, upstream: Server) -> AbstractContextManager[Server]:
    """Serve the application by a command, with an upstream behind it."""
    variables = {"UPSTREAM_URL": upstream.url}
    return running(COMMANDS[name], folder / f"{name}.log", PROJECT / "app", variables)


@pytest.fixture(scope="module", params=COMMANDS)
def server(
    request: pytest.FixtureRequest, upstream: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Run each server in turn, for all tests of this module."""
    with serve(request.param, tmp_path_factory.mktemp("served"), upstream) as server:
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
    assert response.headers["Server-Timing"].startswith("view;dur=")


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
    with urllib3.PoolManager(retries=False, timeout=30) as client:
        for method, body in (("HEAD", b""), ("GET", b'{"workload": "plain"}')):
            response = client.request(method, f"{server.url}/async/plain/")
            assert (response.status, response.data) == (200, body)


def test_a_client_that_leaves_is_not_an_error(server: Server) -> None:
    """Serve on and log nothing when a client does not wait for its answer."""
    before = server.output()
    address = server.url.removeprefix("http://").split(":")
    for path in ("/async/wait/?ms=300", "/async/call/?ms=300"):
        with socket.create_connection((address[0], int(address[1]))) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            time.sleep(0.1)
    time.sleep(0.4)
    assert server.get("/async/call/?ms=0").status == 200
    assert server.output() == before


def test_async_calls_leave_no_session_behind(server: Server) -> None:
    """Answer 50 calls, then 50 at once, and have as many descriptors as before."""
    url = f"{server.url}/async/call/?ms=1"
    with urllib3.PoolManager(retries=False, timeout=30) as client:
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
    with serve(name, tmp_path, upstream) as server:
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
    with serve(name, tmp_path, mortal_upstream) as server:
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
    with serve(name, tmp_path, upstream) as server:
        threads = asyncio.run(threads_under(server, "/async/wait/?ms=1000", 300))
        assert least <= threads <= most
        assert server.output() == ""

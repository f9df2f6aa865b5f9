"""The upstream: its delays, its HTTP and its end."""

import asyncio
import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

import aiohttp
import pytest

from harness.rig.upstream import Delays
from tests.support.patience import PATIENCE_S
from tests.support.serving import PROJECT, Server, running

UPSTREAM = [sys.executable, "scripts/harness/rig/upstream.py", "--port={port}"]


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run an upstream with constant delays."""
    with running(UPSTREAM, tmp_path_factory.mktemp("upstream") / "log") as server:
        yield server


def port_of(server: Server) -> int:
    """Return the port it listens on."""
    return int(server.url.rpartition(":")[2])


def connect(server: Server) -> socket.socket:
    """Open a connection to write HTTP on by hand."""
    return socket.create_connection(("127.0.0.1", port_of(server)), timeout=PATIENCE_S)


def read_to_end(client: socket.socket) -> bytes:
    """Return all that the server sends before it closes the connection."""
    return b"".join(iter(lambda: client.recv(4096), b""))


def keep_alive(server: Server) -> closing[http.client.HTTPConnection]:
    """Return a connection for many requests."""
    return closing(http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=PATIENCE_S))


def answer_ms(client: http.client.HTTPConnection, path: str) -> float:
    """Ask; return how long the whole answer took, in milliseconds."""
    started = time.perf_counter()
    client.request("GET", path)
    assert client.getresponse().read() == b'{"upstream": "ok"}'
    return (time.perf_counter() - started) * 1000


@pytest.mark.parametrize("ms", [1, 20, 100])
def test_a_constant_delay_is_never_early_and_hardly_late(upstream: Server, ms: int) -> None:
    """Answer after ms: at least, and in the median within 5 ms."""
    with keep_alive(upstream) as client:
        times_ms = [answer_ms(client, f"/?ms={ms}") for _ in range(11)]
    assert min(times_ms) >= ms
    assert median(times_ms) < ms + 5


def test_kept_connections_answer_at_once(upstream: Server) -> None:
    """Answer 100 requests on one connection without the 40 ms of a delayed acknowledgement."""
    with keep_alive(upstream) as client:
        client.connect()
        connection = client.sock
        assert median(answer_ms(client, "/?ms=0") for _ in range(100)) < 10
        assert client.sock is connection


def test_a_lognormal_delay_has_the_mean_of_the_request_and_a_smaller_median() -> None:
    """Draw around the mean, in whole milliseconds."""
    delays = Delays("lognormal", sigma=0.5, seed=1)
    draws_ms = [delays.draw_s(100) * 1000 for _ in range(20_000)]
    # The standard error of the mean is 100 * sqrt(exp(0.25) - 1) / sqrt(20,000) = 0.38.
    assert fmean(draws_ms) == pytest.approx(100, abs=1.5)
    # The median of a lognormal is mean * exp(-sigma^2 / 2) = 100 * exp(-0.125) = 88.2.
    assert median(draws_ms) == pytest.approx(88.2, abs=1.5)


def test_one_seed_draws_one_sequence() -> None:
    """Repeat for the same seed, differ for another."""
    first, again, other = (Delays("lognormal", 0.5, seed) for seed in (7, 7, 8))
    sequence = [first.draw_s(50) for _ in range(100)]
    assert sequence == [again.draw_s(50) for _ in range(100)]
    assert sequence != [other.draw_s(50) for _ in range(100)]


def test_no_delay_is_longer_than_ten_minutes() -> None:
    """Cut the tail of the distribution, and leave no wait where none is asked for."""
    delays = Delays("lognormal", sigma=3, seed=1)
    assert max(delays.draw_s(600_000) for _ in range(1000)) == pytest.approx(600.0, abs=0.002)
    assert delays.draw_s(0) == 0


def test_the_command_line_sets_spread_sigma_and_seed(tmp_path: Path) -> None:
    """Answer after the very delays that the seed draws; being late would prove nothing."""
    argv = [*UPSTREAM, "--spread=lognormal", "--sigma=1.5", "--seed=5"]
    delays = Delays("lognormal", sigma=1.5, seed=5)
    with running(argv, tmp_path / "log") as server, keep_alive(server) as client:
        for _ in range(12):
            assert answer_ms(client, "/?ms=20") >= delays.draw_s(20) * 1000 - 2


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/ready/", 200),
        ("/?ms=0", 200),
        ("/?other=1&ms=0.5", 200),
        ("/nothing", 404),
        *((f"/?ms={bad}", 400) for bad in ("", "x", "-1", "600001", "nan", "inf", "1_0", "1e999")),
        ("/", 400),
    ],
)
def test_only_a_legal_ms_is_answered_with_200(upstream: Server, path: str, status: int) -> None:
    """Refuse the rest at once."""
    assert upstream.get(path).status == status


def test_pipelined_requests_are_answered_in_their_order(upstream: Server) -> None:
    """Let a short delay wait for the longer one before it."""
    requests = b"GET /?ms=80 HTTP/1.1\r\n\r\nGET /nothing HTTP/1.1\r\n\r\n"
    requests += b"HEAD / HTTP/1.1\r\n\r\nGET /?ms=5 HTTP/1.1\r\nConnection: close\r\n\r\n"
    started = time.perf_counter()
    with connect(upstream) as client:
        client.sendall(requests)
        answers = read_to_end(client)
    assert time.perf_counter() - started >= 0.08
    places = [answers.index(f"HTTP/1.1 {status}".encode()) for status in (200, 404, 405)]
    assert all(earlier < later for earlier, later in pairwise(places))
    assert answers.count(b"HTTP/1.1") == 4
    assert answers.endswith(b'{"upstream": "ok"}')


def test_a_request_may_come_in_pieces(upstream: Server) -> None:
    """Put the URL together from several packets."""
    pieces = (b"GE", b"T /?m", b"s=0 HT", b"TP/1.1\r\n", b"Connection: close\r\n\r", b"\n")
    with connect(upstream) as client:
        for piece in pieces:
            client.sendall(piece)
            time.sleep(0.01)
        assert read_to_end(client).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "request_text", [b"GET /?ms=0 HTTP/1.0\r\n\r\n", b"no HTTP at all\r\n\r\n"]
)
def test_a_connection_without_keep_alive_is_closed(upstream: Server, request_text: bytes) -> None:
    """Answer HTTP/1.0 and nonsense once."""
    with connect(upstream) as client:
        client.sendall(request_text)
        assert read_to_end(client).count(b"Content-Length") == 1


def test_clients_that_leave_do_no_harm(upstream: Server) -> None:
    """Drop the answer of a client that is gone, with nothing in the log."""
    for _ in range(20):
        with connect(upstream) as client:
            client.sendall(b"GET /?ms=30 HTTP/1.1\r\n\r\n" * 2)
    time.sleep(0.1)
    assert upstream.get("/?ms=0").status == 200
    assert upstream.output() == ""


def test_a_port_in_use_is_reported_in_one_line(upstream: Server) -> None:
    """End with status 2 and no traceback."""
    argv = [part.format(port=port_of(upstream)) for part in UPSTREAM]
    process = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE_S)
    assert process.returncode == 2
    assert process.stderr.count("\n") == 1
    assert "address already in use; choose another port" in process.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    """End with status 0 and no word, also with an answer under way."""
    with running(UPSTREAM, tmp_path / "log") as server, connect(server) as client:
        client.sendall(b"GET /?ms=60000 HTTP/1.1\r\n\r\n")
        time.sleep(0.1)
        assert server.stop(number) == 0
        assert server.output() == ""


def test_no_answer_is_lost_however_many_are_due_at_once(upstream: Server) -> None:
    """Ask 3,200 times over 64 connections, together and in turn: each is answered, none early."""

    async def ask(session: aiohttp.ClientSession, ms: int) -> float:
        started = time.perf_counter()
        async with session.get(f"{upstream.url}/?ms={ms}") as response:
            assert await response.read() == b'{"upstream": "ok"}'
        return (time.perf_counter() - started) * 1000 - ms

    async def client(session: aiohttp.ClientSession, ms: int) -> list[float]:
        return [await ask(session, ms) for _ in range(50)]

    async def late_ms() -> list[float]:
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            rounds = await asyncio.gather(*(client(session, 20 + n // 8) for n in range(64)))
        return [late for of_client in rounds for late in of_client]

    assert min(asyncio.run(late_ms())) >= 0

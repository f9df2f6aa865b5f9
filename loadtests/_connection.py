"""Connections of Locust's HTTP clients: kept whatever their descriptor, never retried, timed.

`correct` puts right what geventhttpclient, below every FastHttpUser, and urllib3, below every
HttpUser, do to them under gevent; each correction has a test in tests/loadtests/test_connections.py
that fails when Locust no longer needs it.
"""

import functools
import itertools
import select
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import gevent.socket
from gevent import monkey
from geventhttpclient.connectionpool import ConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from _books import Request, books, current

# The patched poll yields to other greenlets, which would put their work into this one's latency.
poll = monkey.get_original("select", "poll")

# ip(7), since Linux 4.2; socket has it since Python 3.12.
IP_BIND_ADDRESS_NO_PORT = getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24)

LOCAL_NAMES = ("localhost", "::1", "[::1]")

Address = tuple[str, int]

stock_sleep = gevent.sleep
stock_init = ConnectionPool.__init__
stock_create = ConnectionPool._create_socket
stock_connects = {kind: kind.connect for kind in (HTTPConnection, HTTPSConnection)}

# The addresses from which connections are made, in turn; without any the kernel chooses.
sources: list[Iterator[str]] = []


def loopback(addresses: int) -> Iterator[str]:
    """Yield 127.0.0.1, 127.0.0.2 and so on in turn, up to so many of them, for ever."""
    return itertools.cycle([f"127.0.0.{number}" for number in range(1, addresses + 1)])


def address(url: str) -> Address | None:
    """Return host and port of an absolute URL, loopback by one name; None of any other."""
    return _address(url[: url.find("/", len("https://")) + 1] or url)


@functools.lru_cache(maxsize=1024)
def _address(url: str) -> Address | None:
    """Return the same, looked up once for each server."""
    parts = urlsplit(url)
    if not parts.hostname:
        return None
    return _one_name(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))


def note_server(request: Request, url: str) -> None:
    """Note on a request that it goes to a server that is not under test."""
    try:
        there = address(url)
    except ValueError:  # requests says so itself
        return
    if there is not None and books.server not in (None, there):
        request.elsewhere = f"{there[0]}:{there[1]}"


def let_others_go_first(request: Request) -> None:
    """Send a request that is made up after those of other users that are ready.

    As stock does, so that they are sent one after the other: a fifth less CPU time. The turns of
    others are not in this one's latency: it begins after them.
    """
    stock_sleep(0)
    request.begin()


def _one_name(host: str, port: int) -> Address:
    return ("127.0.0.1" if host in LOCAL_NAMES else host, port)


@functools.cache
def _resolved(host: str, port: int) -> list[Any]:
    """Look an address up once: a look-up goes through a thread and would count as connect time."""
    return list(gevent.socket.getaddrinfo(host, port, 0, gevent.socket.SOCK_STREAM))


def _init(pool: ConnectionPool, *args: Any, **kwargs: Any) -> None:
    """Let HTTPClient.request, which sends a request up to `size + 2` times, send it once."""
    stock_init(pool, *args, **kwargs)
    pool.size = -1
    pool.idle = []  # type: ignore[attr-defined]
    here = _one_name(pool._request_host, pool._request_port)
    under_test = books.server in (None, here)
    pool.elsewhere = None if under_test else f"{here[0]}:{here[1]}"  # type: ignore[attr-defined]


def _resolve(pool: ConnectionPool) -> list[Any]:
    return _resolved(pool._connection_host, pool._connection_port)


@functools.cache
def _probe(descriptor: int) -> Any:
    """Return what tells whether a descriptor, whosever it is, has something to read."""
    probe = poll()
    probe.register(descriptor, select.POLLIN)
    return probe


def _is_open(sock: gevent.socket.socket) -> bool:
    """Hold while an idle connection is open: select() knows no descriptor above 1,023."""
    descriptor = sock.fileno()
    return descriptor >= 0 and not _probe(descriptor).poll(0)


def _is_connected(connection: HTTPConnection) -> bool:
    """Hold while the connection of an HttpUser is open."""
    return connection.sock is not None and _is_open(connection.sock)


def _create_tcp_socket(
    pool: ConnectionPool, family: int, socktype: int, protocol: int
) -> gevent.socket.socket:
    sock = gevent.socket.socket(family, socktype, protocol)
    if sources:
        # Without the option bind would take a port for all destinations, and soon have none.
        sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        sock.bind((next(sources[0]), 0))
    return sock


def _create_socket(pool: ConnectionPool) -> gevent.socket.socket:
    return timed(lambda: stock_create(pool))


def _get_socket(pool: Any) -> gevent.socket.socket:
    """Return the idle connection that was used last, a new one where none is open."""
    if (request := current.get()) is not None:
        request.elsewhere = pool.elsewhere or request.elsewhere
        if request.unsent:
            let_others_go_first(request)
    pool._semaphore.acquire()
    while pool.idle:
        sock = pool.idle.pop()
        if _is_open(sock):
            return sock
        sock.close()
    try:
        return pool._create_socket()
    except BaseException:
        pool._semaphore.release()
        raise


def _return_socket(pool: Any, sock: gevent.socket.socket) -> None:
    if pool._closed:
        sock.close()
        return
    pool.idle.append(sock)
    pool._semaphore.release()


def _close(pool: Any) -> None:
    pool._closed = True
    while pool.idle:
        pool.idle.pop().close()


def _connect(connection: HTTPConnection) -> None:
    """Connect as requests does, from the address whose turn it is."""
    if sources:
        options = list(connection.socket_options or [])
        connection.socket_options = [*options, (socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)]
        connection.source_address = (next(sources[0]), 0)
    kind = HTTPSConnection if isinstance(connection, HTTPSConnection) else HTTPConnection
    timed(lambda: stock_connects[kind](connection))


def timed(connect: Callable[[], Any]) -> Any:
    """Note on the request under way how long it takes to connect, or that nobody could."""
    request, started = current.get(), time.perf_counter()
    try:
        return connect()
    except Exception:
        if request is not None:
            request.connect_failed = True
        raise
    finally:
        if request is not None:
            took_ms = (time.perf_counter() - started) * 1000
            request.connect_ms = (request.connect_ms or 0.0) + took_ms


def correct() -> None:
    """Correct and time the connections of every client in this process."""
    hooks = {
        "__init__": _init,
        "_resolve": _resolve,
        "_create_tcp_socket": _create_tcp_socket,
        "_create_socket": _create_socket,
        "get_socket": _get_socket,
        "return_socket": _return_socket,
        "close": _close,
    }
    for name, hook in hooks.items():
        setattr(ConnectionPool, name, hook)
    for kind in stock_connects:
        setattr(kind, "connect", _connect)  # noqa: B010
    setattr(HTTPConnection, "is_connected", property(_is_connected))  # noqa: B010

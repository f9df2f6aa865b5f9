"""One connection for each user: kept whatever its descriptor, never retried, each opening timed."""

import functools
import itertools
import select
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import gevent.socket
from gevent import monkey
from geventhttpclient.client import HTTPClient, HTTPClientPool
from geventhttpclient.connectionpool import ConnectionPool
from geventhttpclient.url import URL

TIMEOUT_S = 150.0
"""Longer than the slowest legal answer: 60 s of wait behind a queue of the same length."""

# The patched poll yields to other greenlets, which would put their work into this one's latency.
poll = monkey.get_original("select", "poll")

Send = Callable[[], None]
"""Sends a request that is made up, and whose answer is awaited already."""

# ip(7), since Linux 4.2; socket has it since Python 3.12.
IP_BIND_ADDRESS_NO_PORT = getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24)


class ConnectFailed(OSError):
    """Mark a connection that could not be opened, apart from one that broke later."""


@functools.cache
def _resolved(host: str, port: int) -> list[Any]:
    """Look an address up once: a look-up goes through a thread and would count as connect time."""
    return list(gevent.socket.getaddrinfo(host, port, 0, gevent.socket.SOCK_STREAM))


def loopback(addresses: int) -> Iterator[str]:
    """Give 127.0.0.1, 127.0.0.2 and so on in turn, up to so many of them, for ever."""
    return itertools.cycle([f"127.0.0.{number}" for number in range(1, addresses + 1)])


class Socket(gevent.socket.socket):  # type: ignore[misc]
    """A socket that hands over what it would send, where its connection says so."""

    connection: "KeptAlive"

    def sendall(self, data: bytes, flags: int = 0) -> None:
        send = functools.partial(super().sendall, data, flags)
        keep_back = self.connection.keep_back
        send() if keep_back is None else keep_back(send)


class KeptAlive(ConnectionPool):
    """Hold one connection, keep it whatever its descriptor, and time each new one."""

    sources: ClassVar[Iterator[str] | None] = None
    """The addresses from which connections are made, in turn; None leaves it to the kernel."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            host, port, host, port, 1, connection_timeout=TIMEOUT_S, network_timeout=TIMEOUT_S
        )
        # HTTPClient.request sends a request up to `size + 2` times; this makes it once.
        self.size = -1
        self.opened = 0
        self.connect_ms: float | None = None
        self.keep_back: Callable[[Send], None] | None = None
        """Takes over each request that is made up; None where they are sent at once."""

    def _resolve(self) -> list[Any]:
        return _resolved(self._connection_host, self._connection_port)

    def _is_socket_alive(self, sock: gevent.socket.socket | None) -> bool:
        if sock is None or sock.fileno() < 0:
            return False
        probe = poll()
        probe.register(sock.fileno(), select.POLLIN)
        return not probe.poll(0)

    def _create_tcp_socket(self, family: int, socktype: int, protocol: int) -> gevent.socket.socket:
        sock = Socket(family, socktype, protocol)
        sock.connection = self
        if self.sources is not None:
            # Without the option bind would take a port for all destinations, and soon have none.
            sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((next(self.sources), 0))
        return sock

    def _create_socket(self) -> gevent.socket.socket:
        started = time.perf_counter()
        try:
            sock = super()._create_socket()
        except OSError as error:
            raise ConnectFailed(*error.args) from error
        self.connect_ms = (time.perf_counter() - started) * 1000
        self.opened += 1
        return sock


class OneConnection(HTTPClientPool):
    """Give a user its own HTTP client, whose only connection is `connection`."""

    connection: KeptAlive | None = None

    def get_client(self, url: str | URL) -> HTTPClient:
        client = super().get_client(url)
        if self.connection is None:
            self.connection = KeptAlive(client.host, client.port or 80)
            client._connection_pool = self.connection
        return client

"""Measure the link from a host of the load to that of the server, by one connection of TCP.

`answer` echoes single bytes and then swallows what comes; `measure` times echoes, one after the
other, and how fast a stream gets through.
"""

import os
import socket
import statistics
import struct
import threading
import time
from dataclasses import dataclass

from harness.core import units
from harness.core.errors import BenchError

ECHOES = 200
STREAM_S = 0.5
PATIENCE_S = 5
PIECE = bytes(1 << 16)
DONE = b"."

# tcpi_total_retrans in struct tcp_info of linux/tcp.h.
REPEATED = struct.Struct("=100xI")


@dataclass(frozen=True, slots=True)
class Link:
    """A link: round trip by median and p95, what gets through, and segments that were repeated."""

    rtt_p50_ms: float
    rtt_p95_ms: float
    mbit_s: float
    repeated: int

    def __str__(self) -> str:
        """Return it in words."""
        p50, p95 = units.milliseconds(self.rtt_p50_ms), units.milliseconds(self.rtt_p95_ms)
        return (
            f"round trip {p50} (p95 {p95}), {units.significant(self.mbit_s)} Mbit/s, "
            f"{units.count(self.repeated)} segments repeated"
        )


def answer(address: str) -> int:
    """Answer one connection to an address, in a thread of its own; return the port."""
    listener = socket.create_server((address, 0))
    threading.Thread(target=_answer, args=(listener,), daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


def _answer(listener: socket.socket) -> None:
    with listener:
        listener.settimeout(PATIENCE_S)
        connection, _ = listener.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(ECHOES):
            connection.sendall(connection.recv(1))
        while connection.recv(len(PIECE)):
            pass
        connection.sendall(DONE)


def measure(host: str, port: int) -> Link:
    """Return the link to what answers at a port; raise BenchError where nothing comes through."""
    try:
        with socket.create_connection((host, port), PATIENCE_S) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            trips_ms = [_trip_ms(connection) for _ in range(ECHOES)]
            mbit_s = _mbit_s(connection)
            info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, REPEATED.size)
    except OSError as error:
        raise BenchError(
            f"cannot reach {host} from here ({os.strerror(error.errno or 0)}), where the server is "
            "to listen; let firewalls between them pass TCP"
        ) from None
    p95_ms = statistics.quantiles(trips_ms, n=20)[-1]
    return Link(statistics.median(trips_ms), p95_ms, mbit_s, REPEATED.unpack(info)[0])


def _trip_ms(connection: socket.socket) -> float:
    began = time.perf_counter()
    connection.sendall(DONE)
    connection.recv(1)
    return (time.perf_counter() - began) * 1000


def _mbit_s(connection: socket.socket) -> float:
    """Return how fast a stream gets through, from its first byte to the word that it came."""
    began = time.perf_counter()
    pieces = 0
    while time.perf_counter() - began < STREAM_S:
        connection.sendall(PIECE)
        pieces += 1
    connection.shutdown(socket.SHUT_WR)
    connection.recv(1)
    return 8 * pieces * len(PIECE) / 1e6 / (time.perf_counter() - began)

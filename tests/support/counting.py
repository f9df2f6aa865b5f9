"""A server for tests that counts connections and requests, and answers as a function says."""

import json
import re
import socket
import socketserver
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, urlsplit

from tests.support.background import serving

Respond = Callable[[str], bytes | None]


class Counting(socketserver.ThreadingTCPServer):
    """What a server saw: connections opened, from where, and when each request came."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, respond: Respond, delay_s: float) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.respond = respond
        self.delay_s = delay_s
        self.connections: list[socket.socket] = []
        self.peers: list[tuple[str, int]] = []
        self.arrivals: list[float] = []

    @property
    def url(self) -> str:
        """The address to ask."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def hang_up(self) -> None:
        """Cut all connections, so that their threads end."""
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Connection(socketserver.StreamRequestHandler):
    """Answer the requests of one connection; close it where `respond` returns None."""

    server: Counting

    def handle(self) -> None:
        """Read heads, answer each after the delay."""
        self.server.connections.append(self.connection)
        self.server.peers.append(self.client_address)
        with suppress(OSError):
            while request := self.rfile.readline():
                while self.rfile.readline().strip():
                    pass
                self.server.arrivals.append(time.time())
                time.sleep(self.server.delay_s)
                answer = self.server.respond(request.split(b" ")[1].decode())
                if answer is None:
                    return
                self.wfile.write(answer)


TIMING = "bench-view;dur=1.500, bench-wait;dur=1"


def http(body: bytes, status: str = "200 OK", timing: str = TIMING) -> bytes:
    """Build one whole HTTP answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nServer-Timing: {timing}\r\n\r\n"
    return head.encode() + body


def workload(path: str) -> bytes:
    """Answer as the application's workloads do."""
    parts = urlsplit(path)
    name = parts.path.strip("/").split("/")[-1]
    fields: dict[str, object] = {"workload": name}
    query = parse_qs(parts.query)
    for field in ("n", "ms", "way") if name == "fanout" else ("id", "ms", "cpu_ms"):
        if field in query:
            text = query[field][0]
            fields[field] = text if field == "way" else json.loads(text)
    if name == "row":
        fields["title"] = f"book {fields['id']}"
    return http(json.dumps(fields).encode())


class Paths:
    """Answer as the application does, after the wait that a path asks for; record the paths."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, path: str) -> bytes:
        """Note, wait, answer."""
        self.seen.append(path)
        if wait := re.search(r"ms=(\d+)", path):
            time.sleep(int(wait[1]) / 1000)
        return workload(path)


@contextmanager
def counting(respond: Respond = workload, delay_s: float = 0.0) -> Iterator[Counting]:
    """Serve on a free port from a thread of its own until the context ends."""
    with Counting(respond, delay_s) as server, serving(server):
        try:
            yield server
        finally:
            server.hang_up()

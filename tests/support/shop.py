"""A small site for tests, as locustfiles have it: forms with tokens, cookies, redirects, streams.

Each answer is written in one piece, but for the stream's.
"""

import gzip
import json
import re
import socketserver
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.background import serving

TOKEN = "token-1"
EVENTS, EVENT_S = 4, 0.05
"""A stream has so many events, each after this time: its body takes 0.2 s."""

PACKED = b"much of the same, " * 100
"""What a page says that is compressed for whoever asks for that."""

Answer = tuple[int, dict[str, str], bytes]


class Shop(socketserver.ThreadingTCPServer):
    """What the site was asked for: `GET /path` and how often, and over how many connections."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.asked: Counter[str] = Counter()
        self.arrivals: list[tuple[float, str]] = []
        self.connections = 0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up."""

    @property
    def url(self) -> str:
        """The address to ask."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Visit(socketserver.StreamRequestHandler):
    """Answer the requests of one connection."""

    server: Shop
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Read requests, answer each."""
        self.server.connections += 1
        with suppress(OSError):
            while line := self.rfile.readline():
                method, target, _ = line.decode().split()
                headers = dict(self._headers())
                body = self.rfile.read(int(headers.get("content-length", 0)))
                self.server.asked[f"{method} {urlsplit(target).path}"] += 1
                self.server.arrivals.append((time.time(), target))
                if target == "/stream/":
                    self._stream(numbers())
                elif "/events/?" in target:
                    self._stream(events(target))
                else:
                    self._write(method, *answer(method, target, headers, body))

    def _headers(self) -> Iterator[tuple[str, str]]:
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(":")
            yield name.lower(), value.strip()

    def _write(self, method: str, status: int, headers: dict[str, str], body: bytes) -> None:
        lines = [f"HTTP/1.1 {status} .", *(f"{name}: {value}" for name, value in headers.items())]
        if status != 204:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "", ""]).encode()
        self.wfile.write(head if method == "HEAD" else head + body)
        self.wfile.flush()

    def _stream(self, parts: Iterator[bytes]) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.wfile.flush()
        for part in parts:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()


def numbers() -> Iterator[bytes]:
    """Yield EVENTS numbers, each after EVENT_S."""
    for number in range(EVENTS):
        time.sleep(EVENT_S)
        yield f"data: {number}\n\n".encode()


def events(target: str) -> Iterator[bytes]:
    """Yield the events of the suite's application, the line that ends each by itself."""
    query = parse_qs(urlsplit(target).query)
    for number in range(int(query["n"][0])):
        time.sleep(float(query["ms"][0]) / 1000 if number else 0)
        yield f"id: {number}\ndata: {json.dumps({'event': number})}\n".encode()
        yield b"\n"


def answer(method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
    """Return what the site answers."""
    parts = urlsplit(target)
    query = parse_qs(parts.query)
    cookies = dict(re.findall(r"(\w+)=([\w-]+)", headers.get("cookie", "")))
    time.sleep(float(query.get("ms", ["0"])[0]) / 1000)
    match method, parts.path:
        case "GET", "/login/":
            form = f'<form><input type="hidden" name="csrfmiddlewaretoken" value="{TOKEN}"></form>'
            return 200, {"Set-Cookie": f"csrftoken={TOKEN}; Path=/"}, form.encode()
        case "POST", "/login/":
            fields = parse_qs(body.decode())
            if fields.get("csrfmiddlewaretoken") != [TOKEN] or fields.get("password") != ["pw"]:
                return 403, {}, b"no"
            return 302, {"Location": "/account/", "Set-Cookie": "session=ann; Path=/"}, b""
        case _, "/account/":
            if cookies.get("session") != "ann":
                return 302, {"Location": "/login/"}, b""
            return 200, {}, b"account of ann"
        case "POST", "/items/":
            return 201, {"Content-Type": "application/json"}, body
        case _, "/items/":
            return 200, {"Content-Type": "application/json"}, json.dumps({"items": [1]}).encode()
        case _, "/packed/":
            if "gzip" not in headers.get("accept-encoding", ""):
                return 200, {}, PACKED
            return 200, {"Content-Encoding": "gzip"}, gzip.compress(PACKED)
        case _, "/torn/":
            return 200, {"Content-Encoding": "gzip"}, b"torn"
        case _, "/nothing/":
            return 204, {}, b""
        case _, "/gone/":
            return 404, {}, b"gone"
        case _, "/to/":
            return 302, {"Location": query["url"][0]}, b""
        case _, "/broken/":
            return 500, {}, b"sorry"
    return 200, {}, b"fixed"


@contextmanager
def shop() -> Iterator[Shop]:
    """Serve on a free port from a thread of its own until the context ends."""
    with Shop() as server, serving(server):
        yield server

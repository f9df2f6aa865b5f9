"""The leanest way to ask: known bytes on a kept socket, parsed in C, with no session in between.

It speaks HTTP/1.1 to the server under test, one request at a time on each connection, and uses the
connections of the user's FastHttpSession, so that both ways share them.
"""

import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import brotli
import gevent.socket
from geventhttpclient.connectionpool import ConnectionPool
from httptools import HttpParserError, HttpResponseParser

RECEIVE_BYTES = 65_536

INTERIM = b"HTTP/1.1 1"

# What a target may hold unquoted (RFC 3986), an escape included.
TARGET = "/?#[]@!$&'()*+,;=:~%-._"

Transmit = Callable[[Callable[[], None]], None]


class ConnectionLost(OSError):
    """Mark a connection that closed before its answer was complete."""


class Head(Mapping[str, str]):
    """The headers of an answer, looked up in the bytes that came."""

    __slots__ = ("_bytes",)

    def __init__(self, head: bytes) -> None:
        self._bytes = head

    def __getitem__(self, name: str) -> str:
        values = self.all(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _line(name).search(self._bytes) is not None

    def __iter__(self) -> Iterator[str]:
        lines = self._bytes.split(b"\r\n")[1:]
        return iter(dict.fromkeys(line.partition(b":")[0].decode("latin-1") for line in lines))

    def __len__(self) -> int:
        return len([*iter(self)])

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header's first value, by a name in any case."""
        line = _line(name).search(self._bytes)
        return line[1].decode("latin-1") if line else default

    def all(self, name: str) -> list[str]:
        """List all values of a header."""
        return [value.decode("latin-1") for value in _line(name).findall(self._bytes)]

    def get_all(self, name: str, default: Any = None) -> Any:
        """List all values of a header, as http.cookiejar wants them."""
        return self.all(name) or default


_LINES: dict[str, re.Pattern[bytes]] = {}


def _line(name: str) -> re.Pattern[bytes]:
    """Return what matches a header's line."""
    if name not in _LINES:
        pattern = rb"\r\n" + re.escape(name.encode()) + rb":[ \t]*([^\r\n]*)"
        _LINES[name] = re.compile(pattern, re.IGNORECASE)
    return _LINES[name]


class Answer:
    """What a server answered; `status_code` is 0 where it did not."""

    __slots__ = ("content", "damage", "headers", "status_code")

    def __init__(self, status_code: int, head: bytes, body: bytes) -> None:
        self.status_code = status_code
        self.headers = Head(head)
        self.content = body
        """The body, decompressed; as it came where that cannot be done."""
        self.damage: Exception | None = None
        """Why it cannot."""
        encoding = self.headers.get("content-encoding")
        if body and encoding not in (None, "identity"):
            try:
                self.content = decompress(body, encoding)
            except DAMAGE as error:
                self.damage = error

    @property
    def text(self) -> str:
        """The body as text, of the charset that the server names, else UTF-8."""
        charset = re.search(r"charset=\"?([\w-]+)", self.headers.get("content-type", ""))
        return self.content.decode(charset[1] if charset else "utf-8", errors="replace")

    def json(self) -> Any:
        """Return what the body says in JSON."""
        return json.loads(self.content)

    def info(self) -> Head:
        """Return the headers, as http.cookiejar wants them."""
        return self.headers


def decompress(body: bytes, encoding: str) -> bytes:
    """Return what a body says; raise one of DAMAGE where it is not of its encoding."""
    if encoding == "br":
        return bytes(brotli.decompress(body))
    return zlib.decompress(body, zlib.MAX_WBITS | 32)


DAMAGE = (zlib.error, brotli.error)
"""What a body raises that is not of the encoding that its answer names."""

NO_ANSWER = Answer(0, b"", b"")
"""What stands for the answer where none came."""


class Wire:
    """One connection as its answers are read from it."""

    def __init__(self, sock: gevent.socket.socket) -> None:
        self.sock = sock
        self._parser = HttpResponseParser(self)
        self._body: list[bytes] = []
        self._headed = self._complete = self._kept = False

    # What the parser calls.
    def on_headers_complete(self) -> None:
        self._headed = True

    def on_body(self, data: bytes) -> None:
        self._body.append(data)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:
            self._headed = False  # an interim answer: the real one follows
            return
        self._complete = True
        self._kept = self._parser.should_keep_alive()  # which the parser forgets after this

    def exchange(self, data: bytes, headless: bool, transmit: Transmit | None) -> Answer:
        """Send one request, whose answer has no body where it is headless, and read the answer.

        Raise OSError or HttpParserError where there is none.
        """
        self._body = []
        self._headed = self._complete = False
        if transmit is None:
            self.send(data)
        else:
            transmit(lambda: self.send(data))
        return self._read(headless)

    def send(self, data: bytes) -> None:
        """Send all of it, as a rule in one go."""
        sent = self.sock.send(data)
        if sent < len(data):
            self.sock.sendall(data[sent:])

    def _read(self, headless: bool) -> Answer:
        sock, parser = self.sock, self._parser
        received = b""
        while not self._complete:
            data = sock.recv(RECEIVE_BYTES)
            if not data:
                return self._cut(received)
            if not self._headed:
                received += data
            parser.feed_data(data)
            if headless and self._headed:
                break
        return self._answer(received)

    def _answer(self, received: bytes) -> Answer:
        while received.startswith(INTERIM):
            received = received.partition(b"\r\n\r\n")[2]
        body = self._body
        content = body[0] if len(body) == 1 else b"".join(body)
        return Answer(self._parser.get_status_code(), received.partition(b"\r\n\r\n")[0], content)

    def _cut(self, received: bytes) -> Answer:
        """Return the answer that a closed connection ends, where nothing else says its length."""
        answer = self._answer(received) if self._headed else None
        framed = ("content-length", "transfer-encoding")
        if answer is None or any(name in answer.headers for name in framed):
            raise ConnectionLost("the server closed the connection before its answer was complete")
        return answer

    def keeps(self, headless: bool) -> bool:
        """Hold where the connection may be used again."""
        if headless:
            return False  # the parser waits for a body that never comes
        return self._complete and self._kept


class Wires:
    """The connections of one user to one server, taken from its pool."""

    def __init__(self, pool: ConnectionPool, kind: type[Wire] = Wire) -> None:
        self._pool = pool
        self._kind = kind
        self._last: Wire | None = None

    def exchange(self, method: str, data: bytes, transmit: Transmit | None = None) -> Answer:
        """Send one request over an idle connection or a new one, and return its answer."""
        sock, headless = self._pool.get_socket(), method == "HEAD"
        wire, self._last = self._last, None
        if wire is None or wire.sock is not sock:
            wire = self._kind(sock)
        try:
            answer = wire.exchange(data, headless, transmit)
        except BaseException:
            self._pool.release_socket(sock)
            raise
        if wire.keeps(headless):
            self._last = wire
            self._pool.return_socket(sock)
        else:
            self._pool.release_socket(sock)
        return answer


def target(path: str) -> str:
    """Return a path as it may stand in a request."""
    if path.isascii() and path.isprintable() and " " not in path:
        return path
    return quote(path, safe=TARGET)


FAILURES = (OSError, HttpParserError)

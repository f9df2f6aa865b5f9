"""The lean client: whatever HTTP/1.1 a server speaks, one request at a time on a connection."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from _lean import Answer, ConnectionLost, Wire, target

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def peer(*parts: bytes, closes: bool = False) -> Iterator[Wire]:
    """Yield a wire whose peer answers any request by these parts, each in a packet of its own."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        while theirs.recv(65_536):
            for part in parts:
                theirs.sendall(part)
                time.sleep(0.01)
            if closes:
                theirs.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Wire(ours)
    finally:
        ours.close()
        thread.join()
        theirs.close()


def exchange(wire: Wire, headless: bool = False) -> Answer:
    """Ask once."""
    return wire.exchange(REQUEST, headless, None)


def test_an_answer_is_read_in_whatever_pieces_it_comes() -> None:
    """Byte by byte, with headers of any case, and again on the same connection."""
    whole = b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\nX-Color: blue\r\nx-color: red\r\n\r\nhello"
    pieces = [whole[at : at + 1] for at in range(len(whole))]
    with peer(*pieces) as wire:
        for _ in range(2):
            answer = exchange(wire)
            assert (answer.status_code, answer.content) == (200, b"hello")
            assert wire.keeps(False)
    assert answer.headers["Content-Length"] == "5"
    assert answer.headers.get("X-COLOR") == "blue"
    assert answer.headers.all("x-color") == ["blue", "red"]
    assert answer.headers.get("server-timing") is None


def test_chunks_are_put_together() -> None:
    """With an extension and a trailer."""
    chunks = b"3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-Sum: 1\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with peer(head, chunks) as wire:
        assert exchange(wire).content == b"hello"
        assert wire.keeps(False)


def test_an_interim_answer_is_not_the_answer() -> None:
    """Early hints, in a packet of their own or not."""
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    whole = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nok"
    for parts in ((hints, whole), (hints + whole,)):
        with peer(*parts) as wire:
            answer = exchange(wire)
        assert (answer.status_code, answer.content) == (201, b"ok")
        assert answer.headers.get("x-a") == "1"


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    """As HTTP/1.0 has it."""
    with peer(b"HTTP/1.0 200 OK\r\n\r\nhel", b"lo", closes=True) as wire:
        assert exchange(wire).content == b"hello"
        assert not wire.keeps(False)


@pytest.mark.parametrize(
    "cut",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    ],
)
def test_an_answer_that_is_cut_off_is_a_lost_connection(cut: bytes) -> None:
    """Nowhere does half a body pass for a whole one."""
    with peer(cut, closes=True) as wire, pytest.raises(ConnectionLost):
        exchange(wire)


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_an_answer_that_has_no_body_ends_with_its_head(status: bytes) -> None:
    """Without a length."""
    with peer(b"HTTP/1.1 " + status + b"\r\n\r\n") as wire:
        assert exchange(wire).content == b""
        assert wire.keeps(False)


def test_the_answer_to_head_has_a_length_and_no_body() -> None:
    """Its connection is not used again: the parser would wait for what never comes."""
    with peer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n") as wire:
        answer = exchange(wire, headless=True)
        assert (answer.status_code, answer.content) == (200, b"")
        assert not wire.keeps(True)


def test_a_connection_that_the_server_will_close_is_not_used_again() -> None:
    """It says so in a header."""
    with peer(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n") as wire:
        exchange(wire)
        assert not wire.keeps(False)


def test_a_compressed_body_is_read_as_what_it_says() -> None:
    """Where the user asked for it."""
    body = gzip.compress("größer".encode())
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: text/plain\r\n"
    with peer(head + b"Content-Length: %d\r\n\r\n" % len(body) + body) as wire:
        assert exchange(wire).text == "größer"


@pytest.mark.parametrize("encoding", [b"gzip", b"br"])
def test_a_body_that_is_not_of_its_encoding_is_kept_as_it_came(encoding: bytes) -> None:
    """With the reason why it cannot be read."""
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: " + encoding
    with peer(head + b"\r\nContent-Length: 5\r\n\r\nplain") as wire:
        answer = exchange(wire)
    assert (answer.status_code, answer.content) == (200, b"plain")
    assert answer.damage is not None


def test_the_answer_to_head_names_an_encoding_and_has_nothing_to_decompress() -> None:
    """As a server that compresses answers it."""
    with peer(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n") as wire:
        answer = exchange(wire, headless=True)
    assert (answer.content, answer.damage) == (b"", None)


def test_a_path_is_sent_as_urls_want_it() -> None:
    """What is escaped stays, what must be is."""
    assert target("/a%20b/?q=1&r=[x]") == "/a%20b/?q=1&r=[x]"
    assert target("/suche/?q=größer als") == "/suche/?q=gr%C3%B6%C3%9Fer%20als"

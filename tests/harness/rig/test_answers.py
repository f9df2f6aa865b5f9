"""A server is asked once, and its answer read."""

import gzip

import pytest

from harness.rig.answers import Answer, ask
from tests.support.counting import counting

HELLO = gzip.compress(b"hello")


def answer(body: bytes) -> Answer:
    """Return what comes of asking a server that says it compresses."""
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    with counting(respond=lambda path: head + body) as server:
        return ask("127.0.0.1", server.server_address[1], "/", {})


def test_a_compressed_body_is_read_as_what_it_says() -> None:
    """So that what two servers say is compared, not how they compress it."""
    assert (answer(HELLO).body, answer(HELLO).status) == (b"hello", 200)


@pytest.mark.parametrize("body", [b"hello", HELLO[:-9], HELLO[:12] + b"!" + HELLO[13:]])
def test_a_body_that_is_not_what_its_header_says_is_no_answer(body: bytes) -> None:
    """Not packed, cut, and damaged."""
    assert (answer(body).status, answer(body).body) == (0, b"")

"""Texts of failures are short, and say what is needed."""

import logging

import pytest

import _texts

PAGE = b"x" * 5_000_000


@pytest.mark.parametrize(
    ("expected", "got", "text"),
    [
        (PAGE, PAGE[:-1] + b"y", "at byte 4,999,999: expected b'x', got b'y'"),
        (PAGE, b"", f"at byte 0: expected {PAGE[:40]!r}, got b''"),
        (b"page", b"page and more", "at byte 4: expected b'', got b' and more'"),
        (b"a token", b"a broken", "at byte 2: expected b'token', got b'broken'"),
    ],
)
def test_bodies_are_shown_from_where_they_begin_to_differ(
    expected: bytes, got: bytes, text: str
) -> None:
    """40 bytes of either."""
    assert _texts.difference(expected, got) == text


def test_a_page_in_an_exception_is_cut() -> None:
    """It stays the same exception, which Locust hashes and logs."""
    error = ValueError(f"wrong\n{PAGE.decode()}")
    _texts.shorten(error)
    assert len(str(error)) == _texts.MOST_LETTERS
    assert str(error).startswith("wrong xxx")
    short = ValueError("wrong", 1)
    _texts.shorten(short)
    assert short.args == ("wrong", 1)


def test_a_page_in_the_log_is_cut_to_its_begin_and_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As a task that raises puts it there, with its traceback."""
    stock = logging.getLogRecordFactory()
    try:
        _texts.shorten_log()
        logging.getLogger("locust").error("%s\n%s", "begin", f"{PAGE.decode()}end")
    finally:
        logging.setLogRecordFactory(stock)
    (line,) = caplog.messages
    assert line.startswith("begin\nxxx") and line.endswith("xxxend")
    assert len(line) < _texts.MOST_LOGGED + 10

"""Texts of failures, kept short: a page of 5 MB in each would cost more than its request.

Locust hashes the text of every failure, prints each at the end, and logs what a task raises.
"""

import logging
from typing import Any

MOST_LETTERS = 160

DIFFERING_BYTES = 40

# As much as the nearest caches hold.
CHUNK_BYTES = 2**15

# Room for a traceback, of which the begin and the end tell most.
MOST_LOGGED = 4_000


def cut(text: str) -> str:
    """Return a text in one line, of MOST_LETTERS at most."""
    line = " ".join(text[: 2 * MOST_LETTERS].split())
    return line if len(line) <= MOST_LETTERS else f"{line[: MOST_LETTERS - 3]}..."


def shorten(error: Any) -> None:
    """Cut the text of an exception, which Locust would hash and log whole for each failure."""
    if len(error.args) == 1 and len(text := str(error.args[0])) > MOST_LETTERS:
        error.args = (cut(text),)


def shorten_log() -> None:
    """Let no line of the log be longer than MOST_LOGGED, such as a page that a task raised."""
    stock = logging.getLogRecordFactory()

    def shortened(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = stock(*args, **kwargs)
        text = record.getMessage()
        if len(text) > MOST_LOGGED:
            half = MOST_LOGGED // 2
            record.msg, record.args = f"{text[:half]} [...] {text[-half:]}", ()
        return record

    logging.setLogRecordFactory(shortened)


def difference(expected: bytes, got: bytes) -> str:
    """Say where two bodies begin to differ, with some bytes of either from there on."""
    same, step = 0, CHUNK_BYTES
    while step:  # in C, chunk by chunk, then by ever smaller parts of the one that differs
        part = expected[same : same + step]
        if len(part) == step and got.startswith(part, same):
            same += step
        else:
            step //= 2
    parts = (body[same : same + DIFFERING_BYTES] for body in (expected, got))
    return "at byte {:,}: expected {!r}, got {!r}".format(same, *parts)

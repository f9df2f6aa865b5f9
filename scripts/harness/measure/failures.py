"""What failed in a load step: by name and reason, and by the lines of the server's log. Pure."""

import re
from collections.abc import Iterator

import pandas as pd

from harness.core.counted import Counted, total
from harness.core.request_row import label

# Each further one is rarer than all of these.
MOST_KINDS = 5

TRACEBACK = "Traceback (most recent call last):"
CHAINED = ("The above exception was the direct cause", "During handling of the above exception")

# A level, a status line of Django, or a word of a server that lost a process.
TELLING = re.compile(
    r"\b(WARNING|ERROR|CRITICAL|ALERT|FATAL|PANIC)\b"
    r"|^(Internal Server Error|Service Unavailable|Bad Request|Forbidden)\b"
    r"|WORKER TIMEOUT|SIGKILL|\bdied\b"
)
# What stands before the message: [time] [process] [level] of Gunicorn, times of most others.
PREFIX = re.compile(r"^(\[[^\]]*\]\s*|\d{4}-\d\d-\d\d[T ][\d:.,]+\s*(UTC\s*)?)+")
# The message of a database, whatever raised it.
DATABASE = re.compile(r"\b(FATAL|PANIC):\s.*")
# The trace of a task in a group of exceptions is set in.
SET_IN = re.compile(r"^[\s+|]*\|\s?")
NUMBER = re.compile(r"0x[0-9a-f]+|\d+")

MOST_LETTERS = 160


def of_requests(requests: pd.DataFrame) -> tuple[Counted, ...]:
    """Return by what requests failed: method, name and reason, the most frequent first.

    Failures of one name, kind and status count together, under the reason that most of them have.
    `requests` has the columns of harness.core.request_row.
    """
    failed = requests[requests["error"] != ""]
    keys = ["method", "name", "error", failed["status"].fillna(0)]
    groups = failed.groupby(keys, sort=True)
    counted = (Counted(len(rows), _reason(rows)) for _, rows in groups)
    return total(counted)[:MOST_KINDS]


def _reason(rows: pd.DataFrame) -> str:
    """Return whose requests failed and why; a log of an earlier version has their kind alone."""
    method, name, error = (str(rows[column].iloc[0]) for column in ("method", "name", "error"))
    reasons = rows.loc[rows["failure"] != "", "failure"]
    reason = reasons.mode().iloc[0] if len(reasons) else error
    return f"{label(method, name)}: {reason}" if name else str(reason)


def of_log(text: str) -> tuple[Counted, ...]:
    """Return the errors in what a server has printed, the most frequent first.

    An error is the last line of a traceback, or a line that has a level or tells of a lost process.
    Lines that differ in numbers alone are one.
    """
    first: dict[str, str] = {}
    counted = []
    for line in _errors(text):
        shape = NUMBER.sub("#", line)
        counted.append(Counted(1, first.setdefault(shape, line)))
    return total(counted)[:MOST_KINDS]


def _errors(text: str) -> Iterator[str]:
    """Yield each error in a log, of a chain of exceptions the last, without time and process."""
    held = ""  # not an error of its own where a traceback follows, or another exception
    within = False
    for raw in text.splitlines():
        line = SET_IN.sub("", raw)
        if line.endswith(TRACEBACK):
            held, within = "", True
        elif within and line and not line[0].isspace():
            held, within = _message(line), False
        elif line.startswith(CHAINED):
            held = ""
        elif not within and line.strip():
            yield from filter(None, [held])
            held = _message(line) if TELLING.search(line) else ""
    yield from filter(None, [held])


def _message(line: str) -> str:
    database = DATABASE.search(line)
    text = database[0] if database else PREFIX.sub("", line)
    return " ".join(text.split())[:MOST_LETTERS].rstrip(".")

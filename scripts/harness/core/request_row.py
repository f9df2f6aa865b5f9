"""The columns of a request log, which has one row for each request that ended.

loadtests/_recorder.py writes it and keeps a list of its own, as the two do not import each other;
tests/loadtests/test_contract.py compares them. A new column is one line here and one there. Columns
that a log has beyond these are left as they are.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a number, which is NaN where it is empty, or a text, which may be ''."""

    name: str
    meaning: str
    kind: Literal["number", "text"] = "number"


ERRORS = (
    "connect",
    "timeout",
    "reset",
    "status",
    "database",
    "pool",
    "body",
    "elsewhere",
    "exception",
    "other",
)
"""The kinds of failure: `elsewhere` went to another server, the task of `exception` raised.

`database` and `pool` are statuses for which the server names its database, or the pool of its
connections to it, as the cause.
"""

COLUMNS = (
    Column("start_s", "when it was sent, in seconds since the epoch"),
    Column("latency_ms", "from before it was sent, connecting included, to the answer's last byte"),
    Column("view_ms", "the time inside the view, as the server reports it; empty without"),
    Column("wait_ms", "the wait inside the view, as the server reports it; empty without"),
    Column("connect_ms", "the time to connect; empty where a connection was there already"),
    Column("think_ms", "the pauses of its user before it, as long as they were meant, within 1 ms"),
    Column("error", f"{', '.join(ERRORS)}; '' is success", kind="text"),
    Column("plateau", "the users or the rate of its load step; empty between load steps"),
    Column("entered_s", "when the view began, since the epoch, by the server; empty without"),
    Column("due_s", "when it was due by an open schedule, since the epoch; empty in a closed loop"),
    Column("process", "which of its processes answered, by the server; empty without"),
    Column("nth", "that process's count of requests up to this one; empty without"),
    Column("name", "what Locust's statistics call it", kind="text"),
    Column("method", "GET, POST and so on; of a fired event its request_type", kind="text"),
    Column("status", "the status of the answer; empty without an answer"),
    Column("set_up", "1 where its user had not begun its first task (on_start), else 0"),
    Column("own_ms", "the time before it in which its user neither asked nor paused"),
    Column("occupied_ms", "what it alone accounts for of its user's time; empty: its latency"),
    Column("first_byte_ms", "of a stream: the time to its headers; empty otherwise"),
    Column("redirects", "how many redirects were followed within it"),
    Column("elsewhere", "the server that it went to, where not the one under test", kind="text"),
    Column("fired", "1 where the locustfile fired the event and no client asked, else 0"),
    Column("failure", "what went wrong with it, in a few words; '' where nothing did", kind="text"),
    Column("events_ms", "when each event of a stream came after it was sent, or ''", kind="text"),
    Column("closing", "1 where the answer said that its connection ends with it, else 0"),
)


def label(method: str, name: str) -> str:
    """Return what readers call a request; many names begin with their method."""
    return name if name.startswith(f"{method} ") else f"{method} {name}"

"""What a request log holds: one row for each request that ended, with these columns.

loadtests/_recorder.py writes it and keeps a list of its own, as the two do not import each other;
tests/loadtests/test_contract.py holds them together. A new column is one line here and one there;
columns that stand in a log and not here are kept as they are.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a number, which is NaN where it is empty, or a text, which may be ''."""

    name: str
    meaning: str
    kind: Literal["number", "text"] = "number"


COLUMNS = (
    Column("start_s", "when it was sent, in seconds since the epoch"),
    Column("latency_ms", "from before it was sent, connecting included, to the answer's last byte"),
    Column("view_ms", "the server's word on the time inside the view; empty without"),
    Column("wait_ms", "the server's word on the wait inside the view; empty without"),
    Column("connect_ms", "the time to connect; empty where a connection was there already"),
    Column("think_ms", "the pause that its user drew before it"),
    Column("error", "connect, timeout, reset, status, body, other; '' is success", kind="text"),
    Column("plateau", "the users or the rate of its load step; empty between load steps"),
    Column("entered_s", "the server's word on when the view began, since the epoch; empty without"),
    Column("due_s", "when it was due by an open schedule, since the epoch; empty in a closed loop"),
    Column("process", "the server's word on which of its processes answered; empty without"),
    Column("nth", "that process's count of requests up to this one; empty without"),
)

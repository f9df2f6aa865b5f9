"""Where the time of a request went: the parts that add up to its latency. Pure.

The client records when a request was due, when it was sent and when the answer was there. The
server reports when its view began and how long view and wait took: by the same clock where it is on
the same machine.
"""

from typing import Any

import pandas as pd

PARTS = (
    "part_late_ms",  # from when it was due to when it was sent; 0 in a closed loop
    "part_connect_ms",  # opening a connection; 0 where one was there
    "part_queue_ms",  # before the view: the way there and every queue of server and framework
    "part_view_ms",  # in the view, without its wait
    "part_wait_ms",  # in the view's wait, as long as it took: the wake-up may come late
    "part_back_ms",  # from the view's end to the last byte at the client
)
"""The parts in the order in which they pass; their names are columns of trials.csv."""

OUTSIDE = "part_outside_ms"
"""Queue and back together, where the clocks of two hosts do not tell them apart."""


def parts(requests: pd.DataFrame) -> pd.DataFrame:
    """Return the time of each request by part, in milliseconds: its columns are PARTS.

    They add up to the latency; a request whose server told no times has no parts (NaN).

    `requests` has the columns of harness.core.request_row and `late_ms`; `start_s` is when a
    request was due, `late_ms` how much later it was sent.
    """
    late = requests["late_ms"]
    connect = requests["connect_ms"].fillna(0.0)
    queue = (requests["entered_s"] - requests["start_s"]) * 1000 - late - connect
    view = requests["view_ms"] - requests["wait_ms"]
    # The rest of the latency, so that nothing is left over.
    back = requests["latency_ms"] - late - connect - queue - requests["view_ms"]
    columns = (late, connect, queue, view, requests["wait_ms"], back)
    cut = pd.DataFrame(dict(zip(PARTS, columns, strict=True)))
    return cut.where(cut.notna().all(axis=1))


def means(good: pd.DataFrame, one_clock: bool = True) -> dict[str, Any]:
    """Return the mean of each part over the good requests, in milliseconds; None without times.

    Where server and clients have not as good as `one_clock`, queue and back are one part, OUTSIDE.

    Means, not percentiles: the means of the parts add up to the mean latency, while the request
    that has the p99 of the queue is not the one that has the p99 of the wait. Only answers with all
    three of `view`, `wait` and `entered` (Server-Timing, W3C) count.

    `good` has the columns that parts() asks for.
    """
    timed = parts(good).dropna()
    if timed.empty:
        return dict.fromkeys(PARTS)
    each = {name: float(timed[name].mean()) for name in PARTS}
    if one_clock:
        return each
    both = each["part_queue_ms"] + each["part_back_ms"]
    return each | {"part_queue_ms": None, "part_back_ms": None, OUTSIDE: both}

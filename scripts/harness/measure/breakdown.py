"""Where the time of a request went: the parts that add up to its latency. Pure.

The client records when a request was due, when it was sent and when the answer was there. The
server, on the same machine by the same clock, reports when its view began and how long view and
wait took.
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


def means(good: pd.DataFrame) -> dict[str, Any]:
    """Return the mean of each part over the good requests, in milliseconds; None without times.

    Means, not percentiles: the means of the parts add up to the mean latency, while the request
    that has the p99 of the queue is not the one that has the p99 of the wait. Only answers with all
    three of `view`, `wait` and `entered` (Server-Timing, W3C) count.

    `good` has the columns of harness.core.request_row and `late_ms`; `start_s` is when a request
    was due, `late_ms` how much later it was sent.
    """
    timed = good.dropna(subset=["view_ms", "wait_ms", "entered_s"])
    if timed.empty:
        return dict.fromkeys(PARTS)
    late = timed["late_ms"]
    connect = timed["connect_ms"].fillna(0.0)
    queue = (timed["entered_s"] - timed["start_s"]) * 1000 - late - connect
    view = timed["view_ms"] - timed["wait_ms"]
    # The rest of the latency, so that nothing is left over.
    back = timed["latency_ms"] - late - connect - queue - timed["view_ms"]
    parts = (late, connect, queue, view, timed["wait_ms"], back)
    return {name: float(part.mean()) for name, part in zip(PARTS, parts, strict=True)}

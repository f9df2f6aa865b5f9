"""A block second by second, with rows short enough to count by hand."""

import pandas as pd

from harness.measure.timeline import timeline
from tests.support.request_rows import request_rows


def test_a_timeline_counts_what_is_in_flight_and_what_was_answered() -> None:
    """Three requests: 0 to 1.5 s, 0.5 to 2.5 s, and one that fails from 1 to 1.2 s.

    One that was sent after 0.5 s and takes as long as the longest, 2 s, ends after the last row.
    """
    requests = request_rows(
        {
            "start_s": [100.0, 100.5, 101.0],
            "latency_ms": [1500.0, 2000.0, 200.0],
            "error": ["", "", "reset"],
        }
    )
    usage = pd.DataFrame({"time_s": [100.0, 102.0], "server_connections": [0.0, 2.0]})
    result = timeline("hold", "uvicorn", requests, usage)
    assert result.seconds == (0, 1, 2, 3)
    assert result.in_flight == (1, None, None, None)
    assert result.answers_rps == (0, 0, 1, 1)
    assert result.connections == (0, 1, 2, 2)

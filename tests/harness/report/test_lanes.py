"""Request lanes in words and as a table."""

from dataclasses import replace

from harness.core.summary import Lane, Lanes
from harness.measure.lanes import ANSWER
from harness.report.lanes import heading, headings, reading, rows
from tests.support.builders import summary

TIMED = Lane(0, {"part_connect_ms": 1.0, "part_queue_ms": 4.0, "part_wait_ms": 5.0}, 1, False)
FAILED = Lane(10, {"part_connect_ms": 3.0, ANSWER: 27.0}, None, failed=True)


def test_the_table_has_a_row_for_each_deployment_and_a_column_for_each_part() -> None:
    """Connect is 1 and 3 ms, so 2 on average; the queue only one of them has told: 4 ms."""
    whole = replace(summary(), lanes=(Lanes("wait", "uvicorn", 64, 1, (TIMED, FAILED)),))
    assert dict(zip(headings(whole, "wait"), rows(whole, "wait")[0], strict=True)) == {
        "deployment": "uvicorn",
        "users": "64",
        "requests": "2",
        "failed": "1",
        "last after (ms)": "40.0",
        "in views at once": "1",
        "connect (ms)": "2.00",
        "queue (ms)": "4.00",
        "wait (ms)": "5.00",
        "not told (ms)": "27.0",
    }


def test_a_run_without_rows_has_no_table() -> None:
    """As is the case with a stored run whose blocks are not stored."""
    assert rows(summary(), "wait") == ()


def test_one_request_without_times_says_no_more_than_there_is() -> None:
    """Not how many were at work, which nobody knows; no mark is explained that is not there."""
    lanes = Lanes("wait", "uvicorn", 12.5, None, (replace(FAILED, failed=False),))
    assert heading(lanes, "open") == "uvicorn at 12.5 requests/s: 1 request in 40.0 ms"
    assert "failed" not in reading((lanes,))
    assert "failed" in reading((replace(lanes, lanes=(FAILED,)),))

"""Scenarios that listen: what is recorded of each event, and that bare Locust runs them too."""

from itertools import pairwise
from pathlib import Path

from tests.loadtests.locusts import LOADTESTS, climb, locust
from tests.support.shop import shop

FOUR = ("-u2", "--spawn-rate=100", "--wait-ms=300", "--every-ms=100", "--views=sync")
STEP = ("--stairs=2", "--settle-s=0.1", "--measure-s=0.6", "--tail-s=1")


def test_the_moment_of_each_event_is_recorded(tmp_path: Path) -> None:
    """Four in 300 ms, the first at once, whose last line comes in a part of its own."""
    with shop() as server:
        rows, _ = climb(LOADTESTS / "stream.py", server.url, tmp_path, *FOUR, *STEP)
    assert rows and {row["error"] for row in rows} == {""}
    for row in rows:
        first_ms, *others_ms = moments_ms = [float(text) for text in row["events_ms"].split()]
        assert len(others_ms) == 3
        assert first_ms < 100
        # Sleeps are no shorter than they are to be, but the first event may be read late.
        assert all(after - before > 50 for before, after in pairwise(moments_ms))
        assert moments_ms[-1] <= float(row["latency_ms"])


def test_what_is_no_stream_has_no_events(tmp_path: Path) -> None:
    """The cell is empty."""
    with shop() as server:
        rows, _ = climb(LOADTESTS / "plain.py", server.url, tmp_path, *FOUR[:2], *STEP)
    assert rows and {row["events_ms"] for row in rows} == {""}


def test_streams_also_run_with_bare_locust(tmp_path: Path) -> None:
    """No plug-in, no harness."""
    with shop() as server:
        output = locust((LOADTESTS / "stream.py",), server.url, tmp_path, *FOUR, "-t1s")
    assert server.asked["GET /sync/events/"] > 0
    assert "0(0.00%)" in output

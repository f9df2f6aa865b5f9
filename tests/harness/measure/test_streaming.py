"""What is measured of streams of events, with rows short enough to count by hand."""

from typing import Any

import pandas as pd
import pytest

from harness.core.metrics import OF_STREAMS
from harness.measure.streaming import figures
from harness.measure.window import Window
from tests.support.request_rows import request_rows

MEMORY = pd.DataFrame({"time_s": [100.0, 105.0, 110.0], "server_rss_mib": [40.0, 50.0, 30.0]})
WINDOW = Window(100, 110, MEMORY)


def streams(count: int, **columns: Any) -> pd.DataFrame:
    """Build streams of 3 s, one sent each 0.1 s from second 100 on, with an event each second."""
    starts_s = [100 + 0.1 * n for n in range(count)]
    usual = {"latency_ms": 3010.0, "error": "", "events_ms": "10.000 1010.000 2010.000 3010.000"}
    return request_rows({"start_s": starts_s} | usual | columns).assign(late_ms=0.0)


def since(second: float, count: int) -> pd.DataFrame:
    """Build the same streams from another second on."""
    rows = streams(count)
    return rows.assign(start_s=rows["start_s"] + second - 100)


def measured(rows: pd.DataFrame, unanswered: int = 0) -> dict[str, Any]:
    """Return the figures of rows that were all sent within the window."""
    return figures(rows, rows[rows["error"] == ""], unanswered, WINDOW)


def test_first_events_and_gaps_have_percentiles() -> None:
    """From sending to the first, and from each to the next."""
    each = measured(streams(20))
    assert each["first_event_p50_ms"] == each["first_event_p95_ms"] == 10
    assert each["event_gap_p95_ms"] == 1000


def test_a_first_event_counts_from_when_its_request_was_due() -> None:
    """Sent 5 ms late by the schedule of an open loop."""
    assert measured(streams(20).assign(late_ms=5.0))["first_event_p95_ms"] == 15


def test_streams_are_live_from_their_first_event_to_their_end() -> None:
    """One each 0.1 s since long before, each live for 3 s: thirty at a time, on 50 MiB at most."""
    each = measured(since(95, 200))
    assert each["live_streams"] == pytest.approx(30)
    assert each["streams_per_mib"] == pytest.approx(30 / 50)


def test_a_stream_is_live_for_its_part_of_the_window() -> None:
    """Of those sent from 100 s on, the last ten lose 0.01, 0.11 ... 0.91 s beyond 110 s."""
    later = since(112, 5)  # far enough beyond that none of the others is unknown
    rows = pd.concat([streams(80), later], ignore_index=True)
    assert measured(rows)["live_streams"] == pytest.approx((80 * 3 - 4.6) / 10)


def test_no_more_streams_are_live_than_clients_ask() -> None:
    """One client that begins anew at once, every 3.01 s from 96 s on: live but for its waiting."""
    one = streams(6).assign(start_s=[96 + 3.01 * n for n in range(6)])
    assert measured(one)["live_streams"] == pytest.approx((10 - 3 * 0.01) / 10)


def test_streams_count_up_to_where_all_of_them_are_known() -> None:
    """Those that go on at 110 s were given up then: the last 3 s lack theirs, the others do not."""
    rows = since(95, 200)
    known = rows[rows["start_s"] + 3.01 <= 110]
    assert measured(known)["live_streams"] == pytest.approx(30, rel=0.01)


def test_of_streams_longer_than_what_was_seen_none_is_known_to_be_live() -> None:
    """Each of 3 s, in a window of which 3 s were seen."""
    rows = since(95, 70)
    seen = rows[rows["start_s"] + 3.01 <= 103]
    short = Window(100, 103, MEMORY)
    assert figures(seen, seen, 0, short)["live_streams"] is None


def test_a_percentile_that_reaches_the_unanswered_is_unknown() -> None:
    """One more in 20 leaves p95 of 21 known, the rank 20; 20 more leave p50 of 40."""
    assert measured(streams(20), unanswered=1)["first_event_p95_ms"] == 10
    assert measured(streams(20), unanswered=2)["first_event_p95_ms"] == float("inf")
    assert measured(streams(20), unanswered=20)["first_event_p50_ms"] == 10
    assert measured(streams(20), unanswered=21)["first_event_p50_ms"] == float("inf")


def test_a_stream_that_was_held_back_has_no_gaps_and_was_never_live() -> None:
    """All events after 3 s, at once."""
    held = measured(streams(20, events_ms="3010.000 3010.000 3010.000 3010.000"))
    assert held["event_gap_p95_ms"] == 0
    assert held["live_streams"] == 0


def test_streams_that_failed_do_not_count() -> None:
    """Half of them: ten that were good are too few for a p95, enough for a p50."""
    failed = measured(streams(20, error=["", "reset"] * 10))
    assert failed["first_event_p95_ms"] is None
    assert failed["first_event_p50_ms"] == 10
    steady = measured(since(95, 200).assign(error=["", "reset"] * 100))
    assert steady["live_streams"] == pytest.approx(15)


def test_requests_without_events_have_no_such_figures() -> None:
    """Not measured, rather than nought."""
    each = measured(streams(20, events_ms=""))
    assert each == {metric.name: None for metric in OF_STREAMS}


def test_a_first_stream_that_was_sent_before_the_window_has_gaps_alone() -> None:
    """A sync worker answers so few that none of those sent within it may be among them."""
    rows = streams(20)
    none = rows.head(0)
    each = figures(rows, none, 16, WINDOW)
    assert each["first_event_p95_ms"] is None
    assert each["event_gap_p95_ms"] == 1000

"""Figures by name, with rows short enough to count by hand."""

from typing import Any

import pandas as pd
import pytest

from harness.core.trial import Plateau
from harness.measure.names import by_name
from tests.support.request_rows import request_rows

PLATEAU = Plateau(2, 98, 100, 110, 111, 20, (), (), lag_p99_ms=1.5)


def rows(**columns: Any) -> pd.DataFrame:
    """Build a hundred requests of each second from 100 to 109; 10 ms but the last two: 400 ms."""
    asked = {
        "start_s": [100.0 + n for n in range(10)],
        "latency_ms": [10.0] * 8 + [400.0] * 2,
        "name": ["home"] * 8 + ["report"] * 2,
        "method": "GET",
        "error": "",
    }
    each = request_rows(asked | columns)
    return each.loc[each.index.repeat(100)].reset_index(drop=True)


def test_each_name_has_its_own_percentiles_and_shares() -> None:
    """Eight of ten requests are of home; each page is as fast as it is."""
    home, report = by_name(rows(), PLATEAU)
    assert (home.name, home.requests, home.asked_share, home.served_share) == (
        "home",
        800,
        0.8,
        0.8,
    )
    assert (report.name, report.requests, report.asked_share) == ("report", 200, 0.2)
    assert (home.latency_p50_ms, home.latency_p95_ms) == (10, 10)
    assert (report.latency_p50_ms, report.latency_p95_ms) == (400, 400)
    assert home.throughput_rps + report.throughput_rps == pytest.approx(100)
    assert home.latency_p99_ms == 10
    assert report.latency_p99_ms is None  # it needs 500 requests


def test_what_fails_is_asked_and_not_served() -> None:
    """Both of report fail: all that is served is of home."""
    home, report = by_name(rows(error=[""] * 8 + ["status"] * 2), PLATEAU)
    assert (report.errors, report.error_share) == (200, 1.0)
    assert (report.asked_share, report.served_share) == (0.2, 0.0)
    assert (report.latency_p50_ms, report.throughput_rps) == (None, 0)
    assert home.served_share == 1


def test_one_name_by_two_methods_is_two() -> None:
    """As in Locust's statistics."""
    figures = by_name(rows(name="items", method=["GET"] * 6 + ["POST"] * 4), PLATEAU)
    assert [(each.method, each.requests) for each in figures] == [("GET", 600), ("POST", 400)]


def test_set_up_and_what_lies_outside_the_window_has_no_part() -> None:
    """Login while users start, and a page after the close."""
    marked = rows(set_up=[1.0] * 8 + [0.0] * 2, start_s=[100.0] * 9 + [110.0])
    (report,) = by_name(marked, PLATEAU)
    assert (report.name, report.requests) == ("report", 100)


def test_fired_events_stand_last_and_have_no_share() -> None:
    """The locustfile timed something of its own: it is no request of the server."""
    events = rows(fired=[1.0] * 8 + [0.0] * 2, method=["SSE"] * 8 + ["GET"] * 2)
    report, stream = by_name(events, PLATEAU)
    assert (report.requests, report.asked_share) == (200, 1.0)
    assert (stream.fired, stream.requests, stream.asked_share) == (True, 800, None)
    assert stream.latency_p50_ms == 10


def test_an_open_loop_counts_from_when_a_request_was_due() -> None:
    """Sent 5 ms late."""
    due = rows(
        due_s=[99.995 + n + 0.01 for n in range(10)], start_s=[100.01 + n for n in range(10)]
    )
    home, _ = by_name(due, PLATEAU)
    assert home.latency_p50_ms == pytest.approx(15, abs=0.01)


def test_a_log_of_an_earlier_version_has_no_names() -> None:
    """The column is empty there."""
    assert by_name(rows(name=""), PLATEAU) == ()

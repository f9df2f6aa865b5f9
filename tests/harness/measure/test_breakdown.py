"""The parts of a request's time, with rows short enough to add up by hand."""

from dataclasses import fields
from math import nan

import pandas as pd
import pytest

from harness.core.record import Extra
from harness.measure import breakdown
from harness.measure.breakdown import OUTSIDE, PARTS

# Sent at 100 s; connected by 100.005; in the view from 100.025 to 100.125, 80 ms of it waiting;
# the answer was there at 100.130: 130 ms = 5 + 20 + 20 + 80 + 5.
ROW = {
    "start_s": 100.0,
    "latency_ms": 130.0,
    "connect_ms": 5.0,
    "entered_s": 100.025,
    "view_ms": 100.0,
    "wait_ms": 80.0,
    "late_ms": 0.0,
}


def means(*changes: dict[str, float]) -> list[float]:
    """Return the parts' means over rows that differ from ROW by these changes."""
    by_part = breakdown.means(pd.DataFrame([ROW | change for change in changes]))
    return [by_part[part] for part in PARTS]


def test_each_part_is_the_time_between_two_readings_of_the_clock() -> None:
    """Late, connect, queue, view, wait, back."""
    assert means({}) == pytest.approx([0, 5, 20, 20, 80, 5])


def test_without_a_connection_to_open_its_time_is_queue() -> None:
    """Empty means that the connection was there already: 25 ms passed before the view."""
    assert means({"connect_ms": nan}) == pytest.approx([0, 0, 25, 20, 80, 5])


def test_a_request_of_an_open_schedule_may_be_sent_late() -> None:
    """Due at 99.9 s, so 100 ms late; its latency counts from then."""
    assert means({"start_s": 99.9, "late_ms": 100.0, "latency_ms": 230.0}) == pytest.approx(
        [100, 5, 20, 20, 80, 5]
    )


def test_with_two_clocks_queue_and_back_are_one_part() -> None:
    """What the clocks differ by cancels out: 20 + 5 ms outside the view, and the rest as before."""
    apart = breakdown.means(pd.DataFrame([ROW | {"entered_s": 103.025}]), one_clock=False)
    assert apart["part_queue_ms"] is apart["part_back_ms"] is None
    assert apart["part_outside_ms"] == pytest.approx(25)
    assert [apart[part] for part in ("part_view_ms", "part_wait_ms")] == pytest.approx([20, 80])


def test_the_means_add_up_to_the_mean_latency() -> None:
    """Whatever the rows are; medians of the parts would not."""
    rows: list[dict[str, float]] = [
        {"latency_ms": 130.0 + n**2, "entered_s": 100.01 + 0.001 * n, "wait_ms": 90.0 - n % 7}
        for n in range(50)
    ]
    assert sum(means(*rows)) == pytest.approx(sum(row["latency_ms"] for row in rows) / 50)


def test_requests_whose_server_reports_no_times_are_left_out() -> None:
    """Where their time went is unknown; alone they have no means, which is not 0."""
    without_times = {"entered_s": nan, "latency_ms": 5000.0}
    assert means({}, without_times) == means({})
    assert means(without_times) == [None] * len(PARTS)


def test_every_part_is_a_column_of_trials() -> None:
    """In the order in which they pass; at last what two of them are together."""
    columns = [each.name for each in fields(Extra) if each.name.startswith("part_")]
    assert columns == [*PARTS, OUTSIDE]

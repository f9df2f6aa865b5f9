"""Latencies over the time of a block, with rows short enough to count by hand."""

from math import nan
from typing import Any

from harness.core.summary import HeatMap, LoadStep
from harness.core.trial import CellKey
from harness.measure.heat_map import MOST_COLUMNS, heat_map
from tests.support.request_rows import request_rows

CELL = CellKey("uvicorn", "wait")


def heat(**columns: Any) -> HeatMap | None:
    """Return the heat map of rows, good ones where no `error` is among the columns."""
    rows = {"error": [""] * len(columns["start_s"]), **columns}
    return heat_map(CELL, request_rows(rows))


def test_a_request_counts_in_the_second_in_which_it_was_sent() -> None:
    """At 100 s two of 1 and 1.1 ms, a bin of 15%; at 103 s one of 10 ms, 16 bins above."""
    shown = heat(start_s=[100.0, 100.5, 103.2], latency_ms=[1.0, 1.1, 10.0])
    assert shown is not None
    assert [sum(row) for row in shown.counts] == [2, 0, 0, 1]
    assert (shown.counts[0][0], shown.counts[3][16]) == (2, 1)
    assert shown.medians_ms == (1.05, None, None, 10.0)
    assert (round(shown.edges_ms[0], 9), round(shown.edges_ms[16], 9)) == (1, 10)
    assert len(shown.edges_ms) == 1 + len(shown.counts[0])


def test_what_failed_has_no_latency() -> None:
    """A time-out says how long was waited, not how long the answer takes."""
    shown = heat(
        start_s=[0.0, 1.0, 2.0, 4.0],
        latency_ms=[5.0, 5.0, 30_000.0, 5.0],
        error=["", "", "timeout", ""],
    )
    assert shown is not None
    assert [sum(row) for row in shown.counts] == [1, 1, 0, 0, 1]
    assert heat(start_s=[0.0, 9.0], latency_ms=[5.0, 5.0], error=["timeout", "reset"]) is None


def test_in_an_open_loop_a_request_counts_from_when_it_was_due() -> None:
    """Due at 1 s and sent at 3 s with 10 ms to go: it took 2,010 ms, from the second 1 on."""
    shown = heat(start_s=[0.0, 3.0, 5.0], latency_ms=[10.0, 10.0, 10.0], due_s=[0.0, 1.0, 5.0])
    assert shown is not None
    assert [sum(row) for row in shown.counts] == [1, 1, 0, 0, 0, 1]
    assert shown.medians_ms[1] == 2010


def test_a_long_block_has_longer_stretches_and_a_short_one_is_left_out() -> None:
    """600 s in 60 columns are 10 s each and a little more; 3 s show nothing over time."""
    long = heat(start_s=[0.0, 600.0], latency_ms=[5.0, 5.0])
    assert long is not None
    assert (long.step_s, len(long.counts)) == (11, 55)
    assert len(long.counts) <= MOST_COLUMNS
    assert heat(start_s=[0.0, 2.9], latency_ms=[5.0, 5.0]) is None


def test_load_steps_begin_with_their_first_requests() -> None:
    """What lies between them belongs to none."""
    shown = heat(
        start_s=[10.0, 11.0, 12.0, 13.5], latency_ms=[5.0] * 4, plateau=[nan, 16.0, 16.0, 64.0]
    )
    assert shown is not None
    assert shown.steps == (LoadStep(1.0, 16), LoadStep(3.5, 64))

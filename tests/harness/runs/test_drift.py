"""A run over a baseline: what may be divided, and when a ratio is open."""

from dataclasses import replace
from math import inf

import pytest

from harness.core.errors import BenchError
from harness.core.summary import Spread
from harness.runs.drift import drifts, ratio, side_by_side
from tests.support.histories import FACTS, cell, entry

NAME = "uvicorn.wait.64"


def spread(middle: float, off: float, rounds: int = 3) -> Spread:
    """Build a median with a range to either side."""
    return Spread(middle, middle - off, middle + off, rounds, "range")


@pytest.mark.parametrize(
    ("before", "now", "value", "is_open"),
    [
        (spread(100, 2), spread(110, 2), 1.1, False),  # 98-102 and 108-112
        (spread(100, 6), spread(110, 6), 1.1, True),  # 94-106 and 104-116 overlap
        (spread(100, 0.1), spread(102, 0.1), 1.02, True),  # apart, but within 3%
        (spread(100, 0.1), spread(97.5, 0.1), 0.975, True),  # 1 / 1.03 = 0.971
        (spread(100, 0.1), spread(96, 0.1), 0.96, False),
        (spread(100, 0, rounds=1), spread(150, 2), 1.5, True),  # one round has no range
    ],
)
def test_a_ratio_is_open_unless_the_ranges_are_apart_and_beyond_the_margin(
    before: Spread, now: Spread, value: float, is_open: bool
) -> None:
    """Medians are divided; a single round is inconclusive."""
    result = ratio(before, now)
    assert result.value == pytest.approx(value)
    assert result.open == is_open


def test_the_bounds_of_a_ratio_hold_any_round_against_any_other() -> None:
    """98 to 102 and 108 to 112: from 108 / 102 to 112 / 98."""
    result = ratio(spread(100, 2), spread(110, 2))
    assert result.low == pytest.approx(108 / 102)
    assert result.high == pytest.approx(112 / 98)


def test_a_single_round_has_no_bounds_and_a_round_of_0_no_upper_one() -> None:
    """Nothing is divided by 0."""
    once = ratio(spread(100, 0, rounds=1), spread(150, 2))
    assert (once.low, once.value, once.high, once.rounds) == (1.5, 1.5, 1.5, 1)
    assert ratio(Spread(100, 0, 120, 3, "range"), spread(110, 2)).high == inf


def test_two_runs_stand_side_by_side_whatever_differs() -> None:
    """What differs is said, and so is what only one of them has."""
    newer = FACTS | {"python": "CPython 3.12.1"}
    before = entry(0, {NAME: 100.0, "gunicorn.wait.1": 1.0})
    now = entry(1, {NAME: 90.0, "uvicorn.plain.64": 3.0}, newer)
    both = side_by_side(before, now)
    assert both.differences == ("python CPython 3.11.2 -> CPython 3.12.1",)
    assert [drift.ratios["throughput_rps"].value for drift in both.drifts] == [0.9]
    assert [cell.label for cell in both.only_before] == ["gunicorn, wait at 1 client"]
    assert [cell.label for cell in both.only_now] == ["uvicorn, plain at 64 clients"]


def test_runs_without_a_common_cell_are_refused() -> None:
    """With the cure."""
    with pytest.raises(BenchError) as caught:
        side_by_side(entry(0, {NAME: 1.0}), entry(1, {"uvicorn.plain.64": 1.0}))
    assert str(caught.value) == (
        "runs run-0 and run-1 have no deployment, scenario and load in common; name two runs of "
        "one plan"
    )


def test_every_cell_is_set_beside_its_own() -> None:
    """By deployment, scenario and load, whatever their order; one that is missing has no drift."""
    before = entry(0, {NAME: 100.0, "gunicorn.wait.64": 50.0, "gunicorn.wait.1": 1.0})
    now = entry(1, {"gunicorn.wait.64": 60.0, NAME: 90.0, "uvicorn.plain.64": 3.0})
    by_cell = {d.cell.label: d.ratios["throughput_rps"].value for d in drifts(before, now)}
    assert by_cell == {"gunicorn, wait at 64 clients": 1.2, "uvicorn, wait at 64 clients": 0.9}


@pytest.mark.parametrize("side", [0, 1])
def test_a_cell_that_is_doubted_on_either_side_is_doubted(side: int) -> None:
    """Its ratio is no more to be trusted than the worse of both."""
    sides = [entry(n, {NAME: 100.0 + 50 * n}) for n in (0, 1)]
    sides[side] = replace(sides[side], cells=(cell(NAME, 100.0, doubted=True),))
    (drift,) = drifts(*sides)
    assert drift.doubted


def test_a_metric_that_either_side_lacks_has_no_ratio() -> None:
    """Nor has one that was 0."""
    before, now = entry(0, {NAME: 100.0}), entry(1, {NAME: 100.0})
    metrics = before.cells[0].metrics | {"server_cpu_ms_per_request": spread(0, 0)}
    del metrics["latency_p95_ms"]
    before = replace(before, cells=(replace(before.cells[0], metrics=metrics),))
    (drift,) = drifts(before, now)
    assert list(drift.ratios) == ["throughput_rps", "latency_p50_ms"]


def test_what_ran_elsewhere_or_otherwise_is_refused_with_what_differs() -> None:
    """And the way to a verdict."""
    other = FACTS | {"python": "CPython 3.12.1", "uvicorn": "0.55"}
    with pytest.raises(BenchError) as caught:
        drifts(entry(0, {NAME: 1.0}), entry(1, {NAME: 1.0}, other))
    assert str(caught.value) == (
        "run run-1 cannot be compared with run run-0: python CPython 3.11.2 -> CPython 3.12.1, "
        "uvicorn 0.54 -> 0.55; accept a baseline here, or judge with: make check BASE=ref"
    )

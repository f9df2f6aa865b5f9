"""The far percentiles of a scenario, over 1 / (1 - p)."""

from dataclasses import replace

import numpy as np
import pytest

from harness.core.summary import Spread
from harness.report.charts.data import Subject
from harness.report.charts.percentiles import percentiles, points_of, telling
from harness.report.charts.subjects import subjects
from tests.support.builders import DEPLOYMENTS, sample, summary

GTHREAD, UVICORN = DEPLOYMENTS[1], DEPLOYMENTS[2]


def small() -> Subject:
    """Build two deployments at 1, 16 and 256 users; with p99 where there were 500 requests."""
    (subject,) = subjects(summary())
    return subject


def test_a_line_ends_where_a_single_request_would_decide() -> None:
    """500 requests are the least for p99: 16 users send as many in 8 s, 1 user sends 31."""
    by_users = {each.users: points_of(each) for each in small().samples_of(UVICORN.name)}
    assert [round(point.load) for point in by_users[1]] == [2, 20]
    assert [round(point.load) for point in by_users[256]] == [2, 20, 100]
    assert [point.words.at for point in by_users[256] if point.words] == ["p50", "p95", "p99"]


def test_the_load_is_the_highest_that_the_best_of_both_interfaces_have() -> None:
    """256 of both; where there is no pair, the highest of any."""
    both = small()
    assert {name: each.users for name, each in telling(both).items()} == {
        GTHREAD.name: 256,
        UVICORN.name: 256,
    }
    shorter = tuple(s for s in both.samples if s.users < 256 or s.deployment == UVICORN.name)
    assert list(telling(replace(both, samples=shorter, comparisons=()))) == [UVICORN.name]


def test_percentiles_are_joined_and_named_at_their_ends() -> None:
    """Without gaps, however far apart: between them lie percentiles of the same requests."""
    figure = percentiles(small())
    (axes,) = figure.axes
    lines = [line for line in axes.get_lines() if len(np.asarray(line.get_xdata())) == 3]
    assert len(lines) == 2
    assert {text.get_text() for text in axes.texts} == {GTHREAD.name, UVICORN.name}
    assert "at 256 clients" in figure.get_suptitle()


def test_a_percentile_that_is_a_lower_bound_is_marked() -> None:
    """What was never answered lies above it."""
    bounded = replace(sample(UVICORN, 4, (10,)), lower_bounds=("latency_p95_ms",))
    assert [point.mark for point in points_of(bounded)] == ["≥"]


@pytest.mark.parametrize("share", ["p90", "p999"])
def test_every_percentile_that_a_run_stores_is_shown(share: str) -> None:
    """p90 and p99.9 too, which stand in no table of the page."""
    spread = Spread(5.0, 4.0, 6.0, 3, "range")
    stored = replace(sample(UVICORN, 4, (10,)), metrics={f"latency_{share}_ms": spread})
    assert [point.load for point in points_of(stored)] == pytest.approx(
        [{"p90": 10, "p999": 1000}[share]]
    )

"""A history laid out: which runs are joined, at which load, where levels begin."""

from dataclasses import replace

import pytest

from harness.core.errors import BenchError
from harness.runs.changepoints import AVAILABLE
from harness.runs.trends import NEWEST, Stretch, cell_at_highest_load, stretches, trend
from tests.support.histories import FACTS, NAME, NEWER, cell, entry, noisy, steady


def test_runs_of_equal_facts_are_one_stretch() -> None:
    """It is cut where a fact changes, and where it changes back."""
    history = [entry(n, {}, facts) for n, facts in enumerate((FACTS, FACTS, NEWER, FACTS))]
    to = "python CPython 3.11.2 -> CPython 3.12.1"
    back = "python CPython 3.12.1 -> CPython 3.11.2"
    assert stretches(history) == (
        Stretch(0, 2, ()),
        Stretch(2, 3, (to,)),
        Stretch(3, 4, (back,)),
    )


@pytest.mark.parametrize(
    ("doubted", "load"),
    [
        ({}, "1,024 clients"),
        ({1024: 2}, "1,024 clients"),  # two of four runs are sound
        ({1024: 3}, "64 clients"),
        ({1024: 4, 64: 4}, None),
    ],
)
def test_a_course_is_shown_at_the_highest_load_that_half_of_the_runs_have_without_a_doubt(
    doubted: dict[int, int], load: str | None
) -> None:
    """Four runs at 64 and 1,024 clients, in some of which a load is doubted."""
    cells = [
        cell(f"uvicorn.wait.{users}", 100.0, doubted=run < doubted.get(users, 0))
        for run in range(4)
        for users in (64, 1024)
    ]
    highest = cell_at_highest_load(cells)
    assert (highest and highest.load) == load


def test_a_deployment_that_is_always_doubted_is_named_and_not_shown() -> None:
    """No trend can be read from its figures."""
    history = [
        replace(each, cells=(*each.cells, cell("gunicorn.wait.64", 1.0, doubted=True)))
        for each in steady(3)
    ]
    result = trend(history)
    assert [course.cell.deployment for course in result.courses] == ["uvicorn"]
    assert "gunicorn, wait: not shown, every load is flagged in most runs." in result.notes


@pytest.mark.skipif(not AVAILABLE, reason="ruptures has no release for this Python")
def test_levels_are_sought_within_a_stretch() -> None:
    """A step with the new Python is no change point; the one 12 runs later is."""
    before = steady(12)
    after = [
        replace(each, facts=NEWER)
        for each in (
            entry(12 + n, {NAME: 3 * v}) for n, v in enumerate(noisy(24, 0.02, 2, 1.2, 12))
        )
    ]
    line = trend([*before, *after]).courses[0].lines[0]
    assert [(level.first, level.last) for level in line.levels] == [(0, 11), (12, 23), (24, 35)]
    assert [level.ratio for level in line.levels[:2]] == [None, None]
    assert line.levels[2].ratio == pytest.approx(1.2, rel=0.05)


@pytest.mark.skipif(not AVAILABLE, reason="ruptures has no release for this Python")
def test_a_change_is_listed_with_its_day_its_run_and_its_factor() -> None:
    """In time, beside changes of facts."""
    result = trend(steady(48, change=8, step=0.8, at=28))
    day, run = result.days[28], result.runs[28]
    assert (day, run) == ("2026-01-29", "run-28")
    first, second, *_ = result.changes
    assert first.endswith("run run-8: facts changed: python CPython 3.11.2 -> CPython 3.12.1")
    assert second.startswith(f"{day}, run {run}: uvicorn, wait at 64 clients: throughput 0.8")


def test_doubted_runs_do_not_count_in_levels() -> None:
    """Ten runs at a fifth of the throughput, each of them doubted: one level."""
    history = steady(24)
    doubted = (cell(NAME, 20.0, doubted=True),)
    history[10:20] = [replace(each, cells=doubted) for each in history[10:20]]
    line = trend(history).courses[0].lines[0]
    assert [level.ratio for level in line.levels] == [None]
    assert line.doubted.count(True) == 10


@pytest.mark.skipif(not AVAILABLE, reason="ruptures has no release for this Python")
def test_few_runs_say_how_many_more_change_points_take() -> None:
    """Counted since facts changed."""
    result = trend(steady(30, change=23))
    assert result.notes == (
        "Change points need 10 runs with equal facts, 3 more than there are since the last "
        "change of facts.",
    )


def test_only_the_runs_of_one_plan_are_result() -> None:
    """Of the named one, else of that which ran last."""
    smoke = [replace(entry(n, {NAME: 1.0}), plan="smoke") for n in (50, 51)]
    history = [*steady(3), *smoke]
    assert (trend(history).plan, len(trend(history).runs)) == ("smoke", 2)
    assert len(trend(history, "default").runs) == 3
    with pytest.raises(BenchError, match="the history has no run of plan other"):
        trend(history, "other")


def test_an_empty_history_says_what_fills_it() -> None:
    """For instance when its only line was cut short."""
    with pytest.raises(BenchError, match="the history has no run; each finished `make bench`"):
        trend([])


def test_a_long_history_is_shown_from_its_end() -> None:
    """And says how much is left out."""
    result = trend([entry(n, {NAME: 1.0}) for n in range(NEWEST + 20)])
    assert (result.runs[0], len(result.runs)) == ("run-20", NEWEST)
    assert result.notes[0] == "Only the newest 100 of 120 runs are shown."

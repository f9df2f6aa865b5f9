"""The load steps of a block, how long each is measured, and what names their cells."""

import pytest

from harness.core.plan_file import parse
from harness.core.schedule import blocks, most_users
from harness.core.trial import CellKey, CellMetric
from tests.support.plans import TINY, with_open


def test_an_open_loop_has_a_trial_for_each_rate_or_fraction() -> None:
    """Its fraction names it before its rate is measured; its clients count for the limits."""
    plan = parse(with_open(), "open.toml")
    block = blocks(plan)[-1]
    assert [trial.slug.removeprefix(f"{block.slug}.") for trial in block.trials] == ["f50", "f90"]
    assert [trial.rate_rps for trial in block.trials] == [None, None]
    assert [trial.rate_rps for trial in block.at(200).trials] == [100, 180]
    assert most_users(plan) == 700
    rates = parse(with_open("rates_rps = [10, 12.5]"), "open.toml")
    block = next(block for block in blocks(rates) if block.scenario.name == "open")
    assert [trial.slug.removeprefix(f"{block.slug}.") for trial in block.trials] == ["q10", "q12.5"]


@pytest.mark.parametrize(("users", "open_s"), [(1, 0.25), (100, 0.1)])
def test_a_plateau_is_measured_for_as_long_as_one_request_takes_to_come(
    users: int, open_s: float
) -> None:
    """One client that waits for 250 ms asks every 250 ms, a hundred ask more often."""
    text = TINY.replace("users = [1, 10, 100]", f"users = [{users}]")
    plan = parse(text.replace("measure_s = 2", "measure_s = 0.1"), "tiny.toml")
    assert {b.open_s for b in blocks(plan) if b.scenario.name == "wait"} == {open_s}


def test_a_cell_of_a_check_is_named_as_in_its_files() -> None:
    """A folder or a table holds `deployment.scenario`, a document the metric behind it."""
    cell = CellKey("uvicorn", "wait")
    assert str(cell) == "uvicorn.wait"
    assert str(CellMetric("latency_p95_ms", cell)) == "uvicorn.wait.latency_p95_ms"


def test_the_steps_of_a_climb_are_cells_of_their_own() -> None:
    """Equal in all but the step; what they are steps of is the same."""
    few, many = CellKey("uvicorn", "wait", 16), CellKey("uvicorn", "wait", 64)
    assert few != many
    assert few.climb == many.climb == CellKey("uvicorn", "wait")


def test_a_step_is_a_number_whether_it_was_planned_or_read() -> None:
    """A plan has 64 users, a line of the history 64.0."""
    assert {CellKey("uvicorn", "wait", 64): "planned"}[CellKey("uvicorn", "wait", 64.0)]

"""The load steps of a block, and how long each is measured."""

import pytest

from harness.core.plan_file import parse
from harness.core.schedule import blocks, most_users
from tests.support.plans import TINY, with_open


def test_an_open_loop_has_a_trial_for_each_rate_or_fraction() -> None:
    """Known by its fraction before the rate is; its clients count for the limits."""
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

"""The load steps of a block, how long each is measured, and what names their cells."""

import pytest

from harness.core.plan import Load
from harness.core.plan_file import parse
from harness.core.schedule import blocks, most_users
from harness.core.trial import Block, CellKey, CellMetric
from tests.support.builders import deployment, scenario
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


@pytest.mark.parametrize(("users", "open_s"), [(1, 0.25), (100, 0.25), (4000, 0.1)])
def test_a_plateau_of_few_clients_is_measured_for_the_whole_of_a_wait(
    users: int, open_s: float
) -> None:
    """A client that waits for 250 ms answers once in them; of 4,000 many do within 0.1 s."""
    text = TINY.replace("users = [1, 10, 100]", f"users = [{users}]")
    plan = parse(text.replace("measure_s = 2", "measure_s = 0.1"), "tiny.toml")
    of_two = [b for b in blocks(plan) if (b.scenario.name, b.deployment.name) == ("wait", "two")]
    assert {block.open_s for block in of_two} == {open_s}


@pytest.mark.parametrize(
    ("users", "slots", "open_s"),
    [
        (1, None, 20),  # one request of a lone client takes so long to come
        (100, 16, 20),  # each of 16 slots answers once
        (100, None, 20),  # each of 100 users does
        (4_000, 512, 20),
        (4_000, None, 5),  # 1,000 answers of 4,000 users come in a quarter of the wait
        (40_000, None, 3),
    ],
)
def test_a_window_shorter_than_the_wait_needs_many_answers(
    users: int, slots: int | None, open_s: float
) -> None:
    """For a wait of 20 s, measured for 3 s at least."""
    load = Load(users=(users,), settle_s=1, measure_s=3)
    server = deployment("server", "wsgi", slots=slots)
    assert Block(server, scenario("hold", wait_ms=20_000), load, 1).open_s == open_s


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

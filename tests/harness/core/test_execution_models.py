"""What theory says of execution models, and which cases are measured."""

import pytest

from harness.core.execution_models import MODELS, MOST_TASKS, WORKERS, Case, Work, cases, in_order

BY_NAME = {model.name: model for model in MODELS}


def case(work: Work, tasks: int, slots: int | None, cores: int = 1) -> Case:
    """Return a case of waits of 20 ms or computations of 10 ms."""
    return Case("any", work, 20 if work == "wait" else 10, slots, cores, tasks)


@pytest.mark.parametrize(
    ("slots", "tasks", "ms"),
    [
        (1, 10, 10 * 20),  # n D
        (4, 10, 3 * 20),  # 4 + 4 + 2 tasks: three turns
        (4, 3, 20),
        (None, 10, 20),  # all at once
    ],
)
def test_waits_take_as_many_turns_as_slots_allow(slots: int | None, tasks: int, ms: float) -> None:
    """One turn lasts as long as one wait."""
    assert case("wait", tasks, slots).theory_ms() == ms


@pytest.mark.parametrize(
    ("cores", "tasks", "ms"),
    [
        (1, 10, 10 * 10),  # n C, whatever the slots
        (2, 10, 10 * 10 / 2),
        (2, 1, 10),  # one computation is never shared
    ],
)
def test_computations_share_the_cores_and_nothing_else(cores: int, tasks: int, ms: float) -> None:
    """Slots do not compute."""
    assert case("compute", tasks, slots=None, cores=cores).theory_ms() == ms


def test_each_task_costs_what_it_takes_to_switch() -> None:
    """D + n S = 20 + 1,000 x 0.03 ms."""
    assert case("wait", 1_000, slots=None).theory_ms(each_ms=0.03) == pytest.approx(50)


def test_only_processes_compute_on_several_cores() -> None:
    """Up to one for each of them."""
    of_eight = {model.name: model.cores(8) for model in MODELS}
    assert of_eight.pop(f"processes-{WORKERS}") == WORKERS
    assert set(of_eight.values()) == {1}
    assert BY_NAME[f"processes-{WORKERS}"].cores(2) == 2


def test_what_would_take_longer_than_three_seconds_is_not_measured() -> None:
    """100 waits of 20 ms one by one take 2 s, 1,000 take 20; an event loop has no such limit."""
    measured = {(each.model, each.work, each.tasks) for each in cases(MODELS, (100, 1_000), 2)}
    assert ("sequential", "wait", 100) in measured
    assert ("sequential", "wait", 1_000) not in measured
    assert ("asyncio", "wait", 1_000) in measured
    assert ("asyncio", "compute", 1_000) not in measured  # 1,000 x 10 ms


def test_ten_tasks_are_always_measured() -> None:
    """They are drawn one by one, and every model has the cost of a task from somewhere."""
    measured = cases(MODELS, (MOST_TASKS,), 1)
    for model in MODELS:
        assert {(each.work, each.tasks) for each in measured if each.model == model.name} >= {
            ("wait", 10),
            ("compute", 10),
        }


def test_a_thread_for_each_task_has_a_limit_of_its_own() -> None:
    """Ten thousand threads do not fit everywhere."""
    numbers = [each.tasks for each in cases(MODELS, (MOST_TASKS,), 1) if each.model == "threads-n"]
    assert max(numbers) < MOST_TASKS


def test_each_round_has_all_cases_in_an_order_of_its_own() -> None:
    """Which the number of the round decides, so that a run can be repeated."""
    all_cases = cases(MODELS, (1, 100), 2)
    first, second = in_order(all_cases, 1), in_order(all_cases, 2)
    assert set(first) == set(second) == set(all_cases)
    assert first != second
    assert in_order(all_cases, 1) == first

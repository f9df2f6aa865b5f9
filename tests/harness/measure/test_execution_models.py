"""Repetitions of execution models, summed up over rounds and set beside theory."""

import pytest

from harness.core.execution_models import WORKERS, Repetition, Work
from harness.measure.execution_models import cells, costs_ms


def repetition(
    number: int,
    took_ms: float,
    cpu_ms: float = 1.0,
    *,
    model: str = "asyncio",
    work: Work = "wait",
    tasks: int = 10,
) -> Repetition:
    """Return a repetition of waits of 20 ms or computations of 10 ms."""
    work_ms = 20.0 if work == "wait" else 10.0
    slots = {"asyncio": None, "sequential": 1}.get(model, WORKERS)
    return Repetition(model, work, work_ms, slots, 1, tasks, number, took_ms, cpu_ms)


def test_a_cell_has_the_middle_and_the_range_of_its_rounds() -> None:
    """From five rounds on their mean and its interval: harness.core.statistics.spread."""
    (cell,) = cells([repetition(1, 22), repetition(2, 30), repetition(3, 23)])
    assert (cell.took_ms.middle, cell.took_ms.low, cell.took_ms.high) == (23, 22, 30)
    assert cell.took_ms.kind == "range"


def test_cells_stand_in_order_however_they_were_measured() -> None:
    """Waits before computations, model by model, few tasks before many."""
    mixed = [
        repetition(1, 1, work="compute"),
        repetition(1, 1, tasks=100),
        repetition(1, 1, model="sequential"),
        repetition(1, 1, tasks=10),
    ]
    order = [(each.case.work, each.case.model, each.case.tasks) for each in cells(mixed)]
    assert order == [
        ("wait", "sequential", 10),
        ("wait", "asyncio", 10),
        ("wait", "asyncio", 100),
        ("compute", "asyncio", 10),
    ]


def test_what_a_task_costs_is_taken_where_most_of_them_wait() -> None:
    """There the start is shared by most: 30 ms of CPU time for 1,000 tasks, whatever 10 took."""
    several = [
        repetition(1, 0, cpu_ms=5, tasks=10),
        repetition(1, 0, cpu_ms=30, tasks=1_000),
        repetition(1, 0, cpu_ms=900, tasks=10, work="compute"),
    ]
    assert costs_ms(several)["asyncio"].middle == pytest.approx(0.03)


def test_theory_counts_the_measured_cost_of_each_task() -> None:
    """D + n S = 20 + 1,000 x 0.03 = 50 ms; computing is n C + n S = 100 + 10 x 0.03."""
    several = [
        repetition(1, 60, cpu_ms=30, tasks=1_000),
        repetition(1, 101, cpu_ms=101, work="compute"),
    ]
    theory_ms = [cell.case.theory_ms(cell.each_ms) for cell in cells(several)]
    assert theory_ms == pytest.approx([50, 100.3])

"""What repetitions of execution models come to: times over the rounds, beside theory. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from harness.core.execution_models import MODELS, WORK_MS, Case, Repetition
from harness.core.statistics import spread
from harness.core.summary import Spread

NAMES = [model.name for model in MODELS]
WORKS = list(WORK_MS)


@dataclass(frozen=True, slots=True)
class Cell:
    """A case over the rounds: how long all its tasks took, in milliseconds.

    `each_ms` is what a task costs the model beyond its work: what theory_ms of the case asks for.
    """

    case: Case
    took_ms: Spread
    each_ms: float


def cells(repetitions: Sequence[Repetition]) -> tuple[Cell, ...]:
    """Return a cell for each case: waits first, model by model, from few tasks to many."""
    each_ms = costs_ms(repetitions)
    took_ms = _over_rounds(repetitions, lambda each: each.took_ms)
    return tuple(
        Cell(case, took_ms[case], each_ms[case.model].middle)
        for case in sorted(took_ms, key=_place)
    )


def costs_ms(repetitions: Iterable[Repetition]) -> dict[str, Spread]:
    """Return what a task costs each model beyond its work: the S of theory, keyed by model.

    It is the CPU time of a task in milliseconds where most of them waited: what was started, and
    switched to and fro, as a wait itself takes none.
    """
    waits = [each for each in repetitions if each.work == "wait"]
    cpu_ms = _over_rounds(waits, lambda each: each.cpu_ms / each.tasks)
    return {case.model: cpu_ms[case] for case in sorted(cpu_ms, key=_place)}


def _over_rounds(
    repetitions: Iterable[Repetition], value: Callable[[Repetition], float]
) -> dict[Case, Spread]:
    """Return the spread of a value over the rounds of each case."""
    values: dict[Case, list[float]] = {}
    for each in repetitions:
        values.setdefault(each.case, []).append(value(each))
    return {case: over for case, several in values.items() if (over := spread(several))}


def _place(case: Case) -> tuple[int, int, int]:
    return WORKS.index(case.work), NAMES.index(case.model), case.tasks

"""Execution models: ways to work on many tasks at once, and what theory says they take. Pure."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from math import ceil
from typing import Literal

Work = Literal["wait", "compute"]

WORK_MS: dict[Work, float] = {"wait": 20.0, "compute": 10.0}
"""How long a task waits, or how much CPU time it takes, in milliseconds."""

MOST_TASKS = 10_000

# Few enough to be told apart by eye, and no multiple of the workers.
DRAWN_TASKS = 10
"""How many tasks are drawn one by one; so many are always measured."""

# A point that takes longer adds nothing: theory holds there as it does below.
LONGEST_MS = 3_000


@dataclass(frozen=True, slots=True)
class ExecutionModel:
    """A program of models/, with so many workers as `slots`; None is a slot for each task.

    `package` is what it needs beside the standard library, `most_tasks` as many as it is asked for.
    """

    name: str
    program: str
    slots: int | None
    in_processes: bool = False
    package: str = ""
    most_tasks: int = MOST_TASKS

    def cores(self, of_machine: int) -> int:
        """Return how many cores may compute at once: threads share the interpreter's lock."""
        return min(self.slots or of_machine, of_machine) if self.in_processes else 1


WORKERS = 4

MODELS = (
    ExecutionModel("sequential", "sequential.py", slots=1),
    ExecutionModel(f"processes-{WORKERS}", "processes.py", slots=WORKERS, in_processes=True),
    ExecutionModel(f"threads-{WORKERS}", "threads.py", slots=WORKERS),
    # Each has a stack of its own: so many fit into any machine that this suite runs on.
    ExecutionModel("threads-n", "threads.py", slots=None, most_tasks=1_000),
    ExecutionModel("asyncio", "event_loop.py", slots=None),
    ExecutionModel("uvloop", "event_loop_uvloop.py", slots=None, package="uvloop"),
    ExecutionModel("greenlets", "greenlets.py", slots=None, package="gevent"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """So many tasks of one kind, done by one model on so many cores.

    `slots` is how many tasks it can have begun at once, None as many as there are; `cores` how many
    of them can compute at once.
    """

    model: str
    work: Work
    work_ms: float
    slots: int | None
    cores: int
    tasks: int

    def theory_ms(self, each_ms: float = 0.0) -> float:
        """Return how long all tasks take, where each costs `each_ms` beyond its work.

        n waits of D take n D / slots + n S, in whole turns; n computations of C take n C / cores
        + n S, and no less than one of them.
        """
        if self.work == "wait":
            work_ms = ceil(self.tasks / (self.slots or self.tasks)) * self.work_ms
        else:
            work_ms = self.tasks * self.work_ms / min(self.tasks, self.cores)
        return work_ms + self.tasks * each_ms


@dataclass(frozen=True, slots=True)
class Repetition(Case):
    """A case, carried out by a fresh process: how long it took, and the CPU time of it all."""

    round: int
    took_ms: float
    cpu_ms: float

    @property
    def case(self) -> Case:
        """Return what was carried out, which is the same in each round."""
        return Case(**{each.name: getattr(self, each.name) for each in fields(Case)})


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a repetition: which of its workers did it, in ms after the start of the whole."""

    model: str
    work: Work
    number: int
    worker: int
    began_ms: float
    ended_ms: float


def cases(models: Iterable[ExecutionModel], tasks: Iterable[int], cores: int) -> Sequence[Case]:
    """Return what is measured on so many cores: each model with as many tasks as it is quick for.

    The number that is drawn is always among them.
    """
    numbers = sorted({*tasks, DRAWN_TASKS})
    possible = (
        Case(model.name, work, work_ms, model.slots, model.cores(cores), number)
        for model in models
        for work, work_ms in WORK_MS.items()
        for number in numbers
        if number <= model.most_tasks
    )
    return tuple(case for case in possible if case.theory_ms() <= LONGEST_MS)


def in_order(cases: Sequence[Case], number: int) -> Sequence[Case]:
    """Return the cases in the order of a round, of which its number is the seed."""
    return random.Random(number).sample(cases, len(cases))

"""Carry out the execution models: every case in every round, each by a fresh process."""

import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec

from harness.core.execution_models import MODELS, Case, ExecutionModel, Repetition, Task, in_order
from harness.host import machine
from harness.host.machine import Cores
from harness.rig.execution_models import PROGRAMS, carry_out

# What a process takes that is in no measured time: to start, to import, to be noticed as ended.
START_S = 0.2

FACTS = ("processor", "cores", "system", "python")


def available() -> tuple[ExecutionModel, ...]:
    """Return the models whose packages are installed."""
    return tuple(model for model in MODELS if not model.package or find_spec(model.package))


def notes(models: Sequence[ExecutionModel], cores: Cores) -> Iterator[str]:
    """Yield what a run of these models will not show, and why."""
    for model in MODELS:
        if model not in models:
            yield (
                f"{model.name} is left out: {model.package} is not installed; "
                f".venv/bin/pip install {model.package}"
            )
    if len(cores.every) == 1:
        yield "1 core: processes cannot compute at the same time here, and take turns like threads"


def facts(models: Sequence[ExecutionModel], cores: Cores) -> dict[str, str]:
    """Return what the times depend on: the machine, Python, and the packages of the models."""
    of_machine = machine.facts(cores, sys.executable, ())
    versions = {model.package: version(model.package) for model in models if model.package}
    return {name: of_machine[name] for name in FACTS} | versions


def seconds(cases: Sequence[Case], rounds: int) -> float:
    """Return about how long all rounds take."""
    return rounds * sum(case.theory_ms() / 1000 + START_S for case in cases)


def one_round(
    cases: Sequence[Case], number: int, cores: Cores
) -> Iterator[tuple[Repetition, tuple[Task, ...]]]:
    """Yield each case of a round as it ends.

    The programs have all cores to themselves: what starts them only waits.
    """
    programs = {model.name: PROGRAMS / model.program for model in MODELS}
    for case in in_order(cases, number):
        yield carry_out(programs[case.model], case, number, cores.every)

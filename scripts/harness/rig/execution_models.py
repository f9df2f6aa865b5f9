"""A program of models/, started as a child process: what it took, and each of its tasks."""

import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from harness.core.errors import BenchError
from harness.core.execution_models import Case, Repetition, Task
from harness.host.processes import Child

PROGRAMS = Path(__file__).resolve().parents[3] / "models"

POLL_S = 0.02

# What a slow machine may take to start Python, and a thousand threads, beyond what theory allows.
PATIENCE_S = 60


def carry_out(
    program: Path, case: Case, number: int, cores: Sequence[int]
) -> tuple[Repetition, tuple[Task, ...]]:
    """Return round `number` of a case by a fresh process on these cores, with all tasks.

    Raise BenchError where the program fails, hangs, or does not do every task once.
    """
    lines = [json.loads(line) for line in _printed(program, case, cores) if line.startswith("{")]
    tasks = sorted(lines[:-1], key=lambda each: each["number"])
    if [each["number"] for each in tasks] != list(range(case.tasks)):
        raise BenchError(
            f"{program.name}: not each of its {case.tasks} tasks was done once; mend the program"
        )
    whole = lines[-1]
    took_ms = 1000 * (whole["ended_s"] - whole["began_s"])
    cpu_ms = 1000 * whole["cpu_s"]
    repetition = Repetition(**asdict(case), round=number, took_ms=took_ms, cpu_ms=cpu_ms)
    return repetition, _tasks(case, tasks, whole["began_s"])


def _printed(program: Path, case: Case, cores: Sequence[int]) -> Sequence[str]:
    """Return the lines that a program prints until it has ended well."""
    with (
        tempfile.TemporaryDirectory(prefix="models-") as folder,
        Child(_argv(program, case), Path(folder, "model.log"), cores) as child,
    ):
        _await(child, program.name, case)
        return child.log.read_text().splitlines()


def _argv(program: Path, case: Case) -> Sequence[str]:
    options = {
        "work": case.work,
        "ms": case.work_ms,
        "tasks": case.tasks,
        "workers": case.slots or case.tasks,
    }
    return (sys.executable, str(program), *(f"--{name}={value}" for name, value in options.items()))


def _await(child: Child, program: str, case: Case) -> None:
    """Return once the program has ended well."""
    deadline = time.monotonic() + case.theory_ms() / 1000 + PATIENCE_S
    while child.status is None and time.monotonic() < deadline:
        time.sleep(POLL_S)
    if child.status != 0:
        how = child.exit_reason or f"did not end within {PATIENCE_S} s more than theory allows"
        raise BenchError(
            f"{program} {how} with {case.tasks} tasks; ask for fewer, or see what it printed:\n"
            f"{child.tail()}"
        )


def _tasks(case: Case, lines: Sequence[Mapping[str, float]], start_s: float) -> tuple[Task, ...]:
    """Return the tasks of printed lines, workers numbered from 1 on as they came to work."""
    in_time = sorted(lines, key=lambda each: each["began_s"])
    workers = list(dict.fromkeys(each["worker"] for each in in_time))
    return tuple(
        Task(
            model=case.model,
            work=case.work,
            number=int(each["number"]),
            worker=1 + workers.index(each["worker"]),
            began_ms=1000 * (each["began_s"] - start_s),
            ended_ms=1000 * (each["ended_s"] - start_s),
        )
        for each in lines
    )

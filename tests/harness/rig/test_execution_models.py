"""The programs of models/ do what they are asked for, and one that does not is noticed."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.execution_models import MODELS, Case, ExecutionModel, Work
from harness.host import machine
from harness.rig.execution_models import PROGRAMS, carry_out

TASKS = 6
MS: dict[Work, float] = {"wait": 60, "compute": 2}

CORES = machine.cores().every


def case(model: ExecutionModel, work: Work) -> Case:
    """Return a few short tasks for a model."""
    return Case(model.name, work, MS[work], model.slots, model.cores(len(CORES)), TASKS)


def most_at_once(spans: Sequence[tuple[float, float]]) -> int:
    """Return how many spans overlap at most: at the begin of one of them."""
    return max(sum(began <= at < ended for began, ended in spans) for at, _ in spans)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_does_every_wait_once_and_as_many_at_once_as_it_has_slots(
    model: ExecutionModel,
) -> None:
    """Each lasts as long as it should. How many of a pool come to work is up to their start."""
    repetition, tasks = carry_out(PROGRAMS / model.program, case(model, "wait"), 2, CORES)
    assert [task.number for task in tasks] == list(range(TASKS))
    assert all(task.ended_ms - task.began_ms > 0.9 * MS["wait"] for task in tasks)
    assert repetition.round == 2
    assert repetition.took_ms >= max(task.ended_ms for task in tasks)
    at_once = most_at_once([(task.began_ms, task.ended_ms) for task in tasks])
    workers = {task.worker for task in tasks}
    if model.slots is None:
        assert at_once == TASKS
    else:
        assert (at_once == 1) == (model.slots == 1) and at_once <= model.slots
    if model.program in ("processes.py", "threads.py"):
        assert workers <= set(range(1, (model.slots or TASKS) + 1)) and len(workers) > 1
    else:
        assert workers == {1}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_does_every_computation_once_and_its_cpu_time_is_counted(
    model: ExecutionModel,
) -> None:
    """That of its processes too: 6 x 2 ms."""
    repetition, tasks = carry_out(PROGRAMS / model.program, case(model, "compute"), 1, CORES)
    assert [task.number for task in tasks] == list(range(TASKS))
    assert repetition.cpu_ms > 0.9 * TASKS * MS["compute"]


@pytest.mark.parametrize("program", ["event_loop.py", "event_loop_uvloop.py", "greenlets.py"])
def test_what_computes_in_one_thread_makes_all_others_wait(program: str) -> None:
    """No two of the computations overlap."""
    (model,) = (each for each in MODELS if each.program == program)
    _, tasks = carry_out(PROGRAMS / program, case(model, "compute"), 1, CORES)
    assert most_at_once([(task.began_ms, task.ended_ms) for task in tasks]) == 1


def refusal(tmp_path: Path, program: str, asked: Case | None = None) -> str:
    """Return the one line about a program that does not do what it should."""
    path = tmp_path / "model.py"
    path.write_text(program)
    with pytest.raises(BenchError) as raised:
        carry_out(path, asked or case(MODELS[0], "wait"), 1, CORES)
    return str(raised.value)


def test_a_task_that_is_done_twice_is_noticed(tmp_path: Path) -> None:
    """As is one that is not done at all: the last one here."""
    line = 'print(\'{{"number": {}, "worker": 1, "began_s": 1, "ended_s": 2}}\')\n'
    whole = 'print(\'{"began_s": 1, "ended_s": 2, "cpu_s": 0}\')\n'
    numbers = (*range(TASKS - 1), 0)
    program = "".join(line.format(number) for number in numbers) + whole
    assert "model.py: not each of its 6 tasks was done once" in refusal(tmp_path, program)


def test_a_program_that_says_nothing_is_noticed(tmp_path: Path) -> None:
    """Although it ends well."""
    assert "not each of its 6 tasks" in refusal(tmp_path, "")


def test_a_program_that_fails_is_shown_with_what_it_printed(tmp_path: Path) -> None:
    """For instance where a machine has no room for so many threads."""
    text = refusal(tmp_path, "raise SystemExit('no room for threads')")
    assert text.startswith("model.py ended with status 1 with 6 tasks; ask for fewer, or see what")
    assert text.endswith("no room for threads")


def test_a_program_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After what theory allows, and some patience."""
    monkeypatch.setattr("harness.rig.execution_models.PATIENCE_S", 0.2)
    text = refusal(
        tmp_path, "import time; time.sleep(30)", replace(case(MODELS[0], "wait"), tasks=1)
    )
    assert text.startswith("model.py did not end within 0.2 s more than theory allows with 1 tasks")

"""What is measured of the execution models on a machine, and what is not."""

from dataclasses import replace

import pytest

from harness.core.execution_models import MODELS, Case
from harness.host.machine import Cores
from harness.runs import execution_models as runs

TWO = Cores((0,), (1,))
CASES = [Case("sequential", "wait", 1.0, 1, 1, tasks) for tasks in range(1, 9)]


def test_a_model_without_its_package_is_left_out_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And with what installs it."""
    strange = replace(MODELS[0], name="fibres", package="no_such_package")
    monkeypatch.setattr(runs, "MODELS", (*MODELS, strange))
    models = runs.available()
    assert models == MODELS
    assert list(runs.notes(models, TWO)) == [
        "fibres is left out: no_such_package is not installed; .venv/bin/pip install "
        "no_such_package"
    ]


def test_on_one_core_it_is_said_that_processes_cannot_show_what_they_do() -> None:
    """They take turns there."""
    (note,) = runs.notes(MODELS, Cores((0,), (0,)))
    assert note.startswith("1 core: processes cannot compute at the same time")


def test_the_facts_name_machine_python_and_packages() -> None:
    """All that the times depend on, and nothing of Django."""
    names = list(runs.facts(MODELS, TWO))
    assert names == ["processor", "cores", "system", "python", "uvloop", "gevent"]


def test_the_estimate_counts_theory_and_the_start_of_each_process() -> None:
    """Two rounds of 1 + ... + 8 waits of 1 ms, and 16 starts."""
    assert runs.seconds(CASES, 2) == pytest.approx(2 * 0.036 + 16 * runs.START_S)

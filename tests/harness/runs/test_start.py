"""A run begins with the facts of its machine, and goes on only where they are the same."""

import json
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.host.machine import Cores
from harness.runs.start import begin
from harness.runs.store import Run

ONE_CORE = Cores((0,), (0,))
SMOKE = Path("loadtests/plans/smoke.toml")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Begin a run of the smallest plan."""
    return begin(SMOKE, "it", tmp_path, ONE_CORE, None)


def change(run: Run, **facts: str | None) -> None:
    """Write other facts of the machine into a run; None takes one out."""
    path = run.folder / "run.json"
    stored = json.loads(path.read_text())
    machine = stored["machine"] | facts
    stored["machine"] = {name: value for name, value in machine.items() if value is not None}
    path.write_text(json.dumps(stored))


def test_a_run_that_is_resumed_matches_itself(run: Run) -> None:
    """Its facts are the same, word for word."""
    assert begin(None, "it", run.folder.parent, ONE_CORE, None).facts == run.facts


def test_a_changed_server_is_another_machine(run: Run) -> None:
    """Half a run with each would be neither."""
    change(run, uvicorn="0.1")
    with pytest.raises(BenchError, match=r"run it began on another machine \(uvicorn 0\.1 -> "):
        begin(None, "it", run.folder.parent, ONE_CORE, None)


def test_a_run_is_resumed_although_it_recorded_other_packages_than_are_recorded_now(
    run: Run,
) -> None:
    """An earlier version of the suite recorded the same ones for every plan."""
    change(run, httptools=None, tornado="6.5")
    assert begin(None, "it", run.folder.parent, ONE_CORE, None).name == "it"

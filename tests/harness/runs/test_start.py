"""A run begins with the facts of its machine, and goes on only where they are the same."""

import json
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.host.machine import Cores
from harness.measure.envelope import Envelope
from harness.rig.places import Place
from harness.runs.start import begin
from harness.runs.store import Run
from tests.support.envelopes import point
from tests.support.plans import TINY, anywhere

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


def test_each_client_is_calibrated_with_the_most_users_of_one_process(tmp_path: Path) -> None:
    """An HttpUser's scenario has 64 users at most, a FastHttpUser's 191 by two processes."""
    text = SMOKE.read_text().replace('"../../app"', f'"{Path("app").resolve()}"')
    text = text.replace('"../', f'"{Path("loadtests").resolve()}/')
    text = text.replace("/wait.py", "/direct_requests.py")
    assert text.count("/call.py") == 1
    load = "load = { users = [191], settle_s = 1, measure_s = 1, processes = 2 }"
    plan = tmp_path / "two.toml"
    plan.write_text(text.replace('/call.py"', f'/wait.py"\n{load}'))
    calls = []

    def calibrate(place: Place, by_requests: bool, users: int) -> Envelope:
        calls.append((by_requests, users))
        return Envelope((point(400 + users, users),))

    run = begin(plan, "two", tmp_path, ONE_CORE, calibrate)
    assert calls == [(False, 96), (True, 64)]
    both = [run.facts.envelope(by_requests) for by_requests in (False, True)]
    assert [each and each.users for each in both] == [96, 64]


def test_a_deployment_that_lacks_a_program_is_no_part_of_the_run(tmp_path: Path) -> None:
    """Neither now nor where it is resumed; run.json says why, and keeps the plan verbatim."""
    text = anywhere(TINY.replace("slots = 4", 'needs = ["no-such-program"]'))
    (tmp_path / "tiny.toml").write_text(text)
    run = begin(tmp_path / "tiny.toml", "it", tmp_path, ONE_CORE, None)
    assert run.facts.left_out == {"one": "no program no-such-program here; install it"}
    assert run.facts.plan == text
    assert {block.partition(".")[0] for block in run.facts.blocks} == {"two"}
    again = begin(None, "it", tmp_path, ONE_CORE, None)
    assert [deployment.name for deployment in again.plan.deployments] == ["two"]


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

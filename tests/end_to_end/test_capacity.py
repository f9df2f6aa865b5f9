"""`make capacity`: its arguments, and a real server whose capacity is known by arithmetic."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.core import plan_file
from harness.core.holding import Limit, Outcome
from harness.host.machine import cores
from harness.report import capacity_files
from harness.rig.places import Here
from harness.runs import capacity as runs
from harness.runs.store import Run
from tests.support.verbs import call


def test_a_plan_without_an_objective_gets_one_line(tmp_path: Path) -> None:
    """With the cure, and the exit status 2; nothing is started."""
    status, output, errors = call("capacity", "loadtests/plans/smoke.toml", f"--results={tmp_path}")
    assert (status, output) == (2, "")
    assert errors.count("\n") == 1 and "add objective = { p95_ms = 500 }" in errors
    assert not list(tmp_path.iterdir())


THREADS, WAIT_S = 8, 0.1

APPLICATION = f"""
import time

def application(environ, start_response):
    if environ["PATH_INFO"] != "/ready/":
        time.sleep({WAIT_S})
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""

PLAN = f"""
name = "waits"
[application]
directory = "."
wsgi = "waits:application"
ready = "/ready/"
[[deployments]]
name = "gthread"
interface = "wsgi"
slots = {THREADS}
command = [
    "{{python}}", "-m", "gunicorn", "{{wsgi}}", "--bind={{host}}:{{port}}",
    "--worker-class=gthread", "--threads={THREADS}", "--worker-connections=2000", "--keep-alive=75",
    "--no-control-socket",
]
[[scenarios]]
name = "any"
paths = ["/"]
objective = {{ p95_ms = 250 }}
[load]
search = "rate"
settle_s = 0.5
measure_s = 2.5
"""


@pytest.fixture
def own_cores() -> Iterator[None]:
    """Give this process its cores back, after it was pinned to those of the load."""
    before = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, before)


@pytest.mark.long
def test_the_capacity_of_a_server_that_only_waits_is_its_threads_over_the_wait(
    own_cores: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """8 threads, each 100 ms a request: 80 requests/s; the search begins at 60.

    Short load steps, each end of the bracket tried once, and no more trials than that takes where
    some are flagged. The page and its chart are written.
    """
    monkeypatch.setattr("harness.core.capacity.MOST_TRIALS", 10)
    monkeypatch.setattr("harness.core.capacity.CONFIRMATIONS", 1)
    (tmp_path / "waits.py").write_text(APPLICATION)
    (tmp_path / "plan.toml").write_text(PLAN)
    plan, text = plan_file.read(tmp_path / "plan.toml")
    run = Run.create(tmp_path / "run", text, {}, "", [], plan_folder=tmp_path)
    (scenario,), (deployment,) = plan.scenarios, plan.deployments
    target = runs.target(deployment, scenario, plan.load, first=60)
    records = [*runs.carry_out(run, [target], Here(cores()))]
    (holding,) = runs.holdings([target], run.records())
    capacity = holding.capacity
    assert capacity.low and capacity.high
    assert capacity.low <= THREADS / WAIT_S <= capacity.high
    assert capacity.limit is Limit.OBJECTIVE
    assert any(record.extra.grew for record in records)
    assert holding.outcomes(Outcome.MET)
    page = capacity_files.write(run, [holding])
    assert "is met up to" in page.read_text()
    assert (run.charts / "any.svg").exists()

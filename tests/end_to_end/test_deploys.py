"""`make deploy-test`: its arguments, and a real reload and a real kill of one server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.report import deploy_files
from tests.support.verbs import call

PLAN = Path("loadtests/plans/deploys.toml")


def test_a_plan_without_events_gets_one_line(tmp_path: Path) -> None:
    """With the cure, and the exit status 2; nothing is started."""
    status, output, errors = call(
        "deploy_test", "loadtests/plans/smoke.toml", f"--results={tmp_path}"
    )
    assert (status, output) == (2, "")
    assert errors.count("\n") == 1 and "has no events to carry out; add [[events]]" in errors
    assert not list(tmp_path.iterdir())


def test_a_bench_refuses_events(tmp_path: Path) -> None:
    """It would leave them out without a word."""
    status, output, errors = call("bench", str(PLAN), f"--results={tmp_path}")
    assert (status, output) == (2, "")
    assert errors.count("\n") == 1 and "which make deploy-test PLAN= carries out" in errors


SHORT = f"""
name = "short"
[application]
directory = "{Path("app").resolve()}"
wsgi = "config.wsgi:application"
ready = "/ready/"
environment = {{ DJANGO_MIDDLEWARE = "numbered" }}
[[deployments]]
name = "gthread"
interface = "wsgi"
views = "sync"
command = [
    "{{python}}", "-m", "gunicorn", "{{wsgi}}", "--bind={{host}}:{{port}}", "--workers=2",
    "--worker-class=gthread", "--threads=32", "--keep-alive=75", "--graceful-timeout=4",
    "--no-control-socket", "--http-parser=python",
]
[[events]]
name = "reload"
signal = "SIGHUP"
after_s = 1
[[events]]
name = "kill"
signal = "SIGKILL"
to = "worker"
after_s = 1
[[scenarios]]
name = "wait"
locustfile = "{Path("loadtests/numbered.py").resolve()}"
settings = {{ wait_ms = 200 }}
objective_ms = 2000
[load]
rates_rps = [60]
clients = 32
settle_s = 0.5
measure_s = 4
tail_s = 3
"""


@pytest.mark.long
def test_threads_survive_a_reload_and_lose_what_a_killed_worker_had_in_hand(tmp_path: Path) -> None:
    """Of twelve requests at a time, about half are with the worker that is killed.

    A reload loses none: old workers end their requests, and new ones take over. Both sides agree
    on every number, and nothing is executed twice.
    """
    plan = tmp_path / "short.toml"
    plan.write_text(SHORT)
    words = [str(plan), "--name=run", f"--results={tmp_path}"]
    verb = [sys.executable, "scripts/deploy_test.py", *words]
    done = subprocess.run(verb, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    reload, kill = deploy_files.read(tmp_path / "run")
    for outcome in (reload, kill):
        assert outcome.asked == outcome.before + outcome.answered + outcome.lost > 150
        assert (outcome.astray, outcome.twice) == (0, 0)
        assert outcome.stopped_s is None
    assert reload.lost == 0
    assert reload.took_over_s is not None
    assert kill.cut == kill.lost >= kill.in_flight_lost > 0
    assert "kill" in done.stdout
    assert json.loads((tmp_path / "run" / "machine.json").read_text())["gunicorn"]

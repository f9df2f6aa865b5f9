"""Several processes of Locust end to end: trusted as one is, and reaped whatever ends."""

import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.bench import UVICORN, Bench, plan
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.long

WAIT = """
[[scenarios]]
name = "wait"
locustfile = "loadtests/wait.py"
settings = { wait_ms = 50, think_ms = 100 }
load = { users = [20, 40], settle_s = 1, measure_s = 2, spawn_rate = 100, processes = 2 }
"""


def workers(process: int) -> list[psutil.Process]:
    """Find the processes that Locust's master has forked, below the bench's own."""
    for child in psutil.Process(process).children():
        with suppress(psutil.NoSuchProcess):  # it may end while it is looked at
            if any(word.endswith("wait.py") or "wait.py," in word for word in child.cmdline()):
                return child.children()
    return []


def test_two_processes_pass_the_gates_that_account_for_users_and_requests(bench: Bench) -> None:
    """All forty users, each request that the server counted, each connection once."""
    status, output, errors = bench.run(plan(UVICORN, WAIT))
    assert (status, errors) == (0, ""), output
    trials = bench.trials()
    assert [trial["users"] for trial in trials] == ["20", "40"]
    for trial in trials:
        assert trial["errors"] == "0"
        assert trial["server_connections"] == trial["users"]
        assert abs(float(trial["little_residual"])) < 0.05
        assert trial["requests_counted"] == trial["requests_known"] != ""
        assert not {"little", "conservation", "failed"} & gates(trial)
    rows = list((bench.results / "it" / "blocks").glob("*/*"))
    assert {path.name for path in rows} >= {"requests.parquet", "usage.csv"}
    assert not [path for path in rows if path.name.startswith("requests-")]


def gates(trial: dict[str, str]) -> set[str]:
    """List the gates that doubt a trial."""
    return {doubt.partition(":")[0].strip() for doubt in trial["doubts"].split(";")}


def test_a_process_that_is_killed_fails_its_block_in_one_line(bench: Bench) -> None:
    """The trial before is kept; the next is a missing result with its reason."""
    with bench.start(plan(UVICORN, WAIT)) as process:
        while len(bench.trials()) < 1:
            assert process.poll() is None
            time.sleep(0.05)
        found = workers(process.pid)
        assert len(found) == 2
        found[0].send_signal(signal.SIGKILL)
        _, errors = process.communicate(timeout=PATIENCE_S)
    first, second = bench.trials()
    assert "failed" not in gates(first)
    assert second["doubts"] == "failed: one of Locust's 2 processes ended under load"
    (line,) = errors.splitlines()
    assert (
        line.startswith("missing result: `wait`, uvicorn, 40 clients") and second["doubts"] in line
    )


@pytest.mark.parametrize("after", ["forked", "measured"])
def test_a_run_that_is_stopped_leaves_none_of_its_processes(bench: Bench, after: str) -> None:
    """Ctrl-C while they start and between two trials; the bench's fixture looks for them."""
    with bench.start(plan(UVICORN, WAIT)) as process:
        while not (workers(process.pid) if after == "forked" else bench.trials()):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "continue with: make bench RUN=it" in errors
    assert not list(Path(bench.results / "it").glob("blocks/*/requests-*.csv"))

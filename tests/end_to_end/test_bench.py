"""`make bench` end to end: a whole run with real servers, stopped runs, servers that die.

Each fault gets one clear line, exit status 2, and leaves no process, port or folder behind.
"""

import os
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
import pytest

from harness.host import kernel
from tests.support import verbs
from tests.support.bench import CALL, GUNICORN, UVICORN, WAIT, Bench, plan, tidy
from tests.support.patience import PATIENCE_S

SOMAXCONN = kernel.sysctl_path("net.core.somaxconn")


@dataclass(frozen=True)
class Whole:
    """A run that went to its end, and what it printed."""

    bench: Bench
    text: str
    status: int
    output: str
    errors: str


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """Carry out a plan of two real servers, with a real upstream."""
    text = plan("\n[upstream]\n", GUNICORN, UVICORN, WAIT, CALL, head="rounds = 1\n")
    with tidy(tmp_path_factory.mktemp("whole")) as bench:
        yield Whole(bench, text, *bench.run(text))


def test_a_whole_run_ends_with_the_verdict_and_the_reports_path(whole: Whole) -> None:
    """Every trial measured, the report drawn."""
    results = whole.bench.results
    assert (whole.status, whole.errors) == (0, "")
    assert f"report: {results / 'it' / 'report.html'}" in whole.output
    trials = whole.bench.trials()
    assert len(trials) == 2 * 2 * 2
    assert {trial["errors"] for trial in trials} == {"0"}
    for name in ("run.json", "summary.json", "report.md", "report.html", "charts"):
        assert (results / "it" / name).exists()
    blocks = results / "it" / "blocks"
    assert len(list(blocks.glob("*/requests.parquet"))) == 4
    assert len(list(blocks.glob("*/usage.csv"))) == 4
    assert whole.bench.history() == ["it"]


def test_without_a_terminal_a_run_prints_plain_lines(whole: Whole) -> None:
    """One for each session, as many columns as it needs, and no control characters."""
    sessions = [line for line in whole.output.splitlines() if re.match(r"\d+/\d+ ", line)]
    assert len(sessions) == 4
    assert all("2 trials, " in line for line in sessions)
    assert "\x1b" not in whole.output and "\r" not in whole.output


def test_what_is_measured_keeps_the_bounds(whole: Whole) -> None:
    """Four users on a wait of 50 ms: at most 80 a second, at least 50 ms, all four accounted."""
    waits = [trial for trial in whole.bench.trials() if trial["scenario"] == "wait"]
    assert len(waits) == 2 * 2
    for trial in waits:
        assert float(trial["latency_p50_ms"]) >= 50
        assert float(trial["throughput_rps"]) <= (int(trial["users"]) + 1) / 0.050
        assert abs(float(trial["little_residual"])) < 0.05
        assert int(trial["server_connections"]) == int(trial["users"])
        assert 0 <= float(trial["queue_p50_ms"]) < 50


def test_a_finished_run_is_not_overwritten(whole: Whole) -> None:
    """The second start says how to draw it anew and touches nothing."""
    bench = whole.bench
    before = bench.trials()
    status, _, errors = bench.call(whole.text)
    assert status == 2
    assert errors.strip() == "error: run it is finished; `make report RUN=it` redraws it"
    assert bench.trials() == before
    assert bench.history() == ["it"]


@pytest.mark.long
def test_a_stopped_run_keeps_its_trials_and_goes_on(bench: Bench) -> None:
    """Ctrl-C and then SIGTERM, each after one more trial; the same command does the rest."""
    text = plan(GUNICORN, UVICORN, WAIT)
    kept: list[dict[str, str]] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        with bench.start(text) as process:
            while len(bench.trials()) == len(kept):
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(number)
            _, errors = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 2
        assert bench.trials()[: len(kept)] == kept
        assert len(kept) < len(bench.trials()) < 4
        kept = bench.trials()
        saved = "1 finished trial is" if len(kept) == 1 else f"{len(kept)} finished trials are"
        assert errors.strip().endswith(f"; {saved} saved, continue with: make bench RUN=it")
        assert bench.history() == []
    status, _, errors = bench.run(text)
    assert (status, errors) == (0, "")
    assert bench.trials()[: len(kept)] == kept
    assert len(bench.trials()) == 4
    assert bench.history() == ["it"]


def test_a_stopped_run_does_not_go_on_with_another_plan(whole: Whole, bench: Bench) -> None:
    """Its trials would not be comparable."""
    bench.copy(whole.bench)
    path = bench.results / "it" / "trials.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    status, _, errors = bench.call(plan(UVICORN, WAIT))
    assert status == 2
    assert "run it has another plan than" in errors and "name a new run" in errors


@pytest.mark.long
def test_a_server_killed_under_load_is_a_hole_and_the_run_goes_on(bench: Bench) -> None:
    """The report shows it; the other is measured; the status tells; the history leaves it out."""
    with bench.start(plan(GUNICORN, UVICORN, WAIT)) as process:
        while not (seen := servers_under_load(bench, "uvicorn")):
            assert process.poll() is None
            time.sleep(0.05)
        for pid in seen:
            os.kill(pid, signal.SIGKILL)
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "missing result:" in errors
    assert bench.history() == []
    trials = {(t["deployment"], t["users"]): t for t in bench.trials()}
    assert len(trials) == 4
    failed = [t for t in trials.values() if t["requests"] == ""]
    assert failed and {t["deployment"] for t in failed} == {"uvicorn"}
    assert failed[-1]["doubts"] == "failed: uvicorn was killed by SIGKILL under load"
    assert "killed by SIGKILL" in (bench.results / "it" / "report.md").read_text()


def servers_under_load(bench: Bench, name: str) -> list[int]:
    """Find a deployment's server once Locust has opened its files."""
    if not list(bench.results.glob(f"it/blocks/{name}.*/requests.csv")):
        return []
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if f"-m {name}" in " ".join(process.info["cmdline"] or ())
        and "setpriv" not in process.info["cmdline"]
    ]


@pytest.mark.long
def test_an_upstream_that_goes_away_fails_its_block_with_its_name(bench: Bench) -> None:
    """Not the application's 502s but their cause."""
    with bench.start(plan("\n[upstream]\n", UVICORN, CALL)) as process:
        while not list(bench.results.glob("it/blocks/*/requests.csv")):
            assert process.poll() is None
            time.sleep(0.05)
        for child in psutil.Process(process.pid).children():
            if any("upstream.py" in word for word in child.cmdline()):
                child.kill()
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert bench.trials()[-1]["doubts"] == "failed: the upstream was killed by SIGKILL under load"


@pytest.mark.skipif(
    not kernel.may_write(SOMAXCONN), reason="somaxconn may be set by root only, on Linux"
)
@pytest.mark.long
def test_what_a_plan_needs_is_raised_while_it_runs_and_put_back(bench: Bench) -> None:
    """A listen queue longer than somaxconn, and asked for; the run is stopped halfway."""
    before = int(SOMAXCONN.read_text())
    asking = UVICORN.replace('"--loop=uvloop"', f'"--loop=uvloop", "--backlog={before + 1}"')
    closing = asking + "keep_alive = false\n"
    more = f"\nload = {{ users = [4, {before + 1}], settle_s = 0, measure_s = 1 }}\n"
    with bench.start(plan(closing, WAIT + more)) as process:
        while not bench.trials():
            assert process.poll() is None
            time.sleep(0.05)
        assert int(SOMAXCONN.read_text()) == before + 1
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert bench.trials()[0]["listen_backlog"] == str(before + 1)
    assert int(SOMAXCONN.read_text()) == before


def test_a_run_cut_short_is_reported_by_file_and_line(whole: Whole, bench: Bench) -> None:
    """`make report` says which file, and how to go on."""
    bench.copy(whole.bench)
    path = bench.results / "it" / "trials.csv"
    lines = path.read_text().count("\n")
    path.write_text(path.read_text()[:-40])
    status, _, errors = verbs.call("report", "it", f"--results={bench.results}")
    assert status == 2
    assert errors.startswith(f"error: {path}, line {lines}: cut short or spoilt")

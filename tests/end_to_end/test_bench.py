"""`make bench` end to end: a whole run with real servers, and every fault a user may meet.

Each fault gets one clear line, exit status 2, and leaves no process, port or folder behind.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from harness.host import kernel
from tests.support.bench import CALL, GUNICORN, UVICORN, WAIT, Bench, plan

SOMAXCONN = kernel.sysctl_path("net.core.somaxconn")


def test_a_whole_run_ends_with_the_verdict_and_the_reports_path(bench: Bench) -> None:
    """Two real servers, one real upstream: every trial measured, the report drawn."""
    text = plan("\n[upstream]\n", GUNICORN, UVICORN, WAIT, CALL, head="rounds = 2\n")
    status, output, errors = bench.run(text)
    assert (status, errors) == (0, "")
    assert f"report: {bench.results / 'it' / 'report.html'}" in output
    trials = bench.trials()
    assert len(trials) == 2 * 2 * 2 * 2
    assert {trial["errors"] for trial in trials} == {"0"}
    for name in ("run.json", "summary.json", "report.md", "report.html", "charts"):
        assert (bench.results / "it" / name).exists()
    blocks = bench.results / "it" / "blocks"
    assert len(list(blocks.glob("*/requests.parquet"))) == 8
    assert len(list(blocks.glob("*/usage.csv"))) == 8
    assert bench.history() == ["it"]


def test_what_is_measured_keeps_the_bounds(bench: Bench) -> None:
    """Four users on a wait of 50 ms: at most 80 a second, at least 50 ms, all four accounted."""
    bench.run(plan(GUNICORN, UVICORN, WAIT))
    for trial in bench.trials():
        assert float(trial["latency_p50_ms"]) >= 50
        assert float(trial["throughput_rps"]) <= (int(trial["users"]) + 1) / 0.050
        assert abs(float(trial["little_residual"])) < 0.05
        assert int(trial["server_connections"]) == int(trial["users"])
        assert 0 <= float(trial["queue_p50_ms"]) < 50


def test_a_finished_run_is_not_overwritten(bench: Bench) -> None:
    """The second start says how to draw it anew and touches nothing."""
    text = plan(UVICORN, WAIT)
    assert bench.run(text)[0] == 0
    before = bench.trials()
    status, _, errors = bench.run(text)
    assert status == 2
    assert errors.strip() == "error: run it is finished; `make report RUN=it` redraws it"
    assert bench.trials() == before
    assert bench.history() == ["it"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_keeps_its_trials_and_goes_on(bench: Bench, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM in the middle; the same command does the rest."""
    text = plan(GUNICORN, UVICORN, WAIT)
    with bench.start(text) as process:
        while len(bench.trials()) < 1:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert errors.strip().endswith("finished trials are kept, go on with: make bench RUN=it")
    kept = bench.trials()
    assert 1 <= len(kept) < 4
    assert bench.history() == []
    status, _, errors = bench.run(text)
    assert (status, errors) == (0, "")
    assert bench.trials()[: len(kept)] == kept
    assert len(bench.trials()) == 4
    assert bench.history() == ["it"]


def test_a_stopped_run_does_not_go_on_with_another_plan(bench: Bench) -> None:
    """Its trials would not be comparable."""
    with bench.start(plan(GUNICORN, UVICORN, WAIT)) as process:
        while len(bench.trials()) < 1:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    status, _, errors = bench.run(plan(UVICORN, WAIT))
    assert status == 2
    assert "run it has another plan than" in errors and "name a new run" in errors


def test_a_server_killed_under_load_is_a_hole_and_the_run_goes_on(bench: Bench) -> None:
    """The report shows it; the other deployment is measured; the status tells."""
    with bench.start(plan(GUNICORN, UVICORN, WAIT)) as process:
        while not (seen := servers_under_load(bench, "uvicorn")):
            assert process.poll() is None
            time.sleep(0.05)
        for pid in seen:
            os.kill(pid, signal.SIGKILL)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "hole:" in errors
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


def test_an_upstream_that_goes_away_fails_its_block_with_its_name(bench: Bench) -> None:
    """Not the application's 502s but their cause."""
    with bench.start(plan("\n[upstream]\n", UVICORN, CALL)) as process:
        while not list(bench.results.glob("it/blocks/*/requests.csv")):
            assert process.poll() is None
            time.sleep(0.05)
        for child in psutil.Process(process.pid).children():
            if any("upstream.py" in word for word in child.cmdline()):
                child.kill()
        process.communicate(timeout=60)
    assert process.returncode == 2
    assert bench.trials()[-1]["doubts"] == "failed: the upstream was killed by SIGKILL under load"


def fails(bench: Bench, text: str, *flags: str) -> str:
    """Run a plan that cannot be carried out; give its one error, without the log's tail."""
    status, _, errors = bench.run(text, *flags)
    assert status == 2
    assert "Traceback" not in errors.splitlines()[0]
    assert errors.startswith("error: ")
    return errors.removeprefix("error: ").strip()


def test_an_unknown_key_is_named_with_file_and_nearest(bench: Bench) -> None:
    """Before anything starts."""
    message = fails(bench, plan(UVICORN, WAIT, head="round = 3\n"))
    assert message == f"{bench.plan}: unknown key round; did you mean rounds?"
    assert not bench.results.exists()


def test_a_command_that_does_not_exist_is_named(bench: Bench) -> None:
    """Before anything starts."""
    text = plan(UVICORN.replace('"{python}", "-m", "uvicorn"', '"no-such-server"'), WAIT)
    message = fails(bench, text)
    assert message.endswith(
        "deployment uvicorn: no program no-such-server; install it or mend the command's first word"
    )


def test_a_server_that_exits_at_start_shows_the_tail_of_its_log(bench: Bench) -> None:
    """With the status it ended with."""
    message = fails(bench, plan(UVICORN.replace("--lifespan=off", "--lifespan=of"), WAIT))
    first, *tail = message.splitlines()
    assert first.startswith("uvicorn ended with status 2 before it was ready; mend what its log")
    assert "'of' is not one of" in "\n".join(tail)


def test_a_server_that_never_becomes_ready_is_given_up(bench: Bench) -> None:
    """After the application's time-out, saying what came instead."""
    message = fails(bench, plan(UVICORN, WAIT, ready="/nothing/"))
    assert message.startswith(
        "uvicorn was not ready after 5 s: /nothing/ gave status 404; set application.ready"
    )


def test_a_plan_too_large_for_the_machine_is_refused_before_anything_starts(bench: Bench) -> None:
    """With each limit, what raises it and the largest plan that fits."""
    text = plan(UVICORN, WAIT).replace("[1, 4]", "[1, 400000]")
    message = fails(bench, text)
    assert message.startswith("400,000 users need ")
    assert re.search(
        r" need 400,256 descriptors per process, the limit is [\d,]+ \(ulimit", message
    )
    assert re.search(r"; raise what is short or plan at most [\d,]+ users$", message)
    assert not bench.results.exists()


@pytest.mark.skipif(
    not kernel.may_write(SOMAXCONN), reason="somaxconn may be set by root only, on Linux"
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_a_plan_needs_is_raised_while_it_runs_and_put_back(
    bench: Bench, number: signal.Signals
) -> None:
    """A listen queue longer than somaxconn; the run is stopped halfway."""
    before = int(SOMAXCONN.read_text())
    closing = UVICORN + "keep_alive = false\n"
    more = f"\nload = {{ users = [4, {before + 1}], settle_s = 0, measure_s = 1 }}\n"
    with bench.start(plan(closing, WAIT + more)) as process:
        while not bench.trials():
            assert process.poll() is None
            time.sleep(0.05)
        assert int(SOMAXCONN.read_text()) == before + 1
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode == 2
    assert bench.trials()[0]["listen_backlog"] == "2048"
    assert int(SOMAXCONN.read_text()) == before


def test_a_results_folder_that_cannot_be_written_is_named(bench: Bench) -> None:
    """A file stands in its place."""
    bench.results.write_text("in the way")
    message = fails(bench, plan(UVICORN, WAIT))
    assert "cannot be written (Not a directory); make it writable or name another" in message


def test_a_run_cut_short_is_reported_by_file_and_line(bench: Bench) -> None:
    """`make report` says which file, and how to go on."""
    assert bench.run(plan(UVICORN, WAIT))[0] == 0
    path = bench.results / "it" / "trials.csv"
    path.write_text(path.read_text()[:-40])
    done = subprocess.run(
        [sys.executable, "scripts/report.py", "it", f"--results={bench.results}"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {path}, line 3: cut short or spoilt")


def test_serving_by_hand_answers_until_it_is_stopped(bench: Bench) -> None:
    """`make serve DEPLOYMENT=uvicorn`, with the plan's upstream."""
    bench.plan.write_text(plan("\n[upstream]\n", UVICORN, CALL))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "scripts/serve.py", "uvicorn", f"--plan={bench.plan}"]
    with subprocess.Popen(
        [*command, f"--port={port}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == f"uvicorn serves at http://127.0.0.1:{port} until Ctrl-C\n"
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/async/call/?ms=10")
        answer = json.loads(connection.getresponse().read())
        connection.close()
        assert answer == {"workload": "call", "ms": 10}
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


def test_serving_on_a_port_that_is_taken_is_refused(bench: Bench) -> None:
    """One line, and nothing is started."""
    bench.plan.write_text(plan(UVICORN, WAIT))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [
                *(sys.executable, "scripts/serve.py", "uvicorn"),
                *(f"--plan={bench.plan}", f"--port={port}"),
            ],
            capture_output=True,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr == (
        f"error: port {port} on 127.0.0.1 cannot be had (Address already in use); "
        "name another or none\n"
    )


def test_serving_a_deployment_that_is_not_in_the_plan_names_those_that_are(bench: Bench) -> None:
    """One line."""
    bench.plan.write_text(plan(UVICORN, GUNICORN, WAIT))
    done = subprocess.run(
        [sys.executable, "scripts/serve.py", "unicorn", f"--plan={bench.plan}"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.endswith(
        "no deployment unicorn; set DEPLOYMENT to one of uvicorn, gunicorn\n"
    )


@pytest.mark.parametrize(
    "script",
    ["bench", "report", "serve", "calibrate", "check", "baseline", "compare", "trend"],
)
def test_an_unknown_argument_gets_one_line(script: str) -> None:
    """Not the whole usage, and no traceback."""
    done = subprocess.run(
        [sys.executable, f"scripts/{script}.py", "--nonsense"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr == "error: unrecognized arguments: --nonsense; --help lists the options\n"

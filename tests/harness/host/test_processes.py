"""No child outlives its purpose."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from harness.host.processes import Child, environment, runs
from tests.support.patience import PATIENCE_S

CORES = sorted(os.sched_getaffinity(0))
SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True)\n"
    "time.sleep(60)",
)
AWAKE = (sys.executable, "-c", "import time; print('on', flush=True); time.sleep(60)")
FORKING = (
    sys.executable,
    "-c",
    "import os, time; os.fork() and print('on', flush=True); time.sleep(60)",
)

MASTER = (
    sys.executable,
    "-c",
    """
import os, signal, time
if worker := os.fork():
    signal.signal(signal.SIGTERM, lambda *_: os.kill(worker, signal.SIGTERM))
    os.waitpid(worker, 0)
else:
    signal.signal(signal.SIGTERM, lambda *_: print("asked", flush=True))
    print("on", flush=True)
    signal.pause()
    time.sleep(0.2)  # asked again, it would say so
""",
)


def wait_for(log: Path, text: str) -> None:
    """Wait until a child has printed something."""
    deadline = time.monotonic() + PATIENCE_S
    while text not in log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_child_is_gone_when_its_context_ends(tmp_path: Path) -> None:
    """Even when the context ends by an error."""
    with pytest.raises(RuntimeError), Child(SLEEP, tmp_path / "log", CORES) as child:
        assert child.exit_reason is None
        raise RuntimeError
    assert not psutil.pid_exists(child.pid)


def test_a_child_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    """After its grace."""
    with Child(STUBBORN, tmp_path / "log", CORES, grace_s=0.3) as child:
        wait_for(tmp_path / "log", "on")
    assert child.exit_reason == "was killed by SIGKILL"


def test_what_a_child_started_is_stopped_with_it(tmp_path: Path) -> None:
    """The whole process group."""
    with Child(FORKING, tmp_path / "log", CORES) as child:
        wait_for(tmp_path / "log", "on")
        family = psutil.Process(child.pid).children(recursive=True)
        assert len(family) == 1
    assert not family[0].is_running() or family[0].status() == psutil.STATUS_ZOMBIE


LEAVING = (
    sys.executable,
    "-c",
    f"""
import subprocess, time
subprocess.Popen({SLEEP!r}, start_new_session=True)
print("on", flush=True)
time.sleep(60)
""",
)


def test_what_leaves_the_group_ends_with_the_child(tmp_path: Path) -> None:
    """A helper in a session of its own, as job queues and watchers start them."""
    with Child(LEAVING, tmp_path / "log", CORES) as child:
        wait_for(child.log, "on")
        (stray,) = child.strays()
        assert os.getpgid(stray.pid) != child.pid
    assert not psutil.pid_exists(stray.pid)


def test_what_is_left_of_a_child_that_was_killed_is_ended_and_reaped(tmp_path: Path) -> None:
    """Orphans, within the group and outside of it, fall to this process."""
    with (
        Child(LEAVING, tmp_path / "outside", CORES) as one,
        Child(FORKING, tmp_path / "within", CORES) as other,
    ):
        wait_for(one.log, "on")
        wait_for(other.log, "on")
        orphans = [*one.strays(), *psutil.Process(other.pid).children()]
        for child in (one, other):
            os.kill(child.pid, signal.SIGKILL)
    assert len(orphans) == 2
    assert not any(psutil.pid_exists(orphan.pid) for orphan in orphans)


def test_a_zombie_does_not_run() -> None:
    """It still has a number, and nothing else."""
    with subprocess.Popen((sys.executable, "-c", "")) as process:
        zombie = psutil.Process(process.pid)
        deadline = time.monotonic() + PATIENCE_S
        while zombie.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.01)
        assert psutil.pid_exists(process.pid)
        assert not runs(zombie)


def test_finishing_asks_once(tmp_path: Path) -> None:
    """Only the leader is asked, and asks its own children; stopping asks the whole group."""
    with Child(MASTER, tmp_path / "log", CORES) as child:
        wait_for(child.log, "on")
        child.finish()
        assert child.exit_reason == "ended with status 0"
    assert child.log.read_text().count("asked") == 1


def test_what_a_killed_child_started_is_stopped_too(tmp_path: Path) -> None:
    """Its group outlives the leader, and is stopped all the same."""
    with Child(FORKING, tmp_path / "log", CORES) as child:
        wait_for(tmp_path / "log", "on")
        (orphan,) = psutil.Process(child.pid).children()
        os.kill(child.pid, signal.SIGKILL)
        while child.exit_reason is None:
            time.sleep(0.01)
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE


def test_children_end_when_the_harness_is_killed_outright(tmp_path: Path) -> None:
    """Nobody is left to stop them: the kernel does."""
    script = (
        "import time; from pathlib import Path; from harness.host.processes import Child\n"
        f"with Child({AWAKE!r}, Path({str(tmp_path / 'log')!r}), {CORES!r}) as child:\n"
        "    print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": "scripts"},
    )
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
    wait_for(tmp_path / "log", "on")
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + PATIENCE_S
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_child_reports_how_it_ended_and_its_last_lines(tmp_path: Path) -> None:
    """Only of its own output, not of what the log held before."""
    log = tmp_path / "log"
    log.write_text("from an earlier start\n")
    with Child((sys.executable, "-c", "print('bye'); raise SystemExit(3)"), log, CORES) as child:
        while child.exit_reason is None:
            time.sleep(0.01)
        assert child.exit_reason == "ended with status 3"
        assert child.tail() == "    bye"
        held = len("from an earlier start\n")
        assert [child.printed(held + n) for n in (2, 4, 4)] == ["by", "e\n", ""]


def test_a_child_runs_on_its_cores(tmp_path: Path) -> None:
    """And so will whatever it starts."""
    with Child(SLEEP, tmp_path / "log", CORES[:1]) as child:
        assert psutil.Process(child.pid).cpu_affinity() == CORES[:1]


def test_variables_that_would_meddle_with_a_run_are_not_passed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Locust and the servers read these silently."""
    meddlers = (
        "LOCUST_SKIP_MONKEY_PATCH",
        "UVICORN_WORKERS",
        "WEB_CONCURRENCY",
        "GUNICORN_CMD_ARGS",
        "GRANIAN_WORKERS",
        "UWSGI_PROCESSES",
        "ASGI_THREADS",
        "FORWARDED_ALLOW_IPS",
        "SENDFILE",
    )
    for name in meddlers:
        monkeypatch.setenv(name, "7")
    monkeypatch.setenv("MINE", "kept")
    monkeypatch.setenv("SENDFILE_FOLDER", "kept")
    monkeypatch.setenv("LOCUST_PASSWORD", "kept")
    variables = environment({"EXTRA": "added", "UWSGI_THREADS": "2"})
    assert not set(meddlers) & set(variables)
    assert (variables["MINE"], variables["EXTRA"]) == ("kept", "added")
    assert variables["LOCUST_PASSWORD"] == "kept"  # a locustfile's own
    assert variables["SENDFILE_FOLDER"] == "kept"  # only a name that ends with _ is a prefix
    assert variables["UWSGI_THREADS"] == "2"  # what the plan says is meant

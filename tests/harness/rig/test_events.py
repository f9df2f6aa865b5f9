"""The course of an event: when the signal is sent, to whom, and what starts again."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.core.deploys import Happening
from harness.core.plan import Event
from harness.host.processes import Child, runs
from harness.rig.events import Course
from harness.rig.servers import Server

# A master with one worker, which notes that it has begun request 1; both wait for signals.
MASTER = """
import os, signal, sys
if os.fork() == 0:
    with open(sys.argv[1], "a") as notes:
        notes.write(f"began 1 {os.getpid()}\\n")
signal.pause()
"""

SOON_S = 5


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Return the file that the worker notes its request in."""
    return tmp_path / "numbers.txt"


@pytest.fixture
def server(tmp_path: Path, notes: Path) -> Iterator[Server]:
    """Start a master and its worker."""
    argv = [sys.executable, "-c", MASTER, str(notes)]
    with Child(argv, tmp_path / "log", sorted(os.sched_getaffinity(0))) as child:
        yield Server("fake", child, "127.0.0.1", 1)


def go_on(course: Course, until: str) -> Happening:
    """Let an event go on until a field of it has a value."""
    deadline = time.monotonic() + SOON_S
    while time.monotonic() < deadline:
        course.go_on()
        happening = course.happening
        if happening is not None and getattr(happening, until) is not None:
            return happening
        time.sleep(0.01)
    raise AssertionError(f"no {until} within {SOON_S} s")


def test_a_worker_is_killed_and_the_master_goes_on(server: Server, notes: Path) -> None:
    """It is the one that noted something last; both were there before."""
    event = Event(name="kill", signal="SIGKILL", to="worker", after_s=0.1)
    happening = go_on(Course(event, server, notes, 0, lambda: server), "at_s")
    worker = int(notes.read_text().split()[2])
    assert happening.workers == {server.child.pid, worker}
    assert happening.stopped_s is None
    assert server.child.exit_reason is None
    deadline = time.monotonic() + SOON_S
    while runs(psutil.Process(worker)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert psutil.Process(worker).status() == psutil.STATUS_ZOMBIE  # nobody waits for it


def test_a_server_that_ends_is_started_again_once(server: Server, notes: Path) -> None:
    """After its worker, which holds the port, is gone too."""
    starts: list[str] = []

    def start_again() -> Server:
        starts.append(server.child.exit_reason or "")
        return server

    event = Event(name="restart", signal="SIGTERM", after_s=0.1)
    course = Course(event, server, notes, 0, start_again)
    happening = go_on(course, "stopped_s")
    assert (happening.stopped_s or 0) >= (happening.at_s or 0) > 0
    assert starts == [f"was killed by {signal.SIGTERM.name}"]
    with pytest.raises(ProcessLookupError):
        os.killpg(server.child.pid, 0)
    assert int(notes.read_text().split()[2]) in happening.workers
    course.go_on()
    assert len(starts) == 1


def test_nothing_is_sent_where_workers_end_by_themselves(server: Server, notes: Path) -> None:
    """What serves is noted with the first request."""
    happening = go_on(
        Course(Event(name="wear", requests=240), server, notes, 60, lambda: server), "workers"
    )
    assert happening.at_s is None
    assert len(happening.workers) == 2
    assert server.child.exit_reason is None


def test_an_event_waits_for_the_load(server: Server, tmp_path: Path) -> None:
    """Without a note nobody has asked yet."""
    event = Event(name="reload", signal="SIGHUP", after_s=0.01)
    course = Course(event, server, tmp_path / "none.txt", 0, lambda: server)
    course.go_on()
    time.sleep(0.05)
    course.go_on()
    assert course.happening is None

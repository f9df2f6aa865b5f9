"""Child processes that never outlive their purpose.

Each child leads a process group of its own, so that all it starts can be stopped with it. What
leaves the group, such as a daemon or a helper in a session of its own, is known by a mark in its
environment, and falls to this process, which adopts orphans (PR_SET_CHILD_SUBREAPER, prctl(2)).
With setpriv (util-linux) the kernel ends a child too where this process is killed outright.
"""

import ctypes
import functools
import itertools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO

import psutil

from harness.core import server_profiles
from harness.host import clock

TAIL_LINES = 8

# Of a log that grows faster only the end is read: a load step waits for it.
MOST_PRINTED = 2**22

# How long the kernel may take to close the ten thousand sockets of a process after SIGKILL.
KILL_S = 5

# What left the group may tidy up for so long.
STRAY_S = 1

MARK = "BENCH_CHILD"
"""The variable by which what a child started is known, wherever it went."""

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h

_numbers = itertools.count(1)

_leaders: set[int] = set()
"""The groups of the children that have not been stopped."""

# Variables that silently change how a server or a generator runs; one that ends with _ stands
# for all that begin like it. These of Locust are read before any plug-in; the plug-in of
# loadtests/_surroundings.py leaves out the others that are Locust's, not those of a locustfile.
MEDDLERS = (
    *("LOCUST_SKIP_MONKEY_PATCH", "LOCUST_SKIP_URLLIB3_PATCH", "LOCUST_PLAYWRIGHT"),
    *server_profiles.VARIABLES,
)


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment without what would meddle with a run, plus `extra`.

    It says what time it is, too: harness.host.clock.
    """
    own = {name: value for name, value in os.environ.items() if not _meddles(name)}
    ours = {"PYTHONUNBUFFERED": "1", clock.VARIABLE: repr(clock.AHEAD_S)}
    return own | ours | dict(extra)


def _meddles(name: str) -> bool:
    prefixes = tuple(each for each in MEDDLERS if each.endswith("_"))
    return name in MEDDLERS or name.startswith(prefixes)


class Log:
    """What is appended to a file from now on: its end, and the rest piece by piece."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._begin = self._read = path.stat().st_size if path.exists() else 0

    def tail(self) -> str:
        """Return the last lines."""
        with self.path.open("rb") as output:
            output.seek(self._begin)
            lines = output.read().decode(errors="replace").rstrip().splitlines()
        return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:])

    def printed(self, until: int) -> str:
        """Return what came since the last call, up to so many bytes of the file.

        Of more than MOST_PRINTED bytes it is the end.
        """
        begin, self._read = max(self._read, until - MOST_PRINTED), until
        with self.path.open("rb") as output:
            output.seek(begin)
            return output.read(max(0, until - begin)).decode(errors="replace")


class Child:
    """A process group that starts with the object and ends with its context.

    It runs on `cores`, in `directory`, with `extra` variables; its output is appended to `log`.
    It is killed where it does not end within `grace_s` of being asked to.
    """

    def __init__(
        self,
        argv: Sequence[str],
        log: Path,
        cores: Sequence[int],
        directory: Path | None = None,
        extra: Mapping[str, str] | None = None,
        grace_s: float = 5,
    ) -> None:
        self.log = log
        self.grace_s = grace_s
        self._mark = _new_mark()
        adopt_orphans()
        self._output = Log(log)
        with log.open("ab") as output:
            variables = environment(extra or {}) | {MARK: self._mark}
            self._process = self._start(argv, output, directory, variables)
        _leaders.add(self.pid)
        pin(self.pid, cores)

    @staticmethod
    def _start(
        argv: Sequence[str], output: IO[bytes], directory: Path | None, variables: dict[str, str]
    ) -> "subprocess.Popen[bytes]":
        setpriv = shutil.which("setpriv")
        leash = (setpriv, "--pdeathsig", "TERM", "--") if setpriv else ()
        return subprocess.Popen(
            (*leash, *argv),
            cwd=directory,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The leader's process number, which is the group's too."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Return the leader's exit status, -N where signal N killed it; None while it runs."""
        return self._process.poll()

    @property
    def exit_reason(self) -> str | None:
        """Return how the leader ended; None while it runs."""
        status = self.status
        if status is None:
            return None
        if status < 0:
            return f"was killed by {signal.Signals(-status).name}"
        return f"ended with status {status}"

    def tail(self) -> str:
        """Return the last lines that this child has printed."""
        return self._output.tail()

    def printed(self, until: int) -> str:
        """Return what it has printed since the last call, up to so many bytes of its log."""
        return self._output.printed(until)

    def finish(self) -> None:
        """Ask the leader alone to end, and wait up to `grace_s` while it ends its own children."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(self.grace_s)

    def strays(self) -> list[psutil.Process]:
        """Return what the child has started outside its process group, and still runs."""
        return [each for each in _bearers(self._mark) if _group(each.pid) != self.pid]

    def helpers(self) -> list[str]:
        """Return the commands of what it has started outside its process group, each once."""
        return sorted({" ".join(command(stray)) for stray in self.strays()})

    def stop(self) -> None:
        """End the whole group: ask, wait up to `grace_s`, then kill; return once it is gone.

        What the child has started outside the group ends after it.
        """
        if self._signal(signal.SIGTERM):
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(self.grace_s)
        deadline = time.monotonic() + KILL_S
        while self._signal(signal.SIGKILL) and self._runs() and time.monotonic() < deadline:
            time.sleep(0.01)
        self._process.wait()
        _end(self.strays())
        _leaders.discard(self.pid)
        _reap_orphans()

    def _runs(self) -> bool:
        """Return whether any process of the group still runs."""
        return any(_group(each.pid) == self.pid and runs(each) for each in psutil.process_iter())

    def _signal(self, number: signal.Signals) -> bool:
        """Signal the group; return False where no process is left in it."""
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True


@functools.cache
def adopt_orphans() -> None:
    """Let what a child leaves behind become this process's own; do nothing where none can."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@contextmanager
def tidying() -> Iterator[Mapping[str, str]]:
    """Yield variables for a process: what it leaves behind is ended with the context."""
    adopt_orphans()
    mark = _new_mark()
    try:
        yield {MARK: mark}
    finally:
        _end(_bearers(mark))
        _reap_orphans()


def _new_mark() -> str:
    return f"{os.getpid()}-{next(_numbers)}"


def _bearers(mark: str) -> list[psutil.Process]:
    """Return the processes with a mark that run."""
    return [each for each in psutil.process_iter() if _mark(each) == mark and runs(each)]


def _reap_orphans() -> None:
    """Reap what fell to this process and has ended: it is in no group of ours or of a child."""
    groups = {os.getpgrp(), *_leaders}
    for orphan in psutil.Process().children():
        if _group(orphan.pid) not in groups and not runs(orphan):
            with suppress(ChildProcessError):
                os.waitpid(orphan.pid, os.WNOHANG)


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except psutil.Error:
        return None


def _end(strays: Sequence[psutil.Process]) -> None:
    """Ask processes to end, kill those that do not, and reap those that are this one's."""
    for stray in strays:
        with suppress(psutil.NoSuchProcess):
            stray.terminate()
    _, alive = psutil.wait_procs(strays, STRAY_S)
    for stray in alive:
        with suppress(psutil.NoSuchProcess):
            stray.kill()
    psutil.wait_procs(alive, KILL_S)


def runs(process: psutil.Process) -> bool:
    """Return whether a process runs: a zombie does not.

    An orphan may stay one for seconds, with nothing left but its number.
    """
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def command(process: psutil.Process) -> list[str]:
    """Return the command of a process; nothing once it has ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def pin(pid: int, cores: Sequence[int]) -> None:
    """Bind a process, and what it will start, to cores; do nothing where the system cannot."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, cores)


def move(pid: int, cores: Sequence[int]) -> None:
    """Bind a running process, all it has started and every thread of them to cores."""
    with suppress(psutil.NoSuchProcess):
        leader = psutil.Process(pid)
        for process in (leader, *leader.children(recursive=True)):
            _move(process, cores)


def _move(process: psutil.Process, cores: Sequence[int]) -> None:
    """Bind every thread of a process, unless it has ended."""
    with suppress(psutil.NoSuchProcess):
        for thread in process.threads():
            with suppress(ProcessLookupError):
                pin(thread.id, cores)

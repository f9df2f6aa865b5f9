"""Processes that serve together: whoever ends first, or a SIGTERM, ends them all."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from subprocess import Popen, TimeoutExpired

POLL_S = 0.1
GRACE_S = 0.4
"""How long a process may take to end: the harness kills the whole group after a second."""

Process = Popen[bytes]


def end_by_sigterm() -> None:
    """Let SIGTERM end this process with status 0, through what it has to tidy up."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def program(name: str) -> str | None:
    """Return the path of a program, where Debian has those of a server too; None without one."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


def missing(name: str) -> int:
    """Say that a program is not here, and how to get it; return the exit status."""
    print(f"no program {name} here: install it (Debian's package {name})", file=sys.stderr)
    return 2


@contextmanager
def running(command: Sequence[str], descriptors: Sequence[int] = ()) -> Iterator[Process]:
    """Run a command until the context ends; it inherits some descriptors."""
    process = Popen(command, pass_fds=descriptors)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(GRACE_S)
        except TimeoutExpired:
            process.kill()
            process.wait()


def status_of_first(processes: Sequence[Process]) -> int:
    """Wait until one of them has ended; return its status, 1 where that is 0."""
    while all(process.poll() is None for process in processes):
        time.sleep(POLL_S)
    return next(filter(None, (process.poll() for process in processes)), 1)

"""The scripts of servers/, run beside a program that is itself a script."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from harness.host.processes import runs
from tests.support.patience import PATIENCE_S

SERVERS = Path("servers").resolve()

Serving = subprocess.Popen[str]


@contextmanager
def behind(
    folder: Path,
    script: str,
    words: Sequence[str],
    program: str = "",
    variables: Mapping[str, str] | None = None,
) -> Iterator[Serving]:
    """Run a script of servers/ with TMPDIR and programs in a folder.

    `program` is the shell script that stands in for what the script puts in front.
    """
    if program:
        stand_in = folder / script.removeprefix("behind_").removesuffix(".py")
        stand_in.write_text(f"#!/bin/sh\n{program}\nexec sleep 60\n")
        stand_in.chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    with subprocess.Popen(
        [sys.executable, str(SERVERS / script), *words],
        env={"PATH": path, "TMPDIR": str(folder), **(variables or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def wait_for(path: Path) -> str:
    """Return the text of a file once it is there."""
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline, path
        time.sleep(0.01)
    return path.read_text()


def group_runs(group: int) -> bool:
    """Return whether a process of a group still runs a second after it was asked to end.

    One that is dead stays a zombie until init sees it, which may take minutes.
    """
    deadline = time.monotonic() + 1
    while left := any(_group(each) == group and runs(each) for each in psutil.process_iter()):
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return left


def _group(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None

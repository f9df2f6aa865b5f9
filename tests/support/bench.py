"""`make bench` for tests: tiny plans, its script as a process, and what that leaves behind."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support import verbs
from tests.support.plans import anywhere

GUNICORN = """
[[deployments]]
name = "gunicorn"
interface = "wsgi"
views = "sync"
slots = 8
command = [
    "{python}", "-m", "gunicorn", "{wsgi}", "--bind={host}:{port}", "--worker-class=gthread",
    "--threads=8", "--keep-alive=75", "--no-control-socket",
]
"""

UVICORN = """
[[deployments]]
name = "uvicorn"
interface = "asgi"
views = "async"
command = [
    "{python}", "-m", "uvicorn", "{asgi}", "--host={host}", "--port={port}", "--loop=uvloop",
    "--no-access-log", "--log-level=warning", "--lifespan=off", "--timeout-keep-alive=75",
]
"""

WAIT = """
[[scenarios]]
name = "wait"
locustfile = "loadtests/wait.py"
settings = { wait_ms = 50 }
"""

CALL = """
[[scenarios]]
name = "call"
locustfile = "loadtests/call.py"
settings = { wait_ms = 50 }
"""

LOAD = """
[load]
users = [1, 4]
settle_s = 0.2
measure_s = 1
"""


def plan(*parts: str, head: str = "", ready: str = "/ready/") -> str:
    """Return a plan made of these parts; `head` are further keys of its top level."""
    application = (
        f'\n[application]\ndirectory = "app"\nwsgi = "config.wsgi:application"\n'
        f'asgi = "config.asgi:application"\nready = "{ready}"\nready_timeout_s = 5\n'
    )
    return f'name = "tiny"\n{head}' + application + "".join(parts) + LOAD


class Bench:
    """Run scripts/bench.py as `make bench` does, with a results folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results"
        self.plan = folder / "plan.toml"

    def start(self, text: str, *flags: str) -> "subprocess.Popen[str]":
        """Start it in the background; return the process."""
        self.plan.write_text(anywhere(text))
        return subprocess.Popen(
            [sys.executable, "scripts/bench.py", *self._words, *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(self.folder)},
        )

    def run(self, text: str, *flags: str, timeout_s: float = 100) -> tuple[int, str, str]:
        """Run it to its end; return status, output and errors."""
        with self.start(text, *flags) as process:
            output, errors = process.communicate(timeout=timeout_s)
        return process.returncode, output, errors

    def call(self, text: str) -> tuple[int, str, str]:
        """Run it in this process, for plans that do not get as far as a server."""
        self.plan.write_text(anywhere(text))
        return verbs.call("bench", *self._words)

    def copy(self, other: "Bench") -> None:
        """Copy the results of another bench."""
        shutil.copytree(other.results, self.results)

    @property
    def _words(self) -> tuple[str, ...]:
        return str(self.plan), "--run=it", "--uncalibrated", f"--results={self.results}"

    def history(self) -> list[str]:
        """Return the names of the runs in the history."""
        path = self.results / "history.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line)["run"] for line in lines]

    def trials(self) -> list[dict[str, str]]:
        """Return the rows of the run's trials.csv."""
        path = self.results / "it" / "trials.csv"
        if not path.exists():
            return []
        with path.open() as file:
            return list(csv.DictReader(file))


def leftovers(folder: Path) -> list[str]:
    """Return the commands of processes that inherited this test's environment and still run."""
    commands = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR") == str(folder):
                commands.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return commands


@contextmanager
def tidy(folder: Path) -> Iterator[Bench]:
    """Yield a bench; assert that it leaves nothing behind but what Python keeps of a module."""
    yield Bench(folder)
    assert leftovers(folder) == []
    names = {path.name for path in folder.iterdir()}
    assert names <= {"results", "plan.toml", "scenario.py", "server.py", "__pycache__"}

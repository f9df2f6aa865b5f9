"""Run Locust as a user does, in a process of its own, and read what it leaves."""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.support.counting import Paths, counting
from tests.support.patience import PATIENCE_S

Key = TypeVar("Key")

LOADTESTS = Path(__file__).resolve().parents[2] / "loadtests"
FIRST = (LOADTESTS / "_surroundings.py", LOADTESTS / "_instrument.py")
ENOUGH = 8
"""Requests after which a bare Locust has shown what it does."""

PLUGINS = (
    LOADTESTS / "_admission.py",
    LOADTESTS / "_staircase.py",
    LOADTESTS / "_recorder.py",
    LOADTESTS / "_live.py",
)


def run(files: Sequence[Path], host: str, folder: Path, *flags: str) -> tuple[int, str]:
    """Run Locust headless over some files; return its exit status and its output."""
    with started(files, host, folder, *flags) as process:
        output, _ = process.communicate(timeout=PATIENCE_S)
    return process.returncode, output


@contextmanager
def started(
    files: Sequence[Path], host: str, folder: Path, *flags: str
) -> "Iterator[subprocess.Popen[str]]":
    """Start Locust headless over some files; kill what is left of it in the end."""
    command = [sys.executable, "-m", "locust", "-f", ",".join(map(str, files)), "--headless"]
    command += ["--only-summary", "--exit-code-on-error=0", f"--host={host}", *flags]
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(LOADTESTS), "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def locust(files: tuple[Path, ...], host: str, folder: Path, *flags: str) -> str:
    """Run Locust headless over some files; return its output."""
    status, output = run(files, host, folder, *flags)
    assert status == 0, output
    return output


@dataclass(frozen=True)
class Climb:
    """What a Locust with all plug-ins left: exit status, output, rows, plateaus, notes."""

    status: int
    output: str
    rows: list[dict[str, str]]
    plateaus: list[dict[str, Any]]
    notes: list[dict[str, str]]

    @property
    def plateau(self) -> dict[str, Any]:
        """The only plateau."""
        assert len(self.plateaus) == 1, self.output
        return self.plateaus[0]

    def named(self, name: str) -> list[dict[str, str]]:
        """List the rows of one name."""
        return [row for row in self.rows if row["name"] == name]

    @property
    def last_line(self) -> str:
        """The last line that Locust printed."""
        return self.output.rstrip().splitlines()[-1]


def whole_climb(scenario: Path, host: str, folder: Path, *flags: str) -> Climb:
    """Run a scenario with all plug-ins, as the harness does, whatever comes of it."""
    requests, plateaus, notes = (
        folder / name for name in ("requests.csv", "plateaus.jsonl", "notes.jsonl")
    )
    kept = (f"--requests={requests}", f"--plateaus={plateaus}", f"--notes={notes}")
    status, output = run((*FIRST, scenario, *PLUGINS), host, folder, *kept, *flags)
    return Climb(status, output, _rows(requests), _lines(plateaus), _lines(notes))


@dataclass(frozen=True)
class Bare:
    """What a scenario did without the plug-ins: paths asked for, connections, Locust's output."""

    paths: list[str]
    connections: int
    output: str


def bare(
    runs: Mapping[Key, tuple[str, ...]], folder: Path, connections: int = 1
) -> dict[Key, Bare]:
    """Run scenarios with nothing but Locust, all at once: each has its name and its flags.

    Each is told to end when it has asked ENOUGH over so many connections: none is timed.
    """

    def visit(name: str, *flags: str) -> Bare:
        paths = Paths()
        with counting(respond=paths) as server:
            with started((LOADTESTS / f"{name}.py",), server.url, folder, *flags) as process:
                deadline = time.monotonic() + PATIENCE_S
                while len(paths.seen) < ENOUGH or len(server.connections) < connections:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
                process.terminate()
                output, _ = process.communicate(timeout=PATIENCE_S)
            assert process.returncode == 0, output
            return Bare(paths.seen, len(server.connections), output)

    with ThreadPoolExecutor(len(runs)) as pool:
        visits = {key: pool.submit(visit, *words) for key, words in runs.items()}
        return {key: future.result() for key, future in visits.items()}


def climb(
    scenario: Path, host: str, folder: Path, *flags: str
) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """Run a scenario with all plug-ins; return its requests and its plateaus."""
    climbed = whole_climb(scenario, host, folder, *flags)
    assert climbed.status == 0 and climbed.plateaus, climbed.output
    return climbed.rows, climbed.plateaus


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="") as rows:
        return list(csv.DictReader(rows))


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]

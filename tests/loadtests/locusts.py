"""Run Locust as a user does, in a process of its own, and read what it leaves."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.support.counting import Paths, counting

Key = TypeVar("Key")

LOADTESTS = Path(__file__).resolve().parents[2] / "loadtests"
PLUGINS = (LOADTESTS / "_staircase.py", LOADTESTS / "_recorder.py")


def locust(files: tuple[Path, ...], host: str, folder: Path, *flags: str) -> str:
    """Run Locust headless over some files; give its output."""
    command = [sys.executable, "-m", "locust", "-f", ",".join(map(str, files)), "--headless"]
    command += ["--only-summary", "--exit-code-on-error=0", f"--host={host}", *flags]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(LOADTESTS), "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@dataclass(frozen=True)
class Bare:
    """What a scenario did without the plug-ins: paths asked for, connections, Locust's output."""

    paths: list[str]
    connections: int
    output: str


def bare(runs: Mapping[Key, tuple[str, ...]], folder: Path) -> dict[Key, Bare]:
    """Run scenarios with nothing but Locust, all at once: each has its name and its flags.

    They ask little, and none is timed.
    """

    def run(name: str, *flags: str) -> Bare:
        paths = Paths()
        with counting(respond=paths) as server:
            output = locust((LOADTESTS / f"{name}.py",), server.url, folder, *flags)
        return Bare(paths.seen, len(server.connections), output)

    with ThreadPoolExecutor(len(runs)) as pool:
        started = {key: pool.submit(run, *words) for key, words in runs.items()}
        return {key: future.result() for key, future in started.items()}


def climb(
    scenario: Path, host: str, folder: Path, *flags: str
) -> tuple[list[dict[str, str]], list[dict[str, object]]]:
    """Run a scenario with both plug-ins; give its requests and its plateaus."""
    requests, plateaus = folder / "requests.csv", folder / "plateaus.jsonl"
    output = locust(
        (scenario, *PLUGINS),
        host,
        folder,
        f"--requests={requests}",
        f"--plateaus={plateaus}",
        *flags,
    )
    with requests.open(newline="") as rows:
        recorded = list(csv.DictReader(rows))
    assert plateaus.exists(), output
    return recorded, [json.loads(line) for line in plateaus.read_text().splitlines()]

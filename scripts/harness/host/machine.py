"""The machine: its facts and its cores."""

import json
import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from harness.core.errors import BenchError

SERVED = ("django", "asgiref", "gunicorn", "uvicorn", "uvloop", "httptools")
LOADING = ("locust", "gevent", "geventhttpclient")

# Run by the application's own interpreter, which may live in another virtual environment.
VERSIONS = """
import importlib.metadata, json, platform, sys
found = {"python": f"{platform.python_implementation()} {platform.python_version()}"}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found[name] = "not installed"
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class Cores:
    """Which cores serve and which make the load; equal where there is only one."""

    server: tuple[int, ...]
    load: tuple[int, ...]

    @property
    def apart(self) -> bool:
        """Hold when server and generator do not share a core."""
        return not set(self.server) & set(self.load)


def cores() -> Cores:
    """Give the first core to the server, the others to Locust, upstream and harness."""
    if hasattr(os, "sched_getaffinity"):
        free = sorted(os.sched_getaffinity(0))
    else:
        free = list(range(os.cpu_count() or 1))
    return Cores((free[0],), tuple(free[1:]) or (free[0],))


def facts(split: Cores, python: str) -> dict[str, str]:
    """List what must match before two runs may be compared; `python` runs the application."""
    return {
        "processor": _processor(),
        "cores": str(len(set(split.server) | set(split.load))),
        "server_cores": str(len(split.server)),
        "separation": "server and generator on different cores"
        if split.apart
        else "server and generator SHARE the only core: they cannot be told apart",
        "memory_gib": f"{psutil.virtual_memory().total / 2**30:.0f}",
        "system": f"{platform.system()} {platform.release()}",
        **_versions(python, SERVED),
        **{name: version(name) for name in LOADING},
    }


def commit(directory: Path) -> str:
    """Name the commit a folder stands at, with a mark when it has changes; empty without git."""
    answer = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=directory,
        capture_output=True,
        text=True,
    )
    return answer.stdout.strip()


def _versions(python: str, packages: tuple[str, ...]) -> dict[str, str]:
    """Ask an interpreter for its own version and those of the packages it would import."""
    try:
        answer = subprocess.run(
            [python, "-c", VERSIONS, *packages], capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise BenchError(
            f"application.python: {python} does not run ({error}); name a Python interpreter"
        ) from None
    return dict(json.loads(answer.stdout))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()

"""The machine: its facts and its cores."""

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from harness.core.errors import BenchError
from harness.core.launch import Launch
from harness.core.plan import PlanCores
from harness.host import cpus

APPLICATION_PACKAGES = ("django", "asgiref")
LOAD_PACKAGES = ("locust", "gevent", "geventhttpclient")

# Runs in the application's own interpreter, which may be in another virtual environment.
VERSIONS = """
import importlib.metadata as metadata, json, platform, re, sys
packages, modules, scripts = json.loads(sys.argv[1])
names = list(packages)
by_module = metadata.packages_distributions() if modules else {}
for module in modules:
    names += by_module.get(module, [])
for distribution in metadata.distributions() if scripts else []:
    for entry in distribution.entry_points:
        if entry.group == "console_scripts" and entry.name in scripts:
            names.append(distribution.metadata["Name"])
versions = {"python": f"{platform.python_implementation()} {platform.python_version()}"}
for name in names:
    name = re.sub("[-_.]+", "-", name).lower()
    try:
        versions[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        versions[name] = "not installed"
print(json.dumps(versions))
"""


@dataclass(frozen=True, slots=True)
class Cores:
    """The cores that serve and those that make the load; the same where there is only one."""

    server: tuple[int, ...]
    load: tuple[int, ...]

    @property
    def by_side(self) -> dict[str, tuple[int, ...]]:
        """Return the cores by whose they are, server or load."""
        return {"server": self.server, "load": self.load}

    @property
    def every(self) -> tuple[int, ...]:
        """Return all of them, each once."""
        return tuple(sorted({*self.server, *self.load}))

    @property
    def apart(self) -> bool:
        """Return whether server and generator have no core in common."""
        return not set(self.server) & set(self.load)


def cores() -> Cores:
    """Return the first core for the server, the others for Locust, upstream and harness."""
    if hasattr(os, "sched_getaffinity"):
        free = sorted(os.sched_getaffinity(0))
    else:
        free = list(range(os.cpu_count() or 1))
    return Cores((free[0],), tuple(free[1:]) or (free[0],))


def assign(planned: PlanCores | None, cores: Cores) -> Cores:
    """Return the cores that a plan names, out of those there are; these where it names none.

    Raise BenchError where the machine lacks any of them.
    """
    if planned is None:
        return cores
    wanted = Cores(planned.server, planned.load)
    if missing := sorted(set(wanted.every) - set(cores.every)):
        raise BenchError(
            f"cores: the plan names core {_numbers(missing)}, and this process may run on "
            f"{_numbers(cores.every)}; name some of these, or leave [cores] out"
        )
    return wanted


def _numbers(cores: Iterable[int]) -> str:
    return ", ".join(map(str, cores))


def facts(split: Cores, python: str, servers: Sequence[Launch]) -> dict[str, str]:
    """Return what must match before two runs may be compared: facts by name.

    `python` is the interpreter that runs the application, `servers` serve it: their versions are
    facts. Raise BenchError where that interpreter does not run.
    """
    return {
        "processor": _processor(),
        "cores": str(len(split.every)),
        "server_cores": str(len(split.server)),
        "separation": "server and generator on different cores"
        if split.apart
        else "server and generator SHARE the only core: they cannot be told apart",
        **cpus.facts(split.every),
        "memory_gib": f"{psutil.virtual_memory().total / 2**30:.0f}",
        "system": f"{platform.system()} {platform.release()}",
        **_merge(versions(python, servers), {name: version(name) for name in LOAD_PACKAGES}),
    }


def python_version(python: str) -> tuple[int, int]:
    """Return major and minor version of an interpreter; raise BenchError where it does not run."""
    _, version = versions(python, ())["python"].split()
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


def commit(directory: Path) -> str:
    """Return the commit of a folder, with a mark where it has changes; empty without git."""
    answer = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=directory,
        capture_output=True,
        text=True,
    )
    return answer.stdout.strip()


def _merge(serving: Mapping[str, str], loading: Mapping[str, str]) -> dict[str, str]:
    """Return all versions; where a package serves and loads by two, its fact names both."""
    unequal = {
        name: f"{version}, serving {serving[name]}"
        for name, version in loading.items()
        if serving.get(name, version) != version
    }
    return {**serving, **loading, **unequal}


def versions(python: str, servers: Sequence[Launch], others: Iterable[str] = ()) -> dict[str, str]:
    """Return the versions of an interpreter and of the packages that it would serve with.

    `others` are further packages. Raise BenchError where the interpreter does not run.
    """
    serving = (name for server in servers for name in server.packages)
    packages = (*APPLICATION_PACKAGES, *serving, *others)
    modules = [name for server in servers for name in server.modules]
    scripts = [name for server in servers for name in server.scripts]
    return dict(ask(python, VERSIONS, [list(dict.fromkeys(packages)), modules, scripts]))


def ask(
    python: str,
    script: str,
    question: object,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Any:
    """Return what a script prints for a question in the application's interpreter, both as JSON.

    Raise BenchError where that interpreter does not run.
    """
    try:
        answer = subprocess.run(
            [python, "-c", script, json.dumps(question)],
            cwd=directory,
            env=environment,
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise BenchError(
            f"application.python: {python} does not run ({error}); set it to a Python interpreter"
        ) from None
    return json.loads(answer.stdout)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()

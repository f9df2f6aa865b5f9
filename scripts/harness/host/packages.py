"""The packages that deployments cannot start without, and the command that installs them."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from harness.core.command import command, interpreter
from harness.core.errors import BenchError
from harness.core.fields import canonical
from harness.core.plan import Application, Deployment
from harness.host import machine, versions
from harness.host.launches import launch, variables
from harness.host.processes import environment
from harness.host.sockets import HOST

PROJECT = Path(__file__).resolve().parents[3] / "pyproject.toml"

# Runs in the application's own interpreter and folder, where the class of a worker may be.
ABSENT = """
import json, sys
from importlib.util import find_spec
print(json.dumps([name for name in json.loads(sys.argv[1]) if find_spec(name) is None]))
"""


def check(application: Application, deployments: Iterable[Deployment]) -> None:
    """Raise BenchError, with what installs them, for the first deployment that lacks packages."""
    for deployment in deployments:
        own = versions.served_by(application, deployment)
        if missing := (*_absent(own, deployment), *_programs(own, deployment)):
            raise lacking(own, deployment, missing)


def lacking(application: Application, deployment: Deployment, names: Sequence[str]) -> BenchError:
    """Return the error of a deployment that lacks packages, with what installs them, in a line."""
    return BenchError(
        f"deployment {deployment.name} needs {' and '.join(names)}, which "
        f"{interpreter(application)} does not have; {_cure(application, deployment, names)}"
    )


def setup(group: str) -> str:
    """Return the command that installs a group of packages into the suite's own environment."""
    return f"make setup GROUP={group}"


def _cure(application: Application, deployment: Deployment, names: Iterable[str]) -> str:
    if deployment.has_versions:
        return "add it to its requirements, with a version"
    groups = groups_for(names)
    if application.python is not None or not groups:
        return "install it there, or correct the plan"
    return " && ".join(map(setup, groups))


def groups_for(names: Iterable[str]) -> list[str]:
    """Return the groups that have some packages: one that has them all, else all that have any."""
    each = [groups_of(name) for name in names]
    any_of = list(dict.fromkeys(group for groups in each for group in groups))
    all_of = [group for group in any_of if all(group in groups for groups in each)]
    return all_of[:1] or any_of


def groups_of(name: str) -> list[str]:
    """Return the groups that have a package, by the name of its distribution or import package."""
    return [group for group, members in _groups(PROJECT).items() if canonical(name) in members]


@cache
def _groups(project: Path) -> dict[str, frozenset[str]]:
    """Return the distributions of each group of a pyproject.toml."""
    groups = tomllib.loads(project.read_text())["dependency-groups"]
    return {
        group: frozenset(canonical(re.split(r"[\[<>=;]", each, maxsplit=1)[0]) for each in members)
        for group, members in groups.items()
    }


def _absent(application: Application, deployment: Deployment) -> Sequence[str]:
    """Return the import packages of a server that the application's interpreter does not find."""
    names = launch(application, deployment).imports
    extra = environment(variables(application, deployment))
    return list(machine.ask(interpreter(application), ABSENT, names, application.directory, extra))


def _programs(application: Application, deployment: Deployment) -> tuple[str, ...]:
    """Return the packages of a program that is missing beside the interpreter."""
    program = Path(command(application, deployment, HOST, 1)[0])
    if not deployment.command[0].startswith("{bin}") or program.exists():
        return ()
    packages = launch(application, deployment).packages
    return tuple(name for name in packages if groups_of(name)) or (program.name,)

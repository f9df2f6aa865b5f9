"""What a deployment `needs` of the machine, and which deployments are left out for want of it."""

import os
import re
import shutil

from harness.core.errors import BenchError
from harness.core.plan import Application, Deployment, Plan
from harness.host import machine, versions

SEARCH_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
"""Where servers are: those of the system are not on everybody's path."""

PYTHON = re.compile(r"python>=(?P<major>\d+)\.(?P<minor>\d+)")
"""The oldest Python that a deployment can be served by, among what it needs."""


def left_out(plan: Plan, source: str) -> dict[str, str]:
    """Return the deployments that lack a program or a Python which they need, with the reason.

    Raise BenchError where none is left.
    """
    missing = {
        deployment.name: reason
        for deployment in plan.deployments
        for need in deployment.needs
        if (reason := _lack(need, plan.application, deployment))
    }
    if len(missing) == len(plan.deployments):
        reason = next(iter(missing.values()))
        raise BenchError(f"{source}: no deployment can be served: {reason}")
    return missing


def _lack(need: str, application: Application, deployment: Deployment) -> str | None:
    """Return why the machine does not have what is needed, and the cure; None where it has."""
    if oldest := PYTHON.fullmatch(need):
        version = (int(oldest["major"]), int(oldest["minor"]))
        return _lack_of_python(version, application, deployment)
    if shutil.which(need, path=SEARCH_PATH) is None:
        return f"no program {need} here; install it"
    return None


def _lack_of_python(
    oldest: tuple[int, int], application: Application, deployment: Deployment
) -> str | None:
    """Return the same for the interpreter that serves, where it is older than that."""
    version = machine.python_version(versions.base(application, deployment))
    if version >= oldest:
        return None
    need = ".".join(map(str, oldest))
    again = f"make clean, then make bench PYTHON=python{need}"
    cure = "set application.python" if application.python else again
    cure = "correct its python" if deployment.python else cure
    return f"it needs Python {need} or newer, and {'.'.join(map(str, version))} serves; {cure}"

"""The versions that a deployment names: an environment of its own, made by uv and kept.

It holds what the application is locked to, on the interpreter that the plan names, and the
packages that it requires in place of the locked ones.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from harness.core.command import interpreter
from harness.core.errors import BenchError
from harness.core.launch import Launch
from harness.core.plan import Application, Deployment, Plan
from harness.host import environments, machine
from harness.host.environments import NotInstalled
from harness.host.launches import launch

LOCK = "requirements.lock"

IDENTITY = "import json, sys; print(json.dumps([sys.version, sys.base_prefix]))"


def served_by(application: Application, deployment: Deployment) -> Application:
    """Return the application with the interpreter that serves this deployment of it."""
    if not deployment.has_versions:
        return application
    python = environments.python_in(_folder(application, deployment))
    return application.model_copy(update={"python": python})


def base(application: Application, deployment: Deployment) -> str:
    """Return the interpreter of a deployment, or that from which its environment is made.

    Raise BenchError where the plan names one that is not here.
    """
    if deployment.python is None:
        return interpreter(application)
    try:
        return _python(deployment.python)
    except NotInstalled:
        raise BenchError(
            f"deployment {deployment.name}: no Python {deployment.python} here; install it "
            f"(uv python install {deployment.python}), or name another"
        ) from None


def install(application: Application, deployments: Iterable[Deployment]) -> None:
    """Make the environments that deployments name, unless they are there.

    Raise BenchError for the first that cannot be made; nothing of it stays.
    """
    for deployment in deployments:
        if deployment.has_versions:
            _install(application, deployment)


def of_application(plan: Plan) -> Sequence[Launch]:
    """Return the servers whose versions are those that the application has."""
    rest = (each for each in plan.deployments if not each.has_versions)
    return tuple(launch(plan.application, deployment) for deployment in rest)


def facts(plan: Plan) -> dict[str, str]:
    """Return the versions of each deployment that names its own, as a fact for each."""
    return {
        f"{deployment.name} serves by": facts_of(plan.application, deployment)
        for deployment in plan.deployments
        if deployment.has_versions
    }


def facts_of(application: Application, deployment: Deployment) -> str:
    """Return the versions of its interpreter, of its server, and of what it requires."""
    python = interpreter(served_by(application, deployment))
    server = launch(application, deployment)
    every = machine.versions(python, (server,), deployment.requirement_names)
    packages = (f"{name} {version}" for name, version in every.items() if name != "python")
    return ", ".join((every["python"], *packages))


def _install(application: Application, deployment: Deployment) -> None:
    folder = _folder(application, deployment)
    python = base(application, deployment)
    lock = _lock(application, deployment)

    def fill(unfinished: Path) -> None:
        environments.fill_locked(unfinished, python, lock, deployment.requirements, "--relocatable")

    try:
        environments.keep(folder, fill)
    except NotInstalled as failure:
        wanted = " ".join(deployment.requirements) or deployment.python
        raise BenchError(
            f"deployment {deployment.name}: {wanted} cannot be installed over {lock} "
            f"({failure.in_line}); correct its versions, or check that the package index can be "
            "reached"
        ) from None


def _folder(application: Application, deployment: Deployment) -> Path:
    """Return where the environment is: by lock, requirements, and version of the interpreter."""
    python = base(application, deployment)
    lock = _lock(application, deployment).read_text()
    return environments.kept_folder("serving", lock, *deployment.requirements, *_identity(python))


def _lock(application: Application, deployment: Deployment) -> Path:
    """Return the lock of the application: in its folder, or the nearest above."""
    folder = application.directory.resolve()
    for place in (folder, *folder.parents):
        if (place / LOCK).is_file():
            return place / LOCK
    raise BenchError(
        f"deployment {deployment.name} names versions of its own, and no {LOCK} in {folder} or "
        "above has all others; write one (uv pip compile)"
    )


@cache
def _python(wanted: str) -> str:
    return environments.uv("python", "find", "--no-project", "--no-python-downloads", wanted)


@cache
def _identity(python: str) -> tuple[str, ...]:
    return tuple(machine.ask(python, IDENTITY, None))

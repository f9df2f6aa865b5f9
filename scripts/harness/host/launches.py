"""How the deployments of a plan launch their servers: variables, and files of settings."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.core import env_file
from harness.core.errors import BenchError
from harness.core.launch import Launch, program
from harness.core.plan import Application, Deployment, Plan


def variables(application: Application, deployment: Deployment | None = None) -> dict[str, str]:
    """Return the variables that a plan sets: of the env file, the application, the deployment.

    The later go before. Raise BenchError where the env file cannot be read.
    """
    own = deployment.environment if deployment is not None else {}
    return _of_file(application.env_file) | application.environment | own


def source(application: Application, deployment: Deployment, name: str) -> str:
    """Return what sets a variable, for a person; empty where neither plan nor shell does."""
    if name in deployment.environment:
        return f"environment of deployment {deployment.name}"
    if name in application.environment:
        return "application.environment"
    if name in _of_file(application.env_file):
        return f"application.env_file ({application.env_file})"
    return "the shell" if name in os.environ else ""


def launch(application: Application, deployment: Deployment) -> Launch:
    """Return how a deployment launches its server in the application's folder."""
    bare = Launch(program(deployment.command), variables(application, deployment))
    if bare.settings_file is None:
        return bare
    return replace(bare, settings=_text(application.directory / bare.settings_file))


def launches(plan: Plan) -> Sequence[Launch]:
    """Return how each deployment of a plan launches its server."""
    return tuple(launch(plan.application, deployment) for deployment in plan.deployments)


def _of_file(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise BenchError(
            f"application.env_file: {path}: cannot be read ({reason}); name a file with a "
            "NAME=value a line"
        ) from None
    return env_file.variables(text, str(path))


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return None

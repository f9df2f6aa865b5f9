"""How the deployments of a plan launch their servers, their files of settings included."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.core.launch import Launch, program
from harness.core.plan import Application, Deployment, Plan


def launch(application: Application, deployment: Deployment) -> Launch:
    """Return how a deployment launches its server in the application's folder."""
    variables = application.environment | deployment.environment
    bare = Launch(program(deployment.command), variables)
    if bare.settings_file is None:
        return bare
    return replace(bare, settings=_text(application.directory / bare.settings_file))


def launches(plan: Plan) -> Sequence[Launch]:
    """Return how each deployment of a plan launches its server."""
    return tuple(launch(plan.application, deployment) for deployment in plan.deployments)


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return None

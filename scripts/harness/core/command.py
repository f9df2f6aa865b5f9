"""The command line of a deployment, its placeholders filled. Pure."""

import re
import sys

from harness.core.plan import Application, Deployment

PLACEHOLDERS = ("python", "wsgi", "asgi", "host", "port")

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def interpreter(application: Application) -> str:
    """Name the Python that runs the application: its own, else the suite's."""
    # absolute(), not resolve(): the python of a virtual environment is a link that must stay one.
    return str(application.python.absolute()) if application.python else sys.executable


def placeholders(deployment: Deployment) -> tuple[str, ...]:
    """Return the placeholders of a command, wherever in its words they stand."""
    return tuple(name for word in deployment.command for name in _PLACEHOLDER.findall(word))


def command(
    application: Application, deployment: Deployment, host: str, port: int
) -> tuple[str, ...]:
    """Return a deployment's command with its placeholders filled.

    That each has a value is for harness.core.plan_file to check.
    """
    values = {
        "python": interpreter(application),
        "wsgi": application.wsgi,
        "asgi": application.asgi,
        "host": host,
        "port": str(port),
    }
    given = {name: value for name, value in values.items() if value is not None}
    return tuple(
        _PLACEHOLDER.sub(lambda match: given[match[1]], word) for word in deployment.command
    )

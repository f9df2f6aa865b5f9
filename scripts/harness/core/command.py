"""The command line of a deployment, its placeholders filled. Pure."""

import re
import sys

from harness.core.plan import Application, Deployment

PLACEHOLDERS = ("python", "wsgi", "asgi", "host", "port")


def interpreter(application: Application) -> str:
    """Name the Python that runs the application: its own, else the suite's."""
    # absolute(), not resolve(): the python of a virtual environment is a link that must stay one.
    return str(application.python.absolute()) if application.python else sys.executable


def command(
    application: Application, deployment: Deployment, host: str, port: int
) -> tuple[str, ...]:
    """Fill the placeholders of a deployment's command."""
    values = {
        "python": interpreter(application),
        "wsgi": application.wsgi or "",
        "asgi": application.asgi or "",
        "host": host,
        "port": str(port),
    }
    return tuple(
        re.sub(r"\{(\w+)\}", lambda found: values[found[1]], part) for part in deployment.command
    )

"""The command line of a deployment, its placeholders filled. Pure."""

import re
import sys
from collections.abc import Sequence

from harness.core.plan import Application, Deployment

PLACEHOLDERS = ("python", "wsgi", "asgi", "host", "port")

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_ENTRY_POINT = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def interpreter(application: Application) -> str:
    """Return the path of the Python that runs the application: its own, else the suite's."""
    # absolute(), not resolve(): the python of a virtual environment is a link that must stay one.
    return str(application.python.absolute()) if application.python else sys.executable


def placeholders(deployment: Deployment) -> tuple[str, ...]:
    """Return the placeholders of a command, wherever they stand in its words."""
    return tuple(name for word in deployment.command for name in _PLACEHOLDER.findall(word))


def entry_point(application: Application, deployment: Deployment) -> str | None:
    """Return the `module:name` that a command serves by {python}; None where no word is one.

    What another program serves may be out of reach for the interpreter of the plan.
    """
    if "{python}" not in deployment.command:
        return None
    words = placeholders(deployment)
    for name in ("wsgi", "asgi"):
        if name in words:
            return str(getattr(application, name))
    values = (word.rpartition("=")[2] for word in deployment.command)
    return next((value for value in values if _ENTRY_POINT.fullmatch(value)), None)


def filled(words: Sequence[str], application: Application) -> tuple[str, ...]:
    """Return a command of the site with its {python} filled."""
    return tuple(word.replace("{python}", interpreter(application)) for word in words)


def command(
    application: Application, deployment: Deployment, host: str, port: int
) -> tuple[str, ...]:
    """Return a deployment's command with its placeholders filled.

    harness.core.plan_file has checked that each has a value.
    """
    values = {
        "python": interpreter(application),
        "wsgi": application.wsgi,
        "asgi": application.asgi,
        "host": host,
        "port": str(port),
    }
    texts = {name: value for name, value in values.items() if value is not None}
    return tuple(
        _PLACEHOLDER.sub(lambda match: texts[match[1]], word) for word in deployment.command
    )

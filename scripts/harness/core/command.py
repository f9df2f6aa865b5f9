"""The command line of a deployment, its placeholders filled. Pure."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.core.plan import Application, Deployment

PLACEHOLDERS = ("python", "bin", "wsgi", "asgi", "host", "port", "certificate", "key")

CERTIFICATE = "certificate.pem"
KEY = "key.pem"

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_ENTRY_POINT = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def interpreter(application: Application) -> str:
    """Return the path of the Python that runs the application: its own, else the suite's."""
    # absolute(), not resolve(): the python of a virtual environment is a link that must stay one.
    return str(application.python.absolute()) if application.python else sys.executable


def placeholders(deployment: Deployment) -> tuple[str, ...]:
    """Return the placeholders of a command, wherever they stand in its words."""
    return tuple(name for word in deployment.command for name in _PLACEHOLDER.findall(word))


def is_encrypted(deployment: Deployment) -> bool:
    """Return whether a deployment has a certificate, and so is asked over TLS and QUIC alone."""
    return "certificate" in placeholders(deployment)


def entry_point(application: Application, deployment: Deployment) -> str | None:
    """Return the `module:name` that a command serves by {python} or a program beside it.

    None where no word is one. What another program serves may be out of reach for the interpreter
    of the plan.
    """
    words = placeholders(deployment)
    if not {"python", "bin"} & set(words):
        return None
    for name in ("wsgi", "asgi"):
        if name in words:
            return str(getattr(application, name))
    values = (word.rpartition("=")[2] for word in deployment.command)
    return next((value for value in values if _ENTRY_POINT.fullmatch(value)), None)


def filled(words: Sequence[str], application: Application) -> tuple[str, ...]:
    """Return a command of the site with its {python} filled."""
    return tuple(word.replace("{python}", interpreter(application)) for word in words)


def command(
    application: Application, deployment: Deployment, host: str, port: int, keys: Path = Path()
) -> tuple[str, ...]:
    """Return a deployment's command with its placeholders filled; `keys` has its certificate.

    harness.core.plan_file has checked that each has a value.
    """
    values = {
        "python": interpreter(application),
        "bin": str(Path(interpreter(application)).parent),
        "wsgi": application.wsgi,
        "asgi": application.asgi,
        "host": host,
        "port": str(port),
        "certificate": str(keys / CERTIFICATE),
        "key": str(keys / KEY),
    }
    texts = {name: value for name, value in values.items() if value is not None}
    return tuple(
        _PLACEHOLDER.sub(lambda match: texts[match[1]], word) for word in deployment.command
    )

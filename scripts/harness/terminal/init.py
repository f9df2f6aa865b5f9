"""What `make init` writes: a plan for somebody's own site, with comments on what to change."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from harness.core.errors import BenchError
from harness.core.plan import Deployment
from harness.runs.adopt import Adopted
from harness.terminal.terminal import OUT

SCENARIO = """
# Pages that answered. What people really ask for: make scenario LOG=access.log
# A login, forms, steps in an order: name a `locustfile` instead of paths (docs/own-app.md).
[[scenarios]]
name = "browse"
settings = { think_ms = 100 }       # clients pause so long on average between two requests
paths = [
%s
]

# How many clients at once. A site that is slow needs fewer, or a longer measure_s.
[load]
users = [4, 16]
settle_s = 1
settle_most_s = 3
measure_s = 4
tail_s = 4
"""


def plan(adopted: Adopted, name: str, folder: Path) -> str:
    """Return the plan of a site, for a file in a folder."""
    lines = [
        "# Made by `make init`, and tried: both servers answered all of the paths.",
        *(f"# Note: {remark}." for remark in adopted.remarks),
        f"name = {json.dumps(name)}",
        "rounds = 3",
        "",
        "# Paths are relative to this file.",
        "[application]",
        *_application(adopted, folder),
        *(line for each in adopted.deployments for line in _deployment(each)),
    ]
    paths = "\n".join(f"    {json.dumps(path)}," for path in adopted.pages)
    return "\n".join(lines) + "\n" + SCENARIO % paths


def write(text: str, path: Path) -> None:
    """Write the plan to a file that is not there yet, and print what to do next."""
    try:
        with path.open("x") as file:
            file.write(text)
    except FileExistsError:
        raise BenchError(
            f"{path}: is there already; remove it, or name another with OUT="
        ) from None
    except OSError as error:
        raise BenchError(f"{path}: cannot be written ({error.strerror}); name OUT=") from None
    OUT.print(f"plan: {path}; next: make bench PLAN={path}", markup=False)


def summary(adopted: Adopted) -> None:
    """Print how the site is served."""
    facts = adopted.facts
    OUT.print(
        f"Django {facts['django']}, settings {facts['settings']}, DEBUG {facts['DEBUG']}, "
        f"database {facts['database']}",
        markup=False,
    )
    OUT.print(f"pages that answer: {', '.join(adopted.pages)}", markup=False)
    for remark in adopted.remarks:
        OUT.print(f"note: {remark}", markup=False)


def _application(adopted: Adopted, folder: Path) -> Iterator[str]:
    application = adopted.application
    yield f"directory = {_relative(application.directory, folder)}"
    yield f"wsgi = {json.dumps(application.wsgi)}"
    yield f"asgi = {json.dumps(application.asgi)}"
    yield f"ready = {json.dumps(application.ready)}"
    yield "# ready_timeout_s = 30             # how long a server may take until then"
    if application.python is not None:
        yield f"python = {_relative(application.python, folder)}"
    if application.env_file is not None:
        yield f"env_file = {_relative(application.env_file, folder)}"
    if application.environment:
        yield f"environment = {_table(application.environment)}"
    elif adopted.facts["DEBUG"] == "True":
        yield "# DEBUG is on: name the settings that are deployed."
        yield '# environment = { DJANGO_SETTINGS_MODULE = "mysite.settings.production" }'
    if application.host is not None:
        yield f"host = {json.dumps(application.host)}    # ALLOWED_HOSTS has no 127.0.0.1"
    if application.headers:
        yield f"headers = {_table(application.headers)}    # else it redirects to https"
    yield '# prepare = [["{python}", "manage.py", "migrate", "--noinput"]]    # once before a run'


def _deployment(deployment: Deployment) -> Iterator[str]:
    yield ""
    yield "[[deployments]]"
    for key in ("name", "interface"):
        yield f"{key} = {json.dumps(getattr(deployment, key))}"
    if deployment.slots is not None:
        yield f"slots = {deployment.slots}"
    yield "command = ["
    yield from (f"    {json.dumps(word)}," for word in deployment.command)
    yield "]"


def _relative(path: Path, folder: Path) -> str:
    return json.dumps(os.path.relpath(path.absolute(), folder.resolve()))


def _table(values: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{name} = {json.dumps(values[name])}" for name in values) + " }"

"""What `make init` writes: a plan for somebody's own site, with comments on what to change."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.core import units
from harness.core.errors import BenchError
from harness.core.plan import Deployment
from harness.core.sizes import GENERATOR_RPS, TAILS, THINK_MS, Sizes
from harness.core.statistics import P95
from harness.runs.adopt import Adopted
from harness.terminal.terminal import OUT

SCENARIO = """
# Pages that answered. What people really ask for: make scenario LOG=access.log
# A login, forms, steps in an order: name a `locustfile` instead of paths (docs/own-app.md).
[[scenarios]]
name = "browse"
settings = {{ think_ms = {think_ms} }}       # clients pause so long on average between two requests
paths = [
{paths}
]

# Sizes by a look of some seconds: the faster server answered {capacity} requests/s.
[load]
users = [{users}]    # {why_users}
settle_s = {load.settle_s:g}
settle_most_s = {load.settle_most_s:g}
measure_s = {load.measure_s:g}    # {why_window}
tail_s = {load.tail_s:g}       # the drain: {tails} times what the slowest page may take then
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
    return "\n".join(lines) + "\n" + _scenario(adopted)


def _scenario(adopted: Adopted) -> str:
    """Return the pages and the load, with the reasons of its sizes."""
    sizes = adopted.sizes
    return SCENARIO.format(
        think_ms=THINK_MS,
        paths="\n".join(_path(adopted, path) for path in adopted.pages),
        capacity=units.significant(sizes.capacity_rps, 2),
        users=", ".join(map(str, sizes.load.users)),
        why_users=_why_users(sizes),
        load=sizes.load,
        why_window=_why_window(sizes),
        tails=TAILS,
    )


def _path(adopted: Adopted, path: str) -> str:
    """Return the line of a path, with how fast each deployment answered it."""
    names = (deployment.name for deployment in adopted.deployments)
    looks = (
        f"{name} {units.milliseconds(pace.latency_ms)}, {units.significant(pace.rate_rps, 2)}/s"
        for name, pace in zip(names, adopted.paces[path], strict=True)
    )
    return f"    {json.dumps(path)},    # {'; '.join(looks)}"


def _why_users(sizes: Sizes) -> str:
    if sizes.generated:
        return (
            f"as many as one core of Locust can be ({units.count(GENERATOR_RPS)} requests/s): the "
            "site can do more, so compare CPU time per request"
        )
    return "half of those that keep the server busy, and twice as many"


def _why_window(sizes: Sizes) -> str:
    requests = units.count(sizes.requests)
    if sizes.requests < P95.least:
        return f"{requests} requests at the lower load, too few for a p95: {P95.least} need longer"
    return f"at least {requests} requests, of which {P95.least} are enough for a p95"


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


def ask_python() -> Path | None:
    """Ask a person for the site's interpreter; None where none is at a terminal, or knows it."""
    if not sys.stdin.isatty():
        return None
    answer = OUT.input(
        "interpreter of the site, such as ../mysite/.venv/bin/python (empty: the suite's own): "
    )
    return Path(answer.strip()).expanduser().absolute() if answer.strip() else None


def summary(adopted: Adopted) -> None:
    """Print how the site is served."""
    facts = adopted.facts
    OUT.print(
        f"Django {facts['django']}, settings {facts['settings']}, DEBUG {facts['DEBUG']}, "
        f"database {facts['database']}",
        markup=False,
    )
    OUT.print(f"pages that answer: {', '.join(adopted.pages)}", markup=False)
    sizes = adopted.sizes
    OUT.print(
        f"about {units.significant(sizes.capacity_rps, 2)} requests/s: "
        f"{' and '.join(map(str, sizes.load.users))} users, windows of {sizes.load.measure_s:g} s",
        markup=False,
    )
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

"""What `make scenario` writes: a scenario in TOML, with comments on what it stands for."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.core.errors import BenchError
from harness.core.labels import clients
from harness.core.units import count, percent, significant
from harness.runs.recording import Behaviour, Page, Rest
from harness.terminal.terminal import OUT

LISTED = 5
"""How many paths are listed of those that are not among the scenario's."""

KEEPS = {"static files": "ASSETS=1 keeps them", "malformed": "no request of either format"}


def fragment(behaviour: Behaviour, source: str) -> str:
    """Return a behaviour as a scenario for a plan; raise BenchError where nothing was kept."""
    if not behaviour.pages:
        why = ", ".join(_reasons(behaviour)) or "it is empty"
        raise BenchError(f"{source}: no request is left to make paths of: {why}")
    lines = [
        *(f"# {line}" for line in _remarks(behaviour, source)),
        "[[scenarios]]",
        'name = "recorded"',
        *_settings(behaviour),
        "paths = [",
        *(f"    {_entry(page)}," for page in behaviour.pages),
        "]",
    ]
    return "\n".join(lines) + "\n"


def write(text: str, path: Path | None) -> None:
    """Print the scenario, or write it to a file that is not there yet."""
    if path is None:
        sys.stdout.write(text)
        return
    try:
        with path.open("x") as file:
            file.write(text)
    except FileExistsError:
        raise BenchError(f"{path}: is there already; remove it or name another file") from None
    except OSError as error:
        raise BenchError(f"{path}: cannot be written ({error.strerror}); name another") from None
    OUT.print(f"scenario: {path}; its first lines say what it stands for", markup=False)


def _remarks(behaviour: Behaviour, source: str) -> Iterator[str]:
    """Yield what the paths stand for, what they leave out and how to use them."""
    requests, sessions = (
        _number(behaviour.requests, "request"),
        _number(behaviour.sessions, "session"),
    )
    yield f"From {source}: {requests} by {clients(behaviour.clients)} in {sessions}."
    yield (
        f"The paths are {len(behaviour.pages)} of {_number(behaviour.addresses, 'address')} and "
        f"{percent(behaviour.covered_share)} of these requests; weights are requests."
    )
    for rest in behaviour.rest[:LISTED]:
        yield f"Not among them, {_requests(rest)}"
    yield _think(behaviour)
    for reason in _reasons(behaviour):
        yield f"Left out, {reason}"
    for other in behaviour.other_methods[:LISTED]:
        yield f"Left out, {_requests(other)}"
    if any(page.method not in ("GET", "HEAD") for page in behaviour.pages):
        yield "Bodies are never copied: give paths with a method their data or json."
    yield "Read the addresses before you share them: a credential may hide where none is expected."
    yield "Use: put it in the place of the [[scenarios]] of a plan, then make bench PLAN=that.toml"


def _think(behaviour: Behaviour) -> str:
    if behaviour.think_mean_s is None or behaviour.think_median_s is None:
        return "Nobody asked twice within half an hour: set think_ms by hand."
    mean, middle = significant(behaviour.think_mean_s), significant(behaviour.think_median_s)
    return (
        f"think_ms is the mean gap between requests of a session, {mean} s (median {middle} s); "
        "gaps over half an hour part sessions."
    )


def _reasons(behaviour: Behaviour) -> list[str]:
    """Return what was left out, and how to keep it where it can be kept."""
    methods = {rest.method for rest in behaviour.other_methods}
    keeps = KEEPS | {method: f"METHODS=GET,{method} keeps them" for method in methods}
    return [
        f"{reason}: {count(number)}" + (f" ({keeps[reason]})" if reason in keeps else "")
        for reason, number in behaviour.exclusions.items()
    ]


def _requests(rest: Rest) -> str:
    where = f"{rest.method} {rest.path}: {_number(rest.requests, 'request')}"
    return where + (f" to {_number(rest.addresses, 'address')}" if rest.addresses > 1 else "")


def _number(number: int, noun: str) -> str:
    """Return a count with its noun: 1 address, 143 addresses."""
    many = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count(number)} {noun if number == 1 else many}"


def _settings(behaviour: Behaviour) -> Sequence[str]:
    if behaviour.think_mean_s is None:
        return ()
    return (f"settings = {{ think_ms = {round(1000 * behaviour.think_mean_s)} }}",)


def _entry(page: Page) -> str:
    """Return one path; addresses that differ in their query share a name in the figures."""
    method = [] if page.method == "GET" else [f"method = {_text(page.method)}"]
    name = [] if page.address == page.path else [f"name = {_text(page.path)}"]
    numbers = [f"weight = {page.requests}", f"status = {page.status}"]
    return f"{{ {', '.join([f'path = {_text(page.address)}', *name, *method, *numbers])} }}"


def _text(value: str) -> str:
    """Return a string in quotes: what JSON makes of printable ASCII is TOML too."""
    return json.dumps(value)

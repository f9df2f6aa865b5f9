"""What `make scenario` writes: a scenario in TOML, its comments say what it stands for."""

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


def fragment(did: Behaviour, source: str) -> str:
    """Set a behaviour out as a scenario, for a plan; raise BenchError where nothing was kept."""
    if not did.pages:
        why = ", ".join(_reasons(did)) or "it is empty"
        raise BenchError(f"{source}: no request is left to make paths of: {why}")
    lines = [
        *(f"# {line}" for line in _remarks(did, source)),
        "[[scenarios]]",
        'name = "recorded"',
        *_settings(did),
        "paths = [",
        *(f"    {_entry(page)}," for page in did.pages),
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


def _remarks(did: Behaviour, source: str) -> Iterator[str]:
    """Say what the paths stand for, what they leave out and how to use them."""
    requests, sessions = _number(did.requests, "request"), _number(did.sessions, "session")
    yield f"From {source}: {requests} by {clients(did.clients)} in {sessions}."
    yield (
        f"The paths are {len(did.pages)} of {_number(did.addresses, 'address')} and "
        f"{percent(did.covered_share)} of these requests; weights are requests."
    )
    for rest in did.rest[:LISTED]:
        yield f"Not among them, {_listed(rest)}"
    yield _think(did)
    for reason in _reasons(did):
        yield f"Left out, {reason}"
    for other in did.other_methods[:LISTED]:
        yield f"Left out, {_listed(other)}"
    if any(page.method not in ("GET", "HEAD") for page in did.pages):
        yield "Bodies are never copied: give paths with a method their data or json."
    yield "Read the addresses before you share them: a credential may hide where none is expected."
    yield "Use: put it in the place of the [[scenarios]] of a plan, then make bench PLAN=that.toml"


def _think(did: Behaviour) -> str:
    if did.think_mean_s is None or did.think_median_s is None:
        return "Nobody asked twice within half an hour: set think_ms by hand."
    mean, middle = significant(did.think_mean_s), significant(did.think_median_s)
    return (
        f"think_ms is the mean gap between requests of a session, {mean} s (median {middle} s); "
        "gaps over half an hour part sessions."
    )


def _reasons(did: Behaviour) -> list[str]:
    """Say what was left out, and how to keep it where it can be kept."""
    methods = {rest.method for rest in did.other_methods}
    keeps = KEEPS | {method: f"METHODS=GET,{method} keeps them" for method in methods}
    return [
        f"{reason}: {count(number)}" + (f" ({keeps[reason]})" if reason in keeps else "")
        for reason, number in did.exclusions.items()
    ]


def _listed(rest: Rest) -> str:
    where = f"{rest.method} {rest.path}: {_number(rest.requests, 'request')}"
    return where + (f" to {_number(rest.addresses, 'address')}" if rest.addresses > 1 else "")


def _number(number: int, noun: str) -> str:
    """Print a count with its noun: 1 address, 143 addresses."""
    many = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count(number)} {noun if number == 1 else many}"


def _settings(did: Behaviour) -> Sequence[str]:
    if did.think_mean_s is None:
        return ()
    return (f"settings = {{ think_ms = {round(1000 * did.think_mean_s)} }}",)


def _entry(page: Page) -> str:
    """Set one path out; addresses that differ in their query share a name in the figures."""
    method = [] if page.method == "GET" else [f"method = {_text(page.method)}"]
    name = [] if page.address == page.path else [f"name = {_text(page.path)}"]
    numbers = [f"weight = {page.requests}", f"status = {page.status}"]
    return f"{{ {', '.join([f'path = {_text(page.address)}', *name, *method, *numbers])} }}"


def _text(value: str) -> str:
    """Quote a string: what JSON makes of printable ASCII is TOML too."""
    return json.dumps(value)

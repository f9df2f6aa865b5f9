"""A run of events on disk: the plan, the machine, a row for each outcome, and the page."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter

from harness.checks import store
from harness.core.deploys import Outcome
from harness.core.errors import BenchError
from harness.core.plan import Plan
from harness.report.deploys import markdown

PLAN = "plan.toml"
MACHINE = "machine.json"
OUTCOMES = "deploys.csv"
PAGE = "deploys.md"


def folder(
    results: Path, name: str | None, plan: Plan, text: str, facts: Mapping[str, str]
) -> Path:
    """Return the folder of a run: a new one, or that of a name, which goes on.

    Raise BenchError where that run has another plan, or took place on another machine.
    """
    path = results / (name or "")
    if not name or not path.exists():
        path = store.fresh_folder(results, name, plan.name)
        (path / PLAN).write_text(text)
        (path / MACHINE).write_text(json.dumps(dict(facts), indent=2) + "\n")
    elif (path / PLAN).read_text() != text or json.loads((path / MACHINE).read_text()) != facts:
        raise BenchError(f"{path} has another plan, or is of another machine; choose another name")
    return path


def append(path: Path, outcome: Outcome) -> None:
    """Put one outcome on disk."""
    store.append(path / OUTCOMES, outcome)


def read(path: Path) -> tuple[Outcome, ...]:
    """Return the outcomes of a run so far."""
    if not (path / OUTCOMES).exists():
        return ()
    with (path / OUTCOMES).open(newline="") as file:
        rows = [{name: cell or None for name, cell in row.items()} for row in csv.DictReader(file)]
    return TypeAdapter(tuple[Outcome, ...]).validate_python(rows)


def write(path: Path, plan: Plan, facts: Mapping[str, str]) -> tuple[Outcome, ...]:
    """Write the page of a run; return its outcomes."""
    outcomes = read(path)
    (path / PAGE).write_text(markdown(plan, outcomes, facts))
    return outcomes

"""A capacity search on disk, beside its run: capacity.json, the page and the charts.

Several searches of the same are read back, to see whether they repeat.
"""

import json
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from harness.core.errors import BenchError
from harness.core.holding import Capacity, Holding
from harness.core.plan import Model
from harness.report.capacity import entry, markdown
from harness.report.charts import registry
from harness.runs.store import Run

CONTENT = "capacity.json"
PAGE = "capacity.md"

CAPACITY = TypeAdapter(Capacity)
CAPACITY_FIELDS = tuple(field.name for field in fields(Capacity))

FACTS = ("processor", "cores", "system", "python", "django", "gunicorn", "uvicorn")


def write(run: Run, holdings: Sequence[Holding]) -> Path:
    """Write what a search has come to so far; return the page."""
    content = {"run": run.name, "capacities": [entry(each) for each in holdings]}
    (run.folder / CONTENT).write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")
    drawn = registry.save(registry.draw_capacity(holdings), run.charts)
    charts = {name: str(path.relative_to(run.folder)) for name, path in drawn.items()}
    facts = {name: run.facts.machine[name] for name in FACTS if name in run.facts.machine}
    page = run.folder / PAGE
    page.write_text(markdown(run.plan, holdings, charts, facts))
    return page


class SearchKey(NamedTuple):
    """What was searched: a deployment under a scenario, by a model of load."""

    scenario: str
    deployment: str
    model: Model


def read(folder: Path, prefix: str) -> dict[SearchKey, dict[str, Capacity]]:
    """Return what the searches of all runs came to whose names begin with a prefix, by run.

    Raise BenchError where they are not several of each, or a file cannot be read.
    """
    searches: dict[SearchKey, dict[str, Capacity]] = {}
    for path in sorted(folder.glob(f"{prefix}*/{CONTENT}")):
        for stored in _entries(path):
            key = SearchKey(stored["scenario"], stored["deployment"], stored["model"])
            own = {name: stored[name] for name in CAPACITY_FIELDS}
            searches.setdefault(key, {})[path.parent.name] = CAPACITY.validate_python(own)
    if min(map(len, searches.values()), default=0) < 2:
        raise BenchError(
            f"{folder}: not several runs begin with {prefix} and search the same; name some alike: "
            f"make capacity RUN={prefix}1"
        )
    return searches


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        return list(json.loads(path.read_bytes())["capacities"])
    except (OSError, ValueError, KeyError):
        raise BenchError(f"{path}: cannot be read; search again") from None

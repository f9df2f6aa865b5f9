"""The execution models on disk: what was measured, the page and the charts that come of it."""

import csv
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from harness.checks import store
from harness.core.errors import BenchError
from harness.core.execution_models import DRAWN_TASKS, Repetition, Task
from harness.measure.execution_models import cells
from harness.report.charts import registry
from harness.report.execution_models import PAGE, PLACE, Run, fill, markdown

REPETITIONS = "repetitions.csv"
TASKS = "tasks.csv"
MACHINE = "machine.json"


def begin(folder: Path, facts: Mapping[str, str]) -> None:
    """Put on disk where the run takes place."""
    (folder / MACHINE).write_text(json.dumps(dict(facts), indent=2) + "\n")


def append(folder: Path, repetition: Repetition, tasks: Sequence[Task]) -> None:
    """Put one repetition on disk, with its tasks where they are drawn."""
    store.append(folder / REPETITIONS, repetition)
    if (repetition.round, repetition.tasks) == (1, DRAWN_TASKS):
        for task in tasks:
            store.append(folder / TASKS, task)


def read(folder: Path) -> Run:
    """Return a run from its files."""
    repetitions = TypeAdapter(tuple[Repetition, ...]).validate_python(_rows(folder / REPETITIONS))
    drawn = TypeAdapter(tuple[Task, ...]).validate_python(_rows(folder / TASKS))
    return Run(repetitions, drawn, json.loads((folder / MACHINE).read_text()))


def _rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file; an empty cell is None."""
    with path.open(newline="") as file:
        return [{name: cell or None for name, cell in row.items()} for row in csv.DictReader(file)]


def finished(folder: Path) -> Path:
    """Return the folder of a run; raise BenchError where none has come to its end there."""
    if not (folder / PAGE).exists():
        raise BenchError(f"{folder}: no finished run there; `ls {folder.parent}` lists them")
    return folder


def write(folder: Path, quoting: Path | None) -> Run:
    """Write page and charts of a run, fill in the page that is `quoting` it, and return the run."""
    run = read(folder)
    registry.save(registry.draw_models(cells(run.repetitions), run.drawn), folder)
    (folder / PAGE).write_text(markdown(run))
    if quoting:
        pictures = f"{os.path.relpath(folder, quoting.parent)}/"
        quoting.write_text(fill(quoting.read_text(), run, pictures))
    return run


def check(quoting: Path) -> None:
    """Raise BenchError where a page has no place for a run."""
    try:
        places = PLACE.search(quoting.read_text())
    except OSError as error:
        raise BenchError(f"{quoting}: cannot be read ({error.strerror}); name a page") from None
    if not places:
        raise BenchError(
            f"{quoting}: has no place for a run; write <!-- models: waits --> and, on the next "
            "line, <!-- end --> into it"
        )

"""The files of a check: a folder of its own, the turns as they are taken, the documents."""

import csv
from dataclasses import astuple, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.checks import latency_log
from harness.checks.starts import COUNTS, value
from harness.checks.turn import Counts, Pair, Turn
from harness.core import gate
from harness.core.errors import BenchError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def fresh_folder(results: Path, name: str | None, title: str) -> Path:
    """Make a folder that nothing earlier has; without a name it is that of a title and the time."""
    folder = results / (name or f"{title}-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise BenchError(f"{folder} is there already; choose another name") from None
    except OSError as error:
        raise BenchError(
            f"{folder}: cannot be written ({error.strerror}); name another folder with --results"
        ) from None
    return folder


def append(path: Path, record: "DataclassInstance") -> None:
    """Add a record to a CSV file, on disk before this returns; the fields' names lead a new one."""
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        rows = csv.writer(file)
        if is_new:
            rows.writerow(field.name for field in fields(record))
        rows.writerow(astuple(record))


def keep(folder: Path, name: str, start: int, number: int, pair: Pair) -> None:
    """Append both turns of a pair, with their latencies, on disk before this returns.

    A turn has the metrics that need no other side, and the counts that they come from.
    """
    path = folder / "turns.csv"
    new = not path.exists()
    with path.open("a", newline="") as file:
        out = csv.writer(file)
        if new:
            out.writerow(("cell", "pair", "side", "first", *_METRICS, "doubts", "start", *_COUNTED))
        for turn, first in ((pair.base, pair.base_first), (pair.head, not pair.base_first)):
            row = name, number, turn.role, str(first).lower(), *_cells(turn)
            out.writerow((*row, start, *(_shown(getattr(turn.counts, c)) for c in _COUNTED)))
    for turn in pair.in_order:
        tag, log = f"{name}.{turn.role}", folder / "latencies.hlog"
        latency_log.append(log, tag, turn.opened, turn.closed, turn.latencies_ms)


def _cells(turn: Turn) -> tuple[str, ...]:
    shown = [_shown(value(name, [turn])) for name in _METRICS]
    return (*shown, gate.as_text(turn.doubts))


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


# Of a single turn the sum over all is no other.
_METRICS = tuple(name for name in COUNTS if name != "throughput_total_rps")
_COUNTED = tuple(each.name for each in fields(Counts))

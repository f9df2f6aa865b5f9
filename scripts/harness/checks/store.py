"""The files of a check: a folder of its own, the turns as they are taken, the documents."""

import csv
from datetime import UTC, datetime
from pathlib import Path

from harness.checks import latency_log
from harness.checks.interleave import Pair, Turn
from harness.checks.judge import METRICS
from harness.core import gate
from harness.core.errors import BenchError
from harness.core.plan import Plan


def fresh_folder(results: Path, name: str | None, chosen: Plan) -> Path:
    """Make the folder of a check, which no earlier one has; named after its plan and the time."""
    folder = results / (name or f"{chosen.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise BenchError(f"{folder} is there already; name another check") from None
    except OSError as error:
        raise BenchError(
            f"{folder}: cannot be written ({error.strerror}); name another folder with --results"
        ) from None
    return folder


def keep(folder: Path, name: str, number: int, pair: Pair) -> None:
    """Append both turns of a pair, with their latencies, on disk before this returns."""
    path = folder / "turns.csv"
    new = not path.exists()
    with path.open("a", newline="") as file:
        out = csv.writer(file)
        if new:
            out.writerow(("cell", "pair", "side", "first", *METRICS, "doubts"))
        for turn, first in ((pair.base, pair.base_first), (pair.head, not pair.base_first)):
            out.writerow((name, number, turn.role, str(first).lower(), *_cells(turn)))
    for turn in pair.in_order:
        tag, log = f"{name}.{turn.role}", folder / "latencies.hlog"
        latency_log.append(log, tag, turn.opened, turn.closed, turn.latencies_ms)


def _cells(turn: Turn) -> tuple[str, ...]:
    values = [turn.values[name] for name in METRICS]
    shown = ["" if value is None else f"{value:.6g}" for value in values]
    return (*shown, gate.as_text(turn.doubts))

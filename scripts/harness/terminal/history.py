"""What `make baseline`, `compare` and `trend` print."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Column, Table

from harness.core.metrics import Place, metrics_at
from harness.core.statistics import MARGIN
from harness.core.units import factor, significant
from harness.report.wording import NO_VERDICT
from harness.runs.drift import Drift
from harness.runs.entry import Entry
from harness.runs.trends import Trend, runs
from harness.terminal.terminal import ERR, OUT


def accepted(entry: Entry, path: Path) -> None:
    """Print which run is the baseline now, and what it is good for."""
    doubted = sum(cell.doubted for cell in entry.cells)
    OUT.print(f"{_which(entry)}: {len(entry.cells)} cells, {doubted} of them doubted")
    OUT.print(f"{NO_VERDICT}\nbaseline: {path}")


def drifted(before: Entry, now: Entry, drifts: Sequence[Drift]) -> None:
    """Print a row for each cell of a run against a baseline, and that this is no verdict."""
    OUT.print(f"{_which(now)} over {_which(before)}")
    kept = metrics_at(Place.HISTORY)
    table = _cells_and(metric.short for metric in kept)
    for drift in drifts:
        told = (_drift(drift, metric.name) for metric in kept)
        table.add_row(escape(drift.cell.label), *told, style="dim" if drift.doubted else "")
    OUT.print(table)
    equal = f"within {significant(100 * MARGIN, 1)}% of equal"
    OUT.print(f"~ = ranges overlap, {equal} or one round; in brackets = doubted, not to be read")
    OUT.print(NO_VERDICT)


def followed(found: Trend, notes: Sequence[str], chart: Path) -> None:
    """Print the newest value of each line, where levels and facts changed, and the chart."""
    for note in notes:
        ERR.print(f"[yellow]note:[/] {escape(note)}")
    OUT.print(f"plan {found.plan}, {runs(len(found.runs))}; the newest values without a doubt:")
    table = _cells_and(metric.short_axis for metric in metrics_at(Place.TREND))
    for course in found.courses:
        told = (line.newest for line in course.lines)
        values = (" " + significant(spread.middle) if spread else "" for spread in told)
        table.add_row(escape(course.cell.label), *values)
    OUT.print(table)
    for said in (*found.changes, *found.notes):
        OUT.print(escape(said))
    OUT.print(f"{NO_VERDICT}\ntrend: {chart}")


def _cells_and(headings: Iterable[str]) -> Table:
    """Give a table with a row for each cell and a column of numbers for each heading."""
    table = Table(Column("cell"), box=SIMPLE_HEAD, padding=0)
    for heading in headings:
        table.add_column(f" {heading}", justify="right", no_wrap=True)
    return table


def _which(entry: Entry) -> str:
    commit = f" ({entry.commit})" if entry.commit else ""
    return escape(f"run {entry.run}{commit} of {entry.started[:10]}")


def _drift(drift: Drift, metric: str) -> str:
    if metric not in drift.ratios:
        return ""
    ratio = drift.ratios[metric]
    if drift.doubted:
        return f" ({factor(ratio.value)})"
    return f" {'~ ' if ratio.open else ''}{factor(ratio.value)}"

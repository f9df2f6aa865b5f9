"""What `make baseline`, `compare`, `compare-runs` and `trend` print."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Column, Table

from harness.core.metrics import Place, metrics_at
from harness.core.units import factor, significant
from harness.report.side_by_side import WORDS, glance, heads, notes, title
from harness.report.wording import MARGIN_TEXT, NO_VERDICT
from harness.runs.drift import Drift, SideBySide
from harness.runs.entry import Entry
from harness.runs.trends import Line, Trend, runs
from harness.terminal.terminal import ERR, OUT, cells, sentence


def baseline(entry: Entry, path: Path) -> None:
    """Print which run is the baseline now, and what it is good for."""
    flagged = sum(cell.doubted for cell in entry.cells)
    OUT.print(f"{escape(title(entry))}: {len(entry.cells)} cells, {flagged} of them flagged")
    OUT.print(f"{NO_VERDICT}\nbaseline: {path}")


def comparison(before: Entry, now: Entry, drifts: Sequence[Drift]) -> None:
    """Print a row for each cell of a run against a baseline, and that this is no verdict."""
    OUT.print(f"{escape(title(now))} over {escape(title(before))}")
    metrics = metrics_at(Place.HISTORY)
    table = _cells_and(metric.short for metric in metrics)
    for drift in drifts:
        ratios = (_drift(drift, metric.name) for metric in metrics)
        table.add_row(escape(drift.cell.label), *ratios, style="dim" if drift.doubted else "")
    OUT.print(table)
    equal = f"within {MARGIN_TEXT} of equal"
    OUT.print(f"~ = ranges overlap, {equal} or one round; in brackets = flagged, do not rely on it")
    OUT.print(NO_VERDICT)


def side_by_side(both: SideBySide, page: Path) -> None:
    """Print two runs side by side, a row for each cell of both, and what is not comparable."""
    for head in heads(both):
        sentence(head)
    cells(glance(both))
    for note in (WORDS, *notes(both)):
        sentence(note)
    OUT.print(f"comparison: {page}")


def trend(past: Trend, notes: Sequence[str], chart: Path) -> None:
    """Print the newest value of each line, where levels and facts changed, and the chart."""
    for note in notes:
        ERR.print(f"[yellow]note:[/] {escape(note)}")
    OUT.print(f"plan {past.plan}, {runs(len(past.runs))}; the newest values that no gate flagged:")
    table = _cells_and(metric.short_axis for metric in metrics_at(Place.TREND))
    for row in past.courses:
        table.add_row(escape(row.cell.label), *map(_newest, row.lines))
    OUT.print(table)
    for change in (*past.changes, *past.notes):
        sentence(change)
    OUT.print(f"{NO_VERDICT}\ntrend: {chart}")


def _newest(line: Line) -> str:
    return f" {significant(line.newest.middle)}" if line.newest else ""


def _cells_and(headings: Iterable[str]) -> Table:
    """Return a table with a row for each cell and a column of numbers for each heading."""
    table = Table(Column("cell"), box=SIMPLE_HEAD, padding=0)
    for heading in headings:
        table.add_column(f" {heading}", justify="right", no_wrap=True)
    return table


def _drift(drift: Drift, metric: str) -> str:
    if metric not in drift.ratios:
        return ""
    ratio = drift.ratios[metric]
    if drift.doubted:
        return f" ({factor(ratio.value)})"
    return f" {'~ ' if ratio.open else ''}{factor(ratio.value)}"

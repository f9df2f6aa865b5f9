"""Two runs side by side: rows for a terminal and a page, and what to know to read them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite, log

from harness.core import units
from harness.core.metrics import METRICS, Metric, Place, metrics_at
from harness.report.wording import MARGIN_TEXT, NO_VERDICT, marked
from harness.runs.drift import Drift, Ratio, SideBySide
from harness.runs.entry import Cell, Entry

AT_A_GLANCE = ("throughput_rps", "latency_p95_ms")

WORDS = (
    "B/A: the median of B over that of A; in brackets, the lowest round of B over the highest of A "
    f"to the highest over the lowest. ~ = these ranges overlap, within {MARGIN_TEXT} of equal, or "
    "one round. ○ = flagged, do not rely on it. Empty = not measured in both."
)

MOST_CELLS = 3
"""So many cells that only one run has are named; the others are counted."""

EDGE = 2.0
"""A bar on the page goes from half as much to this many times as much."""


def heads(both: SideBySide) -> tuple[str, ...]:
    """Return which run is A and which is B: name, commit, day."""
    return tuple(
        f"{letter} = {title(entry)}" for letter, entry in (("A", both.before), ("B", both.now))
    )


def title(entry: Entry) -> str:
    """Return a run by its name, with its commit and its day."""
    commit = f" ({entry.commit})" if entry.commit else ""
    return f"run {entry.run}{commit} of {entry.started[:10]}"


def notes(both: SideBySide) -> tuple[str, ...]:
    """Return what is not comparable: facts and keys that differ, cells of one run alone."""
    return (
        *_different(both.differences),
        *_only("A", both.only_before),
        *_only("B", both.only_now),
        NO_VERDICT,
    )


def _different(differences: Sequence[str]) -> Iterator[str]:
    if differences:
        yield f"Not the same in A and B, and part of every ratio: {'; '.join(differences)}."


def _only(letter: str, cells: Sequence[Cell]) -> Iterator[str]:
    if cells:
        labels = "; ".join(cell.label for cell in cells[:MOST_CELLS])
        more = len(cells) - MOST_CELLS
        yield f"Only in {letter}: {labels}{f' and {more} more' if more > 0 else ''}."


def glance(both: SideBySide) -> dict[str, tuple[dict[str, str], ...]]:
    """Return for each scenario a row for each cell: throughput, its ratio and that of p95.

    A terminal has no room for the bounds of both.
    """
    rate, p95 = (METRICS[name] for name in AT_A_GLANCE)
    return {
        scenario: tuple(
            {
                "deployment": drift.cell.deployment,
                "load": units.quotient(drift.cell.step),
                f"A {rate.short}": value_text(drift.before, rate),
                f"B {rate.short}": value_text(drift.cell, rate),
                "B/A": ratio_text(drift, rate),
                f"{p95.short} B/A": ratio_text(drift, p95, bounds=False),
            }
            for drift in drifts
        )
        for scenario, drifts in _by_scenario(both).items()
    }


def _by_scenario(both: SideBySide) -> dict[str, tuple[Drift, ...]]:
    groups = groupby(both.drifts, key=lambda drift: drift.cell.scenario)
    return {scenario: tuple(drifts) for scenario, drifts in groups}


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric of one cell in both runs, their ratio, and where a bar of it lies, in percent."""

    before: str
    now: str
    ratio: str
    bar: "Bar | None"


@dataclass(frozen=True, slots=True)
class Bar:
    """A range on a logarithmic axis from 1 / EDGE to EDGE: its ends and its middle, in percent."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Row:
    """One cell: its name within the scenario, and a figure for each metric."""

    deployment: str
    load: str
    figures: tuple[Figure, ...]


def metrics() -> tuple[Metric, ...]:
    """Return the metrics of the page, in the order of the figures of a row."""
    return tuple(metrics_at(Place.HISTORY))


def tables(both: SideBySide) -> dict[str, tuple[Row, ...]]:
    """Return the rows of each scenario that both have."""
    return {scenario: tuple(map(_row, drifts)) for scenario, drifts in _by_scenario(both).items()}


def _row(drift: Drift) -> Row:
    figures = (
        Figure(
            before=value_text(drift.before, metric),
            now=value_text(drift.cell, metric),
            ratio=ratio_text(drift, metric),
            bar=_bar(drift.ratios.get(metric.name)),
        )
        for metric in metrics()
    )
    return Row(drift.cell.deployment, drift.cell.load, tuple(figures))


def value_text(cell: Cell, metric: Metric) -> str:
    """Return the median of a metric with the mark of a flagged cell; nothing where it has none."""
    spread = cell.metrics.get(metric.name)
    return marked(metric.unit.text(spread.middle), flagged=cell.doubted) if spread else ""


def ratio_text(drift: Drift, metric: Metric, bounds: bool = True) -> str:
    """Return a ratio with its marks and its bounds: ○ ~ 0.99 (0.95 to 1.19)."""
    ratio = drift.ratios.get(metric.name)
    if ratio is None:
        return ""
    text = units.factor(ratio.value) + (f" ({_bounds(ratio)})" if bounds else "")
    return marked(text, flagged=drift.doubted, inconclusive=ratio.open)


def _bounds(ratio: Ratio) -> str:
    if ratio.rounds == 1:
        return "one round"
    return f"{_factor(ratio.low)} to {_factor(ratio.high)}"


def _factor(ratio: float) -> str:
    return units.factor(ratio) if isfinite(ratio) else "∞"


def _bar(ratio: Ratio | None) -> Bar | None:
    """Return where a ratio lies; what is beyond the axis stands at its end."""
    if ratio is None or ratio.value <= 0:
        return None
    return Bar(*(_percent(value) for value in (ratio.low, ratio.value, ratio.high)))


def _percent(ratio: float) -> float:
    inside = min(max(ratio, 1 / EDGE), EDGE)
    return round(50 + 50 * log(inside) / log(EDGE), 1)

"""How far a run is off a baseline or another run, cell by cell: a trend, no verdict. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from harness.core.errors import BenchError
from harness.core.metrics import Place, metrics_at
from harness.core.statistics import MARGIN
from harness.core.summary import Spread
from harness.core.trial import CellKey
from harness.runs.entry import Cell, Entry, differences


@dataclass(frozen=True, slots=True)
class Ratio:
    """A metric of the run over that of the baseline; `open` where the rounds are inconclusive.

    Whichever round of the one is held against whichever of the other, the ratio is from `low` to
    `high`; a single round on either side has no such range, and both are `value`.
    """

    value: float
    open: bool
    low: float
    high: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Drift:
    """One cell of a run beside that of a baseline; a metric that either lacks has no ratio.

    Where either is `doubted`, its ratios mean nothing.
    """

    before: Cell
    cell: Cell
    ratios: dict[str, Ratio]

    @property
    def doubted(self) -> bool:
        """Return whether either side is."""
        return self.before.doubted or self.cell.doubted


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two runs: what differs besides the figures, the cells of both, and those of one alone."""

    before: Entry
    now: Entry
    differences: tuple[str, ...]
    drifts: tuple[Drift, ...]
    only_before: tuple[Cell, ...]
    only_now: tuple[Cell, ...]


def side_by_side(before: Entry, now: Entry) -> SideBySide:
    """Return two runs side by side, whatever differs; raise BenchError without a common cell."""
    old = {cell.key: cell for cell in before.cells}
    new = {cell.key: cell for cell in now.cells}
    if not old.keys() & new.keys():
        raise BenchError(
            f"runs {before.run} and {now.run} have no deployment, scenario and load in common; "
            "name two runs of one plan"
        )
    return SideBySide(
        before=before,
        now=now,
        differences=differences(before, now),
        drifts=_drifts(old, now),
        only_before=tuple(cell for cell in before.cells if cell.key not in new),
        only_now=tuple(cell for cell in now.cells if cell.key not in old),
    )


def drifts(baseline: Entry, run: Entry) -> tuple[Drift, ...]:
    """Return the drift of each cell that the baseline has too.

    Raise BenchError where facts of the runs, or the meanings of their plans, differ.
    """
    if changes := differences(baseline, run):
        raise BenchError(
            f"run {run.run} cannot be compared with run {baseline.run}: {', '.join(changes)}; "
            "accept a baseline here, or judge with: make check BASE=ref"
        )
    return _drifts({cell.key: cell for cell in baseline.cells}, run)


def _drifts(before: Mapping[CellKey, Cell], run: Entry) -> tuple[Drift, ...]:
    return tuple(_drift(before[now.key], now) for now in run.cells if now.key in before)


def _drift(before: Cell, now: Cell) -> Drift:
    names = [metric.name for metric in metrics_at(Place.HISTORY)]
    both = [name for name in names if name in before.metrics and name in now.metrics]
    ratios = {
        metric: ratio(before.metrics[metric], now.metrics[metric])
        for metric in both
        if before.metrics[metric].middle > 0
    }
    return Drift(before, now, ratios)


def ratio(before: Spread, now: Spread) -> Ratio:
    """Return the ratio of the medians.

    It is open where the ranges overlap, within the margin, and where either has one round.
    """
    value = now.middle / before.middle
    apart = now.low > before.high or now.high < before.low
    equal = 1 / (1 + MARGIN) <= value <= 1 + MARGIN
    rounds = min(before.rounds, now.rounds)
    if rounds == 1:
        return Ratio(value, True, value, value, rounds)
    low = now.low / before.high
    high = now.high / before.low if before.low > 0 else inf
    return Ratio(value, equal or not apart, low, high, rounds)

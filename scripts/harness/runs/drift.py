"""How far a run is off a baseline, cell by cell: a trend, no verdict. Pure."""

from dataclasses import dataclass

from harness.core.errors import BenchError
from harness.core.metrics import Place, metrics_at
from harness.core.statistics import MARGIN
from harness.core.summary import Spread
from harness.runs.entry import Cell, Entry, differences


@dataclass(frozen=True, slots=True)
class Ratio:
    """A metric of the run over that of the baseline; `open` where the rounds are inconclusive."""

    value: float
    open: bool


@dataclass(frozen=True, slots=True)
class Drift:
    """One cell of a run beside that of a baseline; a metric that either lacks is absent.

    Where either is `doubted`, its ratios mean nothing.
    """

    cell: Cell
    doubted: bool
    ratios: dict[str, Ratio]


def drifts(baseline: Entry, run: Entry) -> tuple[Drift, ...]:
    """Return the drift of each cell that the baseline has too.

    Raise BenchError where facts of the runs, or the meanings of their plans, differ.
    """
    if changes := differences(baseline, run):
        raise BenchError(
            f"run {run.run} cannot be compared with run {baseline.run}: {', '.join(changes)}; "
            "accept a baseline here, or judge with: make check BASE=ref"
        )
    before = {cell.key: cell for cell in baseline.cells}
    return tuple(_drift(before[now.key], now) for now in run.cells if now.key in before)


def _drift(before: Cell, now: Cell) -> Drift:
    names = [metric.name for metric in metrics_at(Place.HISTORY)]
    both = [name for name in names if name in before.metrics and name in now.metrics]
    return Drift(
        cell=now,
        doubted=before.doubted or now.doubted,
        ratios={
            metric: ratio(before.metrics[metric], now.metrics[metric])
            for metric in both
            if before.metrics[metric].middle > 0
        },
    )


def ratio(before: Spread, now: Spread) -> Ratio:
    """Return the ratio of the medians.

    It is open where the ranges overlap, within the margin, and where either has one round.
    """
    value = now.middle / before.middle
    apart = now.low > before.high or now.high < before.low
    equal = 1 / (1 + MARGIN) <= value <= 1 + MARGIN
    return Ratio(value, open=equal or not apart or min(before.rounds, now.rounds) == 1)

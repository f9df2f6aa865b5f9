"""Simulate the regression check: how often it alarms for nothing, and what it finds.

`python -m harness.checks.power_simulation` (in scripts/) prints the table of docs/decisions/0007.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import log

import numpy as np

from harness.checks.judge import METRICS, Change, Side, finished, judge
from harness.checks.sequential import LOOKS
from harness.core.statistics import Floats
from harness.core.trial import CellKey, CellMetric
from harness.core.units import percent

RUNS = 2000
CELL = CellKey("simulated", "pairs")
EVERY = tuple(CellMetric(name, CELL) for name in METRICS)
CHANGED = CellMetric("throughput_rps", CELL)


@dataclass(frozen=True, slots=True)
class Noise:
    """How the log-ratios of pairs scatter.

    `sd` is their standard deviation, `alike` their autocorrelation of first order, `outliers` the
    share of pairs with three times the deviation. `start_sd` is what one start of a server differs
    from another by, and a pair of starts serves `pairs_per_start` pairs.
    """

    sd: float
    alike: float = 0.0
    outliers: float = 0.05
    start_sd: float = 0.0
    pairs_per_start: int = 1


@dataclass(frozen=True, slots=True)
class Rates:
    """What became of many checks, as shares of them, and the mean number of pairs they took.

    `alarms` have a regression in a metric that nothing was done to, `found` one in the metric that
    was changed; `unchanged` is what was said of that metric.
    """

    runs: int
    alarms: float
    found: float
    unchanged: float
    pairs: float


def rates(noise: Noise, change: float, runs: int = RUNS, seed: int = 1) -> Rates:
    """Judge many simulated checks of which BASE serves more by `change` than HEAD (0.05: 5%)."""
    random = np.random.default_rng(seed)
    checks = [check(*sides(noise, change, random)) for _ in range(runs)]
    verdicts = [{c.metric: c.verdict for c in changes} for changes, _ in checks]
    alarms = [
        "regressed" in (v for m, v in found.items() if m != CHANGED or change == 0)
        for found in verdicts
    ]
    return Rates(
        runs=runs,
        alarms=float(np.mean(alarms)),
        found=float(np.mean([found[CHANGED] == "regressed" for found in verdicts])),
        unchanged=float(np.mean([found[CHANGED] == "unchanged" for found in verdicts])),
        pairs=float(np.mean([pairs for _, pairs in checks])),
    )


def check(base: Side, head: Side, looks: Sequence[int] = LOOKS) -> tuple[tuple[Change, ...], int]:
    """Look after so many pairs each until all is decided; give the last look and its pairs."""
    for pairs in looks:
        changes = judge(_first(pairs, base), _first(pairs, head), EVERY, looks)
        if finished(changes):
            break
    return changes, pairs


def _first(pairs: int, side: Side) -> Side:
    return {name: values[:pairs] for name, values in side.items()}


def sides(noise: Noise, change: float, random: np.random.Generator) -> tuple[Side, Side]:
    """Draw one check: a machine that drifts, noise of its own for each metric, rare errors."""
    pairs = LOOKS[-1]
    drift = np.exp(np.cumsum(random.normal(0, 0.02, pairs)))
    base: dict[CellMetric, list[float | None]] = {}
    head: dict[CellMetric, list[float | None]] = {}
    for name in EVERY:
        if name.name == "error_share":
            base[name], head[name] = (_errors(pairs, random) for _ in range(2))
            continue
        shift = -log(1 + change) if name == CHANGED else 0.0
        base[name] = drift.tolist()
        head[name] = (drift * np.exp(shift + scatter(noise, pairs, random))).tolist()
    return base, head


def scatter(noise: Noise, pairs: int, random: np.random.Generator) -> Floats:
    """Draw log-ratios of equal sides: an autoregressive process, outliers, starts of servers."""
    steps = random.normal(size=pairs)
    values = steps.copy()
    for n in range(1, pairs):
        values[n] = noise.alike * values[n - 1] + (1 - noise.alike**2) ** 0.5 * steps[n]
    far = random.random(pairs) < noise.outliers
    values = np.where(far, random.normal(0, 3, pairs), values)
    starts = random.normal(0, noise.start_sd * 2**0.5, -(-pairs // noise.pairs_per_start))
    return noise.sd * values + np.repeat(starts, noise.pairs_per_start)[:pairs]


def _errors(pairs: int, random: np.random.Generator) -> list[float | None]:
    """Draw shares of errors: one plateau in fifty has some, one request in a thousand of it."""
    return [0.001 if chance < 0.02 else 0.0 for chance in random.random(pairs)]


def main() -> None:
    """Print the rates of every noise and change that the decision quotes."""
    for sd, alike in product((0.03, 0.045, 0.06), (0.0, 0.2, 0.3)):
        _print(Noise(sd, alike))
    for start_sd, every in product((0.01, 0.02), (LOOKS[-1], 10, 5, 1)):
        _print(Noise(0.045, start_sd=start_sd, pairs_per_start=every))


def _print(noise: Noise) -> None:
    same, five, ten = (rates(noise, change) for change in (0.0, 0.05, 0.10))
    print(
        f"| {percent(noise.sd)} | {noise.alike:g} | {percent(noise.start_sd)} | "
        f"{noise.pairs_per_start} | {percent(same.alarms)} | {percent(same.unchanged)} | "
        f"{percent(five.found)} | {percent(ten.found)} | "
        f"{same.pairs:.0f}, {five.pairs:.0f}, {ten.pairs:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()

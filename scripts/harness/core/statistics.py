"""Statistics: pure functions, values in, values out. docs/method.md has each formula."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, exp, log, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import nctdtr, ndtr, stdtrit

from harness.core.summary import Kind, Spread

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Quantile:
    """The share of values that a percentile is not below, and the least count it is taken of.

    One value at least must stand above it, or it is the longest; five in the far tail, where values
    lie furthest apart.
    """

    share: float
    least: int = 1


P50 = Quantile(0.50, least=10)  # 10 x 50% = 5
P90 = Quantile(0.90, least=10)  # 10 x 10% = 1
P95 = Quantile(0.95, least=20)  # 20 x 5% = 1
P99 = Quantile(0.99, least=500)  # 500 x 1% = 5
P999 = Quantile(0.999, least=5_000)  # 5,000 x 0.1% = 5

# Two deployments within 3% of each other are called equal: on a shared 2-core machine the same
# deployment differs from itself by about that much from start to start (docs/method.md).
MARGIN = 0.03

# Fewer rounds give a range: with 3, Student's interval would be 1.9 times as wide as with 5, since
# 4.30 / sqrt(3) x 0.886 = 2.20 standard deviations beside 2.78 / sqrt(5) x 0.940 = 1.17.
MIN_ROUNDS_FOR_INTERVAL = 5
CONFIDENCE = 0.95


def percentile(ordered: Floats, quantile: Quantile) -> float | None:
    """Return a quantile of ascending values as an order statistic, never interpolated.

    It is the smallest value that at least its share of the values does not exceed (the inverse of
    the empirical distribution; Hyndman & Fan 1996, type 1). None below its least count.
    """
    n = len(ordered)
    if n < quantile.least:
        return None
    return float(ordered[max(0, ceil(quantile.share * n - 1e-9) - 1)])


def kind(rounds: int) -> Kind:
    """Return what so many rounds yield: a range, or an interval."""
    return "interval" if rounds >= MIN_ROUNDS_FOR_INTERVAL else "range"


def spread(values: Sequence[float], within: tuple[float, float] | None = None) -> Spread | None:
    """Return the middle and the bounds of one value per round; None without values.

    From 5 rounds on it is Student's t interval of the mean, else the median with the range. The
    mean is the geometric one, since noise acts by factors; with a value of 0 there is none, and
    the range remains. Values that may be 0, such as shares, lie `within` limits: they have a plain
    mean, and the interval is cut to the limits. docs/decisions/0006 says how often it misses the
    truth.
    """
    if not values:
        return None
    rounds = len(values)
    if kind(rounds) == "range" or (within is None and min(values) <= 0):
        return Spread(float(np.median(values)), min(values), max(values), rounds, "range")
    if within is None:
        middle, half = _student(np.log(values))
        return Spread(exp(middle), exp(middle - half), exp(middle + half), rounds, "interval")
    lowest, highest = within
    middle, half = _student(np.array(values))
    low = max(lowest, middle - half)
    high = min(highest, middle + half)
    return Spread(middle, low, high, rounds, "interval")


def paired_ratio(top: Mapping[int, float], bottom: Mapping[int, float]) -> Spread | None:
    """Return the spread of top / bottom over the rounds that have both; None where none has.

    Both are keyed by round. A round in which either is 0 has no ratio. The middle is the ratio of
    the two middles, so that it agrees with what is shown beside it: a median of ratios would not,
    a geometric mean does by itself. It never lies outside the range.
    """
    both = [r for r in sorted(top.keys() & bottom.keys()) if top[r] > 0 and bottom[r] > 0]
    ratio = spread([top[r] / bottom[r] for r in both])
    if ratio is None or ratio.kind == "interval":
        return ratio
    over = np.median([top[r] for r in both])
    under = np.median([bottom[r] for r in both])
    return replace(ratio, middle=float(over / under))


def chance_of_difference(noise: float, rounds: int) -> float:
    """Return how often the ratio of equal deployments comes out beyond the margin, by noise alone.

    `noise` is the standard deviation of the logarithm of one round's ratio. A range lies beyond the
    margin when all rounds do, on one side. Of an interval the distance of the mean from the margin,
    over its standard error, has a noncentral t distribution.
    """
    if rounds < 2 or noise <= 0:
        return 0.0
    distance = log(1 + MARGIN) / noise
    if kind(rounds) == "range":
        return 2 * float(ndtr(-distance)) ** rounds
    critical = stdtrit(rounds - 1, (1 + CONFIDENCE) / 2)
    return 2 * (1 - float(nctdtr(rounds - 1, -distance * sqrt(rounds), critical)))


def counting_error(top: Sequence[float], bottom: Sequence[float]) -> float:
    """Return how far counting alone may move the logarithm of a ratio of counts: 2 standard errors.

    A Poisson count of n has a variance of n, its logarithm one of about 1/n; the mean over r
    rounds has 1/r^2 of their sum. Each sequence has one count per round, none of them 0.
    """
    variances = [1 / count for count in (*top, *bottom)]
    return 2 * sqrt(sum(variances)) / len(top)


def differ(ones: Sequence[float], others: Sequence[float]) -> bool:
    """Return whether two groups of starts differ: Student's t interval of the ratio is off 1.

    The scatter of both is taken together, and acts by factors. Groups that nothing can be told of,
    with fewer than two starts each, do not differ; one with a 0 differs from one without.
    """
    if min(len(ones), len(others)) < 2:
        return False
    if min(*ones, *others) <= 0:
        return (min(ones) <= 0) != (min(others) <= 0)
    left, right = np.log(ones), np.log(others)
    freedom = len(left) + len(right) - 2
    squares = ((left - left.mean()) ** 2).sum() + ((right - right.mean()) ** 2).sum()
    error = sqrt(squares / freedom * (1 / len(left) + 1 / len(right)))
    return bool(abs(left.mean() - right.mean()) > stdtrit(freedom, (1 + CONFIDENCE) / 2) * error)


def exceeds_margin(ratio: Spread) -> bool:
    """Return whether all of a ratio lies on one side of 1, beyond the margin.

    One round has no range, so its ratio never does.
    """
    return ratio.rounds > 1 and (ratio.low > 1 + MARGIN or ratio.high < 1 / (1 + MARGIN))


def sign(ratio: Spread, chance: float = 0.0) -> Literal["<", "~", ">"]:
    """Return on which side of 1 a ratio lies, `~` where that is open.

    It is open within the margin, and where the middle's logarithm is within `chance`, which is how
    far counting alone may move it.
    """
    if not exceeds_margin(ratio) or abs(log(ratio.middle)) <= chance:
        return "~"
    return ">" if ratio.middle > 1 else "<"


def overlap(starts: Floats, ends: Floats, window: tuple[float, float]) -> float:
    """Return the time that the intervals [starts, ends] spend in the window, in their unit."""
    opened, closed = window
    inside = np.minimum(ends, closed) - np.maximum(starts, opened)
    return float(np.clip(inside, 0.0, None).sum())


def _student(values: Floats) -> tuple[float, float]:
    """Return the mean and half the width of its interval (Student 1908), 0 for equal values."""
    n = len(values)
    error = float(values.std(ddof=1)) / sqrt(n)
    factor = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2))
    return float(values.mean()), factor * error

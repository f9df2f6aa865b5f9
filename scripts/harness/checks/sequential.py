"""Estimate a change from pairs whose noise has outliers and memory, and test it more than once.

Pure functions: values in, values out. docs/decisions/0007 has what else was tried.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import TypeVar

import numpy as np
from scipy.special import stdtr, stdtrit

from harness.core.metrics import Scale
from harness.core.statistics import Floats

Key = TypeVar("Key", bound=Hashable)

# After how many pairs to look. The last is what 6 minutes hold at two plateaus of 2 s a pair.
LOOKS = (10, 20, 40, 70)

# Off each end: with one value in twenty an outlier, a tenth keeps nearly all of them out.
TRIMMED = 0.1

# An autocorrelation nearer to 1 cannot be told from a trend by 70 values.
MOST_ALIKE = 0.9


@dataclass(frozen=True, slots=True)
class Estimate:
    """A location with its standard error and degrees of freedom."""

    middle: float
    error: float
    degrees: int
    pairs: int

    @property
    def chance(self) -> float:
        """Give the two-sided p-value of no change (Student)."""
        if self.error == 0:
            return 0.0 if self.middle else 1.0
        return 2 * float(stdtr(self.degrees, -abs(self.middle) / self.error))

    def half(self, level: float) -> float:
        """Give half the width of the interval that misses with a probability of `level`."""
        if self.error == 0:
            return 0.0
        return self.error * float(stdtrit(self.degrees, 1 - level / 2)) if level > 0 else inf


def spent(pairs: int, looks: Sequence[int] = LOOKS) -> float:
    """Give the share of the error allowed in all that may be spent at this look.

    The spending function of Lan & DeMets (1983), of the power family of Kim & DeMets (1987) with
    exponent 2: t^2 in all by a share t of the pairs. A look spends what has come up since the last
    one, so all looks together err no more often than allowed, however they depend (Bonferroni).
    """
    if pairs < looks[0]:
        return 0.0
    before = max((look for look in looks if look < pairs), default=0)
    return min(1.0, pairs / looks[-1]) ** 2 - min(1.0, before / looks[-1]) ** 2


def estimate(values: Floats, scale: Scale = "ratio") -> Estimate:
    """Give the trimmed mean of log-ratios, the plain mean of differences, with standard errors.

    The error of a trimmed mean is that of Tukey & McLaughlin (1963), from the winsorised values.
    It is widened where neighbours are alike. Rare bursts of errors are no outliers: a difference
    keeps them.
    """
    n = len(values)
    cut = int(TRIMMED * n) if scale == "ratio" else 0
    ordered = np.sort(values)
    kept = ordered[cut : n - cut]
    winsorised = np.clip(values, kept[0], kept[-1])
    error = float(winsorised.std(ddof=1)) / ((1 - 2 * cut / n) * sqrt(n))
    return Estimate(float(kept.mean()), error * _widened(winsorised), n - 2 * cut - 1, n)


def _widened(values: Floats) -> float:
    """Give the factor on the standard error of a mean of neighbours that are alike, at least 1.

    sqrt((1 + r) / (1 - r)), r the autocorrelation of first order, freed from its bias of
    -(1 + 4 r) / n (Marriott & Pope 1954); of very few values or equal ones nothing can be said.
    """
    n, apart = len(values), values - values.mean()
    total = float(apart @ apart)
    if n < LOOKS[0] or total == 0:
        return 1.0
    alike = (float(apart[1:] @ apart[:-1]) / total + 1 / n) / (1 - 4 / n)
    alike = min(max(alike, 0.0), MOST_ALIKE)
    return sqrt((1 + alike) / (1 - alike))


def holm(chances: Mapping[Key, float], alpha: float, tests: int) -> dict[Key, float]:
    """Give each metric the level it is tested at: alpha / tests, one test fewer per rejection."""
    levels: dict[Key, float] = {}
    rejected = 0
    for name in sorted(chances, key=lambda name: chances[name]):
        levels[name] = alpha / (tests - rejected)
        rejected += chances[name] <= levels[name]
    return levels

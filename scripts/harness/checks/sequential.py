"""Estimate a change from one value for each start of the servers, and test it more than once.

Pure functions: values in, values out. The last axis of every array runs over the starts; axes
before it hold checks that are judged alike, so that thousands can be simulated at once.
docs/decisions/0007 has what else was tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from harness.core.statistics import Floats

Flags = npt.NDArray[np.bool_]

# The least starts that a check is judged by: with fewer, memory that has two levels by start can
# differ the same way in all of them by chance, once in 4 ** starts.
FEWEST_STARTS = 6

# Starts that find 5% where pairs scatter as measured: docs/decisions/0007.
ENOUGH_STARTS = 16

# After how many starts to look, before the plan's last one.
LOOKS = (8, 16, 32)

# Off each end: a tenth keeps single outliers out of 10 starts and more.
TRIMMED = 0.1

# An autocorrelation nearer to 1 cannot be told from a trend by so few values.
MOST_ALIKE = 0.9


@dataclass(frozen=True, slots=True)
class Quotients:
    """What was counted in each start, and over how much: answers over seconds."""

    counted: Floats
    over: Floats

    def first(self, starts: int) -> "Quotients":
        """Return those of so many starts."""
        return Quotients(self.counted[..., :starts], self.over[..., :starts])


@dataclass(frozen=True, slots=True)
class Estimate:
    """A change with its standard error, and what either side came to.

    `middle` is ln(HEAD / BASE) or HEAD - BASE; `base` is on the scale of the metric.
    """

    middle: Floats
    error: Floats
    base: Floats
    degrees: int
    starts: int

    @property
    def chance(self) -> Floats:
        """Return the two-sided p-value of no change (Student); without noise any change is sure."""
        noisy = self.error > 0
        apart = np.abs(self.middle) / np.where(noisy, self.error, 1.0)
        return np.where(noisy, 2 * stdtr(self.degrees, -apart), np.where(self.middle == 0, 1.0, 0))

    def half(self, level: Floats | float) -> Floats:
        """Return half the width of the interval that misses with a probability of `level`."""
        width = stdtrit(self.degrees, 1 - np.maximum(level, 0.0) / 2)
        return np.where(self.error > 0, self.error * width, 0.0)


def looks(starts: int) -> tuple[int, ...]:
    """List after how many starts to look, in a check of so many at most."""
    return (*(look for look in LOOKS if look < starts), starts)


def spent(starts: int, at: Sequence[int]) -> float:
    """Return the share of the error allowed in all that may be spent at this look.

    The spending function of Lan & DeMets (1983), of the power family of Kim & DeMets (1987) with
    exponent 2: t^2 in all by a share t of the starts. A look spends what has come up since the last
    one, so all looks together err no more often than allowed, however they depend (Bonferroni).
    """
    if starts < at[0]:
        return 0.0
    before = max((look for look in at if look < starts), default=0)
    return float(min(1.0, starts / at[-1]) ** 2 - min(1.0, before / at[-1]) ** 2)


def typical(base: Quotients, head: Quotients, least: float = 0.0) -> Estimate:
    """Estimate ln(HEAD / BASE) of a typical start: the mean over the starts, trimmed.

    Its error is that of Tukey & McLaughlin (1963), from the winsorised values, widened where
    neighbours are alike. A count of 0 is taken for `least`, as it has no logarithm and is no gap.
    """
    of_base, of_head = (_logarithms(side, least) for side in (base, head))
    values = of_head - of_base
    n = values.shape[-1]
    cut = int(TRIMMED * n)
    kept = np.sort(values, axis=-1)[..., cut : n - cut]
    winsorised = np.clip(values, kept[..., :1], kept[..., -1:])
    error = winsorised.std(axis=-1, ddof=1) / ((1 - 2 * cut / n) * n**0.5)
    return Estimate(
        middle=kept.mean(axis=-1),
        error=error * _widened(winsorised),
        base=np.exp(of_base.mean(axis=-1)),
        degrees=n - 2 * cut - 1,
        starts=n,
    )


def total(base: Quotients, head: Quotients, least: float = 0.0) -> Estimate:
    """Estimate ln(HEAD / BASE) of the sums over all starts: nothing is trimmed, a stall counts.

    The error is that of a ratio of sums, to first order (Cochran 1977, 6.3).
    """
    of_base, of_head = (_whole(side, least) for side in (base, head))
    return _estimate(
        np.log(of_head / of_base),
        _residuals(head, of_head) / of_head[..., None]
        - _residuals(base, of_base) / of_base[..., None],
        of_base,
    )


def difference(base: Quotients, head: Quotients) -> Estimate:
    """Estimate HEAD - BASE of the sums over all starts; for shares, which are mostly 0."""
    of_base, of_head = _whole(base), _whole(head)
    return _estimate(
        of_head - of_base, _residuals(head, of_head) - _residuals(base, of_base), of_base
    )


def holm(chances: Floats, alpha: float, tests: npt.NDArray[np.int_]) -> Floats:
    """Return the level that each metric is tested at (Holm 1979); the first axis runs over metrics.

    That is alpha / tests, with one test fewer for each rejection before.
    """
    order = np.argsort(chances, axis=0, kind="stable")
    ordered = np.take_along_axis(chances, order, axis=0)
    ranks = np.arange(len(chances)).reshape(-1, *[1] * (chances.ndim - 1))
    rejected = np.logical_and.accumulate(ordered <= alpha / np.maximum(tests - ranks, 1), axis=0)
    before = np.minimum(ranks, rejected.sum(axis=0))
    levels = np.empty_like(chances)
    np.put_along_axis(levels, order, alpha / np.maximum(tests - before, 1), axis=0)
    return levels


def _logarithms(side: Quotients, least: float) -> Floats:
    return np.asarray(np.log(np.maximum(side.counted, least) / side.over))


def _whole(side: Quotients, least: float = 0.0) -> Floats:
    """Return the quotient of the sums."""
    return np.asarray(np.maximum(side.counted.sum(axis=-1), least) / side.over.sum(axis=-1))


def _residuals(side: Quotients, whole: Floats) -> Floats:
    """Return by how much each start moves the quotient of the sums, times the number of starts."""
    apart = side.counted - whole[..., None] * side.over
    return np.asarray(apart / side.over.mean(axis=-1, keepdims=True))


def _estimate(middle: Floats, influence: Floats, base: Floats) -> Estimate:
    n = influence.shape[-1]
    error = influence.std(axis=-1, ddof=1) / n**0.5 * _widened(influence)
    return Estimate(middle, error, base, n - 1, n)


def _widened(values: Floats) -> Floats:
    """Return the factor on the standard error of a mean of neighbours that are alike, at least 1.

    sqrt((1 + r) / (1 - r)), r the autocorrelation of first order, freed from its bias of
    -(1 + 4 r) / n (Marriott & Pope 1954), less its standard error of 1 / sqrt(n): what chance
    explains would widen every interval.
    """
    n = values.shape[-1]
    apart = values - values.mean(axis=-1, keepdims=True)
    squares = (apart * apart).sum(axis=-1)
    products = (apart[..., 1:] * apart[..., :-1]).sum(axis=-1)
    alike = (products / np.where(squares > 0, squares, 1.0) + 1 / n) / (1 - 4 / n) - n**-0.5
    alike = np.where(squares > 0, np.clip(alike, 0.0, MOST_ALIKE), 0.0)
    return np.asarray(np.sqrt((1 + alike) / (1 - alike)))

"""Statistics: pure functions, values in, values out. docs/method.md has each formula."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Literal

import numpy as np
import numpy.typing as npt

from harness.findings import Spread

Floats = npt.NDArray[np.float64]

# How many values stand above a percentile must be at least about five, or its value is the
# accident of one or two requests: 500 x 1 % = 5, 5,000 x 0.1 % = 5.
MIN_REQUESTS = {0.99: 500, 0.999: 5_000}

# Two deployments within 3 % of each other are called equal: on a shared 2-core machine the same
# deployment differs from itself by about that much from start to start (docs/method.md).
MARGIN = 0.03


def percentile(ordered: Floats, q: float) -> float | None:
    """Give the q-quantile of ascending values as an order statistic, never interpolated.

    It is the smallest value that at least a share q of the values does not exceed (the inverse of
    the empirical distribution; Hyndman & Fan 1996, type 1). None below the minimum count.
    """
    n = len(ordered)
    if n == 0 or n < MIN_REQUESTS.get(q, 1):
        return None
    return float(ordered[max(0, ceil(q * n - 1e-9) - 1)])


def spread(values: Sequence[float]) -> Spread | None:
    """Give the median and the range of one value per round; None without values."""
    if not values:
        return None
    return Spread(float(np.median(values)), min(values), max(values), len(values))


def paired_ratio(top: Mapping[int, float], bottom: Mapping[int, float]) -> Spread | None:
    """Give the spread of top / bottom over the rounds that have both; None where none has."""
    pairs = [top[r] / bottom[r] for r in sorted(top.keys() & bottom.keys()) if bottom[r] > 0]
    return spread(pairs)


def sign(ratio: Spread, margin: float = MARGIN) -> Literal["<", "~", ">"]:
    """Call a ratio decided only where the whole range lies beyond the margin around 1.

    One round has no range, so it decides nothing.
    """
    if ratio.rounds < 2:
        return "~"
    if ratio.low > 1 + margin:
        return ">"
    return "<" if ratio.high < 1 / (1 + margin) else "~"


def overlap(starts: Floats, ends: Floats, window: tuple[float, float]) -> float:
    """Sum the time that the intervals [starts, ends] spend inside the window, in their unit."""
    inside = np.minimum(ends, window[1]) - np.maximum(starts, window[0])
    return float(np.clip(inside, 0.0, None).sum())

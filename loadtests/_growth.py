"""Tell when an open load step has more arrivals than the server answers: its queue grows.

A slope by least squares over bins of time, and how far it may be off. What is queued in one bin is
mostly queued in the next, so the bins tell less than as many independent ones: the error is widened
by the correlation of neighbours, as that of a first-order autoregression is (Bayley & Hammersley
1946).
"""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

# Below eight bins neither a slope nor its error can be told.
FEWEST_BINS = 8

# Three standard errors: the rule is asked at every bin, and each time chance has another try.
SURE = 3.0

# What a queue grows by is judged by what it would come to in so long.
HORIZON_S = 30.0

# Of residuals whose neighbours are closer than this the slope is an accident whatever its error.
MOST_CORRELATION = 0.9


def grows(
    in_system: Sequence[float],
    ages_s: Sequence[float],
    bin_s: float,
    rate_rps: float,
    most_ms: float,
) -> bool:
    """Hold when the requests in the system, and their ages, grow significantly and too fast.

    `in_system` counts them in each bin, `ages_s` sums up how long they have been there. Too fast is
    what would add `most_ms` to latency within HORIZON_S: of arrivals at `rate_rps`, each request
    more in the system is one that takes 1 / `rate_rps` longer (Little's law).
    """
    if len(in_system) < FEWEST_BINS:
        return False
    means_s = [age / count if count else 0.0 for age, count in zip(ages_s, in_system, strict=True)]
    if lowest_slope(means_s) <= 0 or lowest_slope(in_system) <= 0:
        return False
    added_s = slope(in_system) / bin_s / rate_rps * HORIZON_S
    return added_s * 1000 > most_ms


def slope(series: Sequence[float]) -> float:
    """Return by how much a series of two bins or more rises from bin to bin."""
    mean = sum(series) / len(series)
    centre = (len(series) - 1) / 2
    rise = sum((place - centre) * (value - mean) for place, value in enumerate(series))
    return rise / _spread(len(series))


def lowest_slope(series: Sequence[float]) -> float:
    """Return the slope of three bins or more less SURE standard errors."""
    rise, mean, centre = slope(series), sum(series) / len(series), (len(series) - 1) / 2
    rest = [value - mean - rise * (place - centre) for place, value in enumerate(series)]
    squares = sum(each * each for each in rest)
    if squares == 0:
        return rise
    products = sum(each * after for each, after in pairwise(rest))
    correlation = min(MOST_CORRELATION, max(0.0, products / squares))
    variance = squares / (len(series) - 2) / _spread(len(series))
    return rise - SURE * sqrt(variance * (1 + correlation) / (1 - correlation))


def _spread(bins: int) -> float:
    """Return the sum of the squared distances of so many bins from their centre."""
    return bins * (bins * bins - 1) / 12

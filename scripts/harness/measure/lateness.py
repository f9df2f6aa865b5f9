"""How late the load generator may be before its lateness is part of the figures. Pure."""

from math import inf

from harness.core.metrics import Measurement
from harness.core.units import threshold

# A generator that wakes up late adds its lateness to what it calls the server's latency: 5% of the
# median is as much as little's law may miss. Timers count whole milliseconds, so that an idle
# generator is 1 ms late; beyond 2 ms it is itself. And it moves the edges of the window: by 1% of
# it, a third of the margin within which two rates are called equal.
LEAST_LAG_MS, MOST_LAG_SHARE, MOST_LAG_OF_WINDOW = 2.0, 0.05, 0.01

# An arrival that finds no free client waits in the generator, not in the server: like its lag.
MOST_LATE_MS, MOST_LATE_SHARE = 5.0, 0.05


def most_lag_ms(metrics: Measurement) -> float:
    """Return how late the generator may wake up: 5% of the median, 1% of the window at most."""
    window_ms = 1000 * (metrics.measured_s or inf)
    by_median_ms = of_median(LEAST_LAG_MS, MOST_LAG_SHARE, metrics)
    return min(by_median_ms, max(LEAST_LAG_MS, MOST_LAG_OF_WINDOW * window_ms))


def of_median(least_ms: float, share: float, metrics: Measurement) -> float:
    """Return a limit in milliseconds: a share of the median latency, and at least `least_ms`.

    Of the mean where too few requests have a median.
    """
    middle_ms = metrics.latency_p50_ms or metrics.latency_mean_ms or 0
    return max(least_ms, share * middle_ms)


def in_words(least_ms: float, share: float) -> str:
    """Return in words what of_median() allows."""
    return f"{least_ms:g} ms or {threshold(share)} of the median latency"

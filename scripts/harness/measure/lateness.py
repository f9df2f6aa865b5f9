"""How late the load generator may be before its lateness is part of the figures. Pure."""

from math import inf

from harness.core.metrics import Measurement
from harness.core.record import Extra
from harness.core.statistics import MARGIN
from harness.core.units import threshold

# A generator that wakes up late adds its lateness to what it calls the server's latency: 5% of the
# median is as much as little's law may miss. Of a short one a tenth, up to the 5 ms by which the
# envelope calls a percentile right: in a turn of a check, of a hundred wake-ups, p99 is the worst.
# Timers count whole milliseconds, so that an idle generator is 1 ms late; beyond 2 ms it is itself.
LEAST_LAG_MS, SHORT_LAG_MS, SHORT_LAG_SHARE, MOST_LAG_SHARE = 2.0, 5.0, 0.10, 0.05

# And it moves the edges of the window: by the margin within which two rates are called equal, if
# one in a hundred wake-ups meets them.
MOST_LAG_OF_WINDOW = MARGIN

# An arrival that finds no free client waits in the generator, not in the server: like its lag.
MOST_LATE_MS, MOST_LATE_SHARE = 5.0, 0.05

MOST_LAG = (
    f"{threshold(MOST_LAG_SHARE)} of the median latency late (p99), "
    f"{threshold(SHORT_LAG_SHARE)} up to {SHORT_LAG_MS:g} ms, {LEAST_LAG_MS:g} ms in any case, "
    f"and {threshold(MOST_LAG_OF_WINDOW)} of the window"
)


def most_lag_ms(metrics: Measurement, extra: Extra) -> float:
    """Return how late the generator may wake up, as MOST_LAG says."""
    short_ms = min(SHORT_LAG_MS, SHORT_LAG_SHARE * _median_ms(metrics, extra))
    by_median_ms = of_median(max(LEAST_LAG_MS, short_ms), MOST_LAG_SHARE, metrics, extra)
    window_ms = 1000 * (metrics.measured_s or inf)
    return min(by_median_ms, max(LEAST_LAG_MS, MOST_LAG_OF_WINDOW * window_ms))


def of_median(least_ms: float, share: float, metrics: Measurement, extra: Extra) -> float:
    """Return a limit in milliseconds: a share of the median latency, and at least `least_ms`."""
    return max(least_ms, share * _median_ms(metrics, extra))


def _median_ms(metrics: Measurement, extra: Extra) -> float:
    """Return the median latency without what a late generator adds to it.

    Else it would widen the limit of its own lateness. Up to the end of the view by the server's
    stamps; of a server without them, or of too few requests, what the client measured (the median,
    or the mean) less the lateness itself. Of streams, that is the time to the first event.
    """
    if extra.stamped_p50_ms is not None:
        return extra.stamped_p50_ms
    latency_ms = metrics.latency_p50_ms or metrics.latency_mean_ms or 0
    measured_ms = extra.first_event_p50_ms or latency_ms
    return measured_ms - (metrics.load_lag_p99_ms or 0) - (extra.late_p99_ms or 0)


def in_words(least_ms: float, share: float) -> str:
    """Return in words what of_median() allows."""
    return f"{least_ms:g} ms or {threshold(share)} of the median latency"

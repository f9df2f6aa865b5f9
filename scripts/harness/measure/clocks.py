"""How far clocks of several hosts may be apart before times that need two of them blur. Pure."""

from harness.core.units import threshold

# When a request entered the view is the server's word, when it was sent the client's: what their
# clocks differ by moves from queue to back. 1 ms is what timers count in; 5% as little's law.
MOST_APART_MS, MOST_APART_SHARE = 1.0, 0.05

MOST_APART = f"{MOST_APART_MS:g} ms or {threshold(MOST_APART_SHARE)} of the median latency"


def most_apart_ms(median_ms: float | None) -> float:
    """Return how far clocks may be apart, as MOST_APART says."""
    return max(MOST_APART_MS, MOST_APART_SHARE * (median_ms or 0))


def agree(apart_ms: float | None, median_ms: float | None) -> bool:
    """Return whether clocks that are up to so far apart are as good as one; None is one clock."""
    return apart_ms is None or apart_ms <= most_apart_ms(median_ms)

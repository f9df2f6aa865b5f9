"""What a freeze of the server does to percentiles, as a closed loop reports it and as it is. Pure.

A closed loop sends nothing while the server stands still, so a freeze of many seconds is but one
slow request per client (coordinated omission: Tene, "How NOT to Measure Latency", 2013).
"""

from dataclasses import dataclass

import numpy as np

from harness.core import statistics
from harness.core.units import milliseconds

# Closer than this, latency and stamps agree: when the freeze ends, all clients have an answer to
# read at once, and each reads it after the others.
MATCH_MS = 50.0

ARRIVALS = 10_000


@dataclass(frozen=True, slots=True)
class Freeze:
    """One plateau with a freeze in it, of a server with one constant delay.

    `p90_ms` and `p99_ms` are those of the closed loop, `open_*` those of requests that keep
    arriving. `stamped_ms` is the time from sending the longest request to its stamped departure.
    """

    freeze_ms: float
    window_ms: float
    p90_ms: float
    p99_ms: float
    open_p90_ms: float
    open_p99_ms: float
    longest_ms: float
    stamped_ms: float

    @property
    def right(self) -> bool:
        """Return whether the longest latency covers the freeze and agrees with the stamps."""
        agrees = abs(self.longest_ms - self.stamped_ms) <= MATCH_MS
        return agrees and self.longest_ms >= self.freeze_ms

    @property
    def sentence(self) -> str:
        """Return what the closed loop made of the freeze, and whether its maximum is right."""
        agreement = "as" if self.right else "NOT as"
        return (
            f"Frozen for {milliseconds(self.freeze_ms)} of {milliseconds(self.window_ms)}, the "
            f"closed loop reports p90 = {milliseconds(self.p90_ms)} and "
            f"p99 = {milliseconds(self.p99_ms)}; requests that keep arriving meet "
            f"p90 = {milliseconds(self.open_p90_ms)} and p99 = {milliseconds(self.open_p99_ms)}. "
            f"The longest took {milliseconds(self.longest_ms)}, {agreement} the stamps say "
            f"({milliseconds(self.stamped_ms)})"
        )


def open_latencies_ms(delay_ms: float, freeze_ms: float, window_ms: float) -> statistics.Floats:
    """Return the ascending latencies of evenly spaced arrivals over a window with a freeze in it.

    The server reads what arrives during the freeze when it ends, and then delays it; an answer
    that falls due during the freeze leaves when it ends.
    """
    start = (window_ms - freeze_ms) / 2
    to_end = start + freeze_ms - np.linspace(0, window_ms, ARRIVALS, endpoint=False)
    arrival_in_it = (to_end > 0) & (to_end <= freeze_ms)
    due_in_it = (to_end > freeze_ms) & (to_end <= freeze_ms + delay_ms)
    latencies = np.full(ARRIVALS, delay_ms, dtype=np.float64)
    latencies[arrival_in_it] += to_end[arrival_in_it]
    latencies[due_in_it] = np.maximum(delay_ms, to_end[due_in_it])
    return np.sort(latencies)

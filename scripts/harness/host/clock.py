"""The time of day by a clock that nobody sets, the same for all processes of a run.

Every child gets by how much the time of day was ahead of the monotonic clock, which all processes
of a machine share: loadtests/_clock.py, the canary, the probe and the suite's application use it.
"""

import os
import time

VARIABLE = "BENCH_EPOCH_S"

AHEAD_S = float(os.environ.get(VARIABLE) or time.time() - time.monotonic())


def follow(ahead_s: float) -> None:
    """Take the time of day from another host: by how much it is ahead of this monotonic clock.

    Children that start from now on follow it too.
    """
    global AHEAD_S
    AHEAD_S = ahead_s


def now_s() -> float:
    """Return the time in seconds since the epoch."""
    return time.monotonic() + AHEAD_S

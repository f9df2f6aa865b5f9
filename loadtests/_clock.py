"""The time of day by a clock that nobody sets, the same for all processes of a run.

Within a run only differences count: a clock that is set in the middle would lengthen requests and
shift the server's stamps. BENCH_EPOCH_S says by how much the time of day was ahead of the monotonic
clock, which all processes of a machine share, when the run began.
"""

import os
import time

AHEAD_S = float(os.environ.get("BENCH_EPOCH_S") or time.time() - time.monotonic())


def now_s() -> float:
    """Return the time in seconds since the epoch."""
    return time.monotonic() + AHEAD_S

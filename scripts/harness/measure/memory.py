"""How the server's memory grew over the requests that it answered in a load step. Pure."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import linregress

from harness.core.statistics import Floats
from harness.measure.window import Window

# Not before so many requests of a load step: modules are imported late, memory is taken for as many
# requests at once as never before, and garbage in cycles stays until the collector has visited
# everything: a server that leaks nothing grows then, and hardly after.
FIRST_REQUESTS = 5_000

# Two readings are always on a line.
FEWEST_READINGS = 3


def growth(requests: pd.DataFrame, window: Window) -> dict[str, Any]:
    """Return by how much memory grew in a window after the first requests: fields of Extra.

    It is that of a line of least squares through the readings of the resident memory, over the
    requests that were answered by then: what comes and goes between two collections of garbage
    moves a line less than the difference of its ends. None where readings are too few, or where a
    process ended, whose memory went with it.

    Args:
        requests: those of the load step, the ones from before the window included, by `start_s` and
            `latency_ms`.
        window: the measured time, with what the server used in it.
    """
    none = {"growth_requests": None, "server_growth_mib": None}
    readings = window.readings("server_rss_mib")
    answered = _answered_by(readings.index.to_numpy(), requests)
    late = answered >= FIRST_REQUESTS
    if window.growth("server_ended") or len(set(answered[late])) < FEWEST_READINGS:
        return none
    line = linregress(answered[late], readings[late])
    over = int(answered[late][-1] - answered[late][0])
    return {"growth_requests": over, "server_growth_mib": float(line.slope) * over}


def _answered_by(times_s: Floats, requests: pd.DataFrame) -> Floats:
    """Return how many of the requests were answered by each of the times."""
    ends_s = np.sort(requests["start_s"] + requests["latency_ms"] / 1000)
    return np.searchsorted(ends_s, times_s).astype(np.float64)

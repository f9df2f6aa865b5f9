"""Follow one block second by second: connections, requests in flight, answers. Pure."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from harness.core.statistics import Floats
from harness.core.summary import Stop, Timeline


def timeline(
    scenario: str,
    deployment: str,
    requests: pd.DataFrame,
    usage: pd.DataFrame,
    stopped: Sequence[Stop] = (),
) -> Timeline:
    """Return what a block went through, second by second from when its first request was sent.

    `requests` has the columns of harness.core.request_row, `usage` those of harness.rig.meter;
    `stopped` counts from that first request too.
    """
    began = float(requests["start_s"].min())
    starts = requests["start_s"].to_numpy() - began
    ends = starts + requests["latency_ms"].to_numpy() / 1000
    seconds = np.arange(0, np.ceil(ends.max()) + 1)
    good = np.asarray(requests["error"] == "")
    established = usage["server_connections"].fillna(0.0)
    connections = np.interp(seconds + began, usage["time_s"], established)
    return Timeline(
        scenario=scenario,
        deployment=deployment,
        seconds=tuple(map(float, seconds)),
        connections=tuple(map(float, connections)),
        in_flight=_in_flight(starts, ends, seconds),
        answers_rps=tuple(map(float, np.diff(_so_far(ends[good], seconds), prepend=0))),
        stops=tuple(stopped),
    )


def _in_flight(starts: Floats, ends: Floats, seconds: Floats) -> tuple[float | None, ...]:
    """Return how many requests were in flight at each second; None where some may have no row.

    A request that began within the longest latency of the last row may not have ended.
    """
    complete_until = ends.max() - (ends - starts).max()
    counts = _so_far(starts, seconds) - _so_far(ends, seconds)
    return tuple(
        float(count) if second <= complete_until else None
        for count, second in zip(counts, seconds, strict=True)
    )


def _so_far(times: Floats, seconds: Floats) -> Floats:
    """Return how many of some times have passed at each second."""
    return np.searchsorted(np.sort(times), seconds, side="right").astype(np.float64)

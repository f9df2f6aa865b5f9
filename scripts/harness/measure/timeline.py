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
    """Give what a block went through, from when its first request was sent.

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
    """Count the requests in flight while all of them came to an end before the rows did."""
    known_until = ends.max() - (ends - starts).max()
    many = _so_far(starts, seconds) - _so_far(ends, seconds)
    told = zip(many, seconds, strict=True)
    return tuple(float(n) if second <= known_until else None for n, second in told)


def _so_far(times: Floats, seconds: Floats) -> Floats:
    """Count how many of some times have passed at each second."""
    return np.searchsorted(np.sort(times), seconds, side="right").astype(np.float64)

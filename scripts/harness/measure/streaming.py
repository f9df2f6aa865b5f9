"""Streams of events: when the first came, how far apart they were, how many were live. Pure.

Frames have the columns of harness.core.request_row, with `late_ms` of a schedule beside them.
"""

from math import inf
from typing import Any

import numpy as np
import pandas as pd

from harness.core import statistics
from harness.core.metrics import EVENT_GAP, FIRST_EVENT, FIRST_EVENT_P50, OF_STREAMS
from harness.core.statistics import Floats
from harness.measure.window import Window


def figures(
    requests: pd.DataFrame, good: pd.DataFrame, unanswered: int, window: Window
) -> dict[str, Any]:
    """Return the metrics of streams: fields of harness.core.record.Extra, None without events.

    First events are those of the `good` requests, sent within the window. An unanswered one may
    have had its first event or not, so that a percentile which reaches those is not known. Gaps
    are those of the streams that ended within the window.
    """
    streams = requests[(requests["events_ms"] != "") & (requests["error"] == "")]
    if streams.empty:
        return dict.fromkeys(metric.name for metric in OF_STREAMS)
    ended = window.ended(streams)
    first_ms = _first_ms(good[good["events_ms"] != ""])
    live = _live(ended, window)
    memory_mib = window.most("server_rss_mib")
    return {
        **_percentiles(first_ms, unanswered),
        EVENT_GAP.name: statistics.percentile(_gaps_ms(ended), statistics.P95),
        "live_streams": live,
        "streams_per_mib": live / memory_mib if memory_mib else None,
    }


def _percentiles(first_ms: Floats, unanswered: int) -> dict[str, float | None]:
    """Return the percentiles of the first events, infinite where they reach the unanswered."""
    ascending = np.append(np.sort(first_ms), [inf] * unanswered)
    return {
        metric.name: statistics.percentile(ascending, metric.quantile)
        for metric in (FIRST_EVENT_P50, FIRST_EVENT)
        if metric.quantile
    }


def _first_ms(streams: pd.DataFrame) -> Floats:
    """Return the time to the first event of each stream, from when it was due."""
    first_ms = streams["events_ms"].str.split(" ").str[0].astype("float64")
    late: Floats = (first_ms + streams["late_ms"]).to_numpy()
    return late


def _gaps_ms(streams: pd.DataFrame) -> Floats:
    """Return, ascending, the gaps between the events of each stream."""
    gaps = [np.diff(np.array(text.split(), dtype=np.float64)) for text in streams["events_ms"]]
    return np.sort(np.concatenate([np.empty(0), *gaps]))


def _live(ended: pd.DataFrame, window: Window) -> float:
    """Return how many streams were between their first event and their end at a time.

    By Little's law, X times the mean time that a stream was: those in progress at the edges of the
    window need not be known.
    """
    live_ms: Floats = ended["latency_ms"].to_numpy() - _first_ms(ended)
    return float(live_ms.sum()) / 1000 / window.seconds

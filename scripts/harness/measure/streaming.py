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
    live = _live(streams, window)
    memory_mib = window.most("server_rss_mib")
    return {
        **_percentiles(first_ms, unanswered),
        EVENT_GAP.name: statistics.percentile(_gaps_ms(ended), statistics.P95),
        "live_streams": live,
        "streams_per_mib": None if live is None or not memory_mib else live / memory_mib,
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


def _live(streams: pd.DataFrame, window: Window) -> float | None:
    """Return how many streams were between their first event and their end at a time.

    Each counts for the part of that time which lies within the window, up to where all are known: a
    stream that goes on when the last is seen to end may have been live for as long as the longest.
    None where that is no part of the window: its streams are longer than what was seen of them.
    """
    latency_ms = streams["latency_ms"].to_numpy()
    ends_s = streams["start_s"].to_numpy() + latency_ms / 1000
    begins_s = ends_s - (latency_ms - _first_ms(streams)) / 1000
    known_s = min(window.closed, float(ends_s.max() - (ends_s - begins_s).max()))
    if known_s <= window.opened:
        return None
    edges = window.opened, known_s
    within_s: Floats = np.clip(ends_s, *edges) - np.clip(begins_s, *edges)
    return float(within_s.sum()) / (known_s - window.opened)

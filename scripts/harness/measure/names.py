"""The figures of one plateau by name: what Locust's statistics call a request. Pure.

`requests` has the columns of harness.core.request_row. Requests that were never answered have no
name yet: no row here counts them.
"""

import numpy as np
import pandas as pd

from harness.core.metrics import METRICS
from harness.core.record import NameFigures
from harness.core.statistics import percentile
from harness.core.trial import Plateau
from harness.measure.measurement import asked_of_server, fired, from_due_time, load


def by_name(requests: pd.DataFrame, plateau: Plateau) -> tuple[NameFigures, ...]:
    """Return the figures of each name, those asked most often first, fired events last.

    Requests of an open loop count from when they were due. A log without names has none.
    """
    named = requests[requests["name"] != ""]
    asked = _figures(from_due_time(load(asked_of_server(named))), plateau, events=False)
    events = _figures(load(fired(named)), plateau, events=True)
    return (*asked, *events)


def _figures(requests: pd.DataFrame, plateau: Plateau, events: bool) -> list[NameFigures]:
    sent = requests[_within(requests["start_s"], plateau)]
    good = int((sent["error"] == "").sum())
    figures = [
        _of(str(name), str(method), rows, plateau, events, len(sent), good)
        for (name, method), rows in requests.groupby(["name", "method"], sort=True)
    ]
    return sorted((each for each in figures if each.requests), key=lambda each: -each.requests)


def _of(
    name: str,
    method: str,
    rows: pd.DataFrame,
    plateau: Plateau,
    events: bool,
    all_asked: int,
    all_good: int,
) -> NameFigures:
    """Return the figures of one name; `all_asked` and `all_good` count those of all names."""
    sent = rows[_within(rows["start_s"], plateau)]
    good = sent[sent["error"] == ""]
    ended = rows[_within(rows["start_s"] + rows["latency_ms"] / 1000, plateau)]
    latency = np.sort(good["latency_ms"].dropna().to_numpy())
    asked, failed = len(sent), len(sent) - len(good)
    return NameFigures(
        name=name,
        method=method,
        fired=events,
        requests=asked,
        errors=failed,
        error_share=failed / asked if asked else None,
        asked_share=asked / all_asked if asked and not events else None,
        served_share=len(good) / all_good if all_good and not events else None,
        throughput_rps=int((ended["error"] == "").sum()) / (plateau.closed - plateau.opened),
        latency_p50_ms=_percentile(latency, "latency_p50_ms"),
        latency_p95_ms=_percentile(latency, "latency_p95_ms"),
        latency_p99_ms=_percentile(latency, "latency_p99_ms"),
    )


def _percentile(ordered: "np.typing.NDArray[np.float64]", metric: str) -> float | None:
    quantile = METRICS[metric].quantile
    assert quantile is not None
    return percentile(ordered, quantile)


def _within(times: "pd.Series[float]", plateau: Plateau) -> "pd.Series[bool]":
    return times.between(plateau.opened, plateau.closed, inclusive="left")

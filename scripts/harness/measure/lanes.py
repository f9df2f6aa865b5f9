"""The first requests of a load step as lanes over time, each cut by what is recorded of it. Pure.

The client records when it connected and had its answer, the server when its view began and how
long view and wait took (`breakdown`). Where in its view a request waited is not recorded: its work
there stands first. A request without the server's times, or that failed, is cut after connecting.
"""

from collections.abc import Iterable
from math import isnan
from typing import Any

import numpy as np
import pandas as pd

from harness.core.statistics import Floats
from harness.core.summary import Lane, Lanes
from harness.core.trial import CellKey
from harness.measure import breakdown
from harness.measure.measurement import asked_of_server, from_due_time, load

MOST = 40
"""How many requests have lanes: as many as can be told apart in one panel."""

ANSWER = "part_answer_ms"
"""From when it was sent, connecting apart, to the last byte, where nothing cuts it further."""

IN_VIEW = ("part_view_ms", "part_wait_ms")

# Clocks of one machine agree within microseconds. Stamps further off are those of another one.
AGREE_MS = 1.0


def lanes(cell: CellKey, requests: pd.DataFrame) -> Lanes | None:
    """Return the lanes of a block of a cell, or None where no request of it has a load step.

    They are ordered by worker, and for each by when it came to the request; where that is not
    known, by when it was sent.

    `requests` has the columns of harness.core.request_row.
    """
    rows = first(requests)
    if rows.empty:
        return None
    cut = _cut(rows)
    workers = _workers(rows["process"])
    starts_ms = ((rows["start_s"] - rows["start_s"].iloc[0]) * 1000).round(3)
    failed = rows["error"] != ""
    drawn = map(Lane, starts_ms.tolist(), cut, workers, failed.tolist())
    in_order = tuple(sorted(drawn, key=lambda lane: (lane.worker or 0, _came_ms(lane))))
    return Lanes(
        scenario=cell.scenario,
        deployment=cell.deployment,
        load=float(rows["plateau"].iloc[0]),
        at_once=at_once(in_order),
        lanes=in_order,
    )


def first(requests: pd.DataFrame) -> pd.DataFrame:
    """Return the first MOST requests of the lowest load step of MOST users or more.

    Of the highest step where none has as many, and of a rate likewise. In the order in which they
    were due, with the columns of measurement.from_due_time().
    """
    asked = load(from_due_time(asked_of_server(requests)))
    asked = asked[(asked["elsewhere"] == "") & asked["latency_ms"].notna()]
    levels = sorted(asked["plateau"].dropna().unique())
    enough = [level for level in levels if level >= MOST]
    step = asked[asked["plateau"].isin((enough or levels[-1:])[:1])]
    return step.sort_values("start_s", kind="stable").head(MOST)


def at_once(drawn: Iterable[Lane]) -> int | None:
    """Return how many requests were in their views at the same time, at most; None without any."""
    stays = [_stay_ms(lane) for lane in drawn if IN_VIEW[0] in lane.parts]
    if not stays:
        return None
    changes = [(entered, 1) for entered, _ in stays] + [(left, -1) for _, left in stays]
    # Whoever leaves at a moment makes room for who enters then: -1 sorts before 1.
    return int(np.cumsum([change for _, change in sorted(changes)]).max())


def _stay_ms(lane: Lane) -> tuple[float, float]:
    """Return when a request with times entered its view, and when it left."""
    entered = _came_ms(lane)
    return entered, round(entered + sum(lane.parts[part] for part in IN_VIEW), 3)


def _came_ms(lane: Lane) -> float:
    """Return when its view began; where that is not known, when it was due."""
    if IN_VIEW[0] not in lane.parts:
        return lane.start_ms
    before = breakdown.PARTS[: breakdown.PARTS.index(IN_VIEW[0])]
    return round(lane.start_ms + sum(lane.parts[part] for part in before), 3)


def _cut(rows: pd.DataFrame) -> list[dict[str, float]]:
    """Return the parts of each request, cut where its times are known and can be true."""
    parts = breakdown.parts(rows)
    known = (
        (parts >= -AGREE_MS).all(axis=1)  # no comparison holds for NaN
        & (rows["error"] == "")
        & (rows["redirects"].fillna(0) == 0)  # which the stamps of the last answer leave out
    )
    without = pd.DataFrame(
        {
            "part_late_ms": rows["late_ms"],
            "part_connect_ms": rows["connect_ms"].fillna(0.0),
            ANSWER: rows["latency_ms"],
        }
    )
    return [
        _fitting((parts if is_known else without).loc[index], float(latency_ms))
        for index, is_known, latency_ms in zip(rows.index, known, rows["latency_ms"], strict=True)
    ]


def _fitting(parts: "pd.Series[Any]", latency_ms: float) -> dict[str, float]:
    """Return parts one after the other that end with the latency, to the microsecond.

    Two clocks may put a part a little before the one that it follows: it then takes no time.
    """
    ends: Floats = np.maximum.accumulate(np.clip(np.cumsum(parts.to_numpy()), 0, latency_ms))
    ends[-1] = latency_ms
    lengths = np.diff(ends.round(3), prepend=0).round(3)
    return dict(zip(map(str, parts.index), lengths.tolist(), strict=True))


def _workers(processes: "pd.Series[Any]") -> list[int | None]:
    """Return a number for the process of each request, from 1 on; None where it is not known."""
    numbers: dict[float, int] = {}
    for process in processes.dropna():
        numbers.setdefault(process, len(numbers) + 1)
    return [None if isnan(process) else numbers[process] for process in processes]

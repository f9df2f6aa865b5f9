"""How long the requests of a block took over its time: counts by second and by latency. Pure."""

from math import ceil

import numpy as np
import pandas as pd

from harness.core.summary import HeatMap, LoadStep
from harness.core.trial import CellKey
from harness.measure.measurement import asked_of_server, from_due_time, load

MOST_COLUMNS = 60
"""How many stretches of time a block is cut into: as many as can be told apart in one panel."""

PER_DECADE = 16
"""How many bins there are for a factor of ten in latency: each is 15% above the one before."""

LEAST_COLUMNS = 4
"""In fewer seconds there is nothing to see over time."""

LEAST_MS = 0.01
"""What took less is counted with what took this."""


def heat_map(cell: CellKey, requests: pd.DataFrame) -> HeatMap | None:
    """Return the heat map of a block, None where it has no answers or took a few seconds.

    A request counts in the second in which it was due, so that a stall shows as the time that it
    took those who came in it. `requests` has the columns of harness.core.request_row.
    """
    rows = load(from_due_time(asked_of_server(requests)))
    good = rows[(rows["error"] == "") & rows["latency_ms"].notna()]
    if good.empty:
        return None
    at_s = good["start_s"] - good["start_s"].min()
    step_s = max(1, ceil((at_s.max() + 1e-9) / MOST_COLUMNS))
    columns = (at_s // step_s).astype(int)
    if columns.max() + 1 < LEAST_COLUMNS:
        return None
    logs = np.log10(good["latency_ms"].clip(lower=LEAST_MS))
    bins = np.floor(logs * PER_DECADE).astype(int)
    lowest, highest = int(bins.min()), int(bins.max())
    counts = np.zeros((int(columns.max()) + 1, highest - lowest + 1), dtype=int)
    np.add.at(counts, (columns.to_numpy(), (bins - lowest).to_numpy()), 1)
    medians = good["latency_ms"].groupby(columns).median()
    return HeatMap(
        scenario=cell.scenario,
        deployment=cell.deployment,
        step_s=step_s,
        edges_ms=tuple(float(10 ** (k / PER_DECADE)) for k in range(lowest, highest + 2)),
        counts=tuple(tuple(row) for row in counts.tolist()),
        medians_ms=tuple(
            float(medians[column]) if column in medians.index else None
            for column in range(len(counts))
        ),
        steps=_steps(good),
    )


def _steps(good: pd.DataFrame) -> tuple[LoadStep, ...]:
    """Return when the measurement of each load step began, since the first request of the block."""
    first_s = good["start_s"].min()
    begins = good.dropna(subset=["plateau"]).sort_values("start_s").drop_duplicates("plateau")
    return tuple(
        LoadStep(float(at_s - first_s), float(level))
        for level, at_s in zip(begins["plateau"], begins["start_s"], strict=True)
    )

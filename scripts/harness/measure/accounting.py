"""What the rows of a plateau tell the gates about themselves: who counted what, who came when.

Pure. The columns are those of loadtests/_recorder.py.
"""

from typing import TypedDict

import numpy as np
import pandas as pd

from harness.core.statistics import Floats

# Closer than this is "at the same moment": ten times what a request costs the generator.
MOMENT_S = 0.001

# Of fewer requests the share of short gaps is an accident.
FEWEST_REQUESTS = 100

# Nor of requests so many a second that strangers would hardly ever leave a moment between them.
FEWEST_GAPS = 10


class Counts(TypedDict):
    """How many requests the server began to answer, and how many of them the client knows of."""

    requests_counted: int | None
    requests_known: int | None


def gaps_share(starts_s: Floats) -> float | None:
    """Give the share of gaps longer than a moment over what Poisson arrivals of this rate have.

    1 is as independent as strangers; towards 0 requests come in bursts. In a Poisson stream of
    rate X a gap exceeds t with probability exp(-X t). None of too few requests, or of so many a
    second that no such gaps are to be expected.
    """
    if len(starts_s) < FEWEST_REQUESTS:
        return None
    gaps = np.diff(np.sort(starts_s))
    span_s = float(gaps.sum())
    if span_s <= 0:
        return 0.0
    expected = np.exp(-len(gaps) / span_s * MOMENT_S)
    if expected * len(gaps) < FEWEST_GAPS:
        return None
    return float((gaps > MOMENT_S).mean() / expected)


def counts(requests: pd.DataFrame, opened: float, closed: float, unanswered: int) -> Counts:
    """Compare the numbers that each server process gave its requests with the rows that came back.

    From the first number given within the window to the last there is a row for each, save those
    that failed without an answer or were still `unanswered`. A number without a row is a request
    that the client does not know of, e.g. one that was sent twice.
    """
    numbered = requests.dropna(subset=["process", "nth", "entered_s"])
    within = numbered[numbered["entered_s"].between(opened, closed, inclusive="left")]
    spans = within.groupby("process")["nth"].agg(first="min", last="max")
    if spans.empty:
        return Counts(requests_counted=None, requests_known=None)
    limits = numbered[["process", "nth"]].join(spans, on="process").dropna()
    known = int(limits["nth"].between(limits["first"], limits["last"]).sum())
    counted = int((spans["last"] - spans["first"] + 1).sum())
    excused = unanswered + int((requests["error"] != "").sum())
    return Counts(
        requests_counted=counted, requests_known=known + min(excused, max(0, counted - known))
    )

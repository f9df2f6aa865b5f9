"""What the rows of a plateau tell the gates about themselves: who counted what, who came when.

Pure. `requests` has the columns of harness.core.request_row.
"""

from typing import TypedDict

import pandas as pd


class Counts(TypedDict):
    """How many requests the server began to answer, and how many of them the client knows of."""

    requests_counted: int | None
    requests_known: int | None


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

"""How many requests of a plateau the server counted, and how many the client has. Pure."""

from typing import TypedDict

import pandas as pd


class Counts(TypedDict):
    """How many requests the server began to answer, and how many of them the client has."""

    requests_counted: int | None
    requests_known: int | None


def by_process(in_window: pd.DataFrame) -> str:
    """Return how many requests each server process answered, the most first: "398 2".

    Empty where the server does not tell. A process that answered none is not among them.
    """
    return " ".join(map(str, in_window["process"].value_counts()))


def counts(requests: pd.DataFrame, opened: float, closed: float, unanswered: int) -> Counts:
    """Return the server's count of requests in a window, and the client's; None without numbers.

    Each server process numbers its requests. From the first number within the window to the last
    there is a row for each, save for those that failed without an answer or were still
    `unanswered`, and for redirects, of which only the last answer is in a row. A number without a
    row is a request that the client lacks, e.g. one that was sent twice.

    `requests` has the columns of harness.core.request_row; `opened` and `closed` are in seconds
    since the epoch.
    """
    with_number = requests.dropna(subset=["process", "nth", "entered_s"])
    within = with_number[with_number["entered_s"].between(opened, closed, inclusive="left")]
    spans = within.groupby("process")["nth"].agg(first="min", last="max")
    if spans.empty:
        return Counts(requests_counted=None, requests_known=None)
    limits = with_number[["process", "nth"]].join(spans, on="process").dropna()
    by_client = int(limits["nth"].between(limits["first"], limits["last"]).sum())
    by_server = int((spans["last"] - spans["first"] + 1).sum())
    without_row = unanswered + int((requests["error"] != "").sum())
    without_row += int(requests["redirects"].sum())
    excuse = min(without_row, max(0, by_server - by_client))
    return Counts(requests_counted=by_server, requests_known=by_client + excuse)

"""Whether a load step was one and the same from begin to end: gaps in its answers, cold workers.

Pure. Frames have the columns of harness.core.request_row. The drift of its rate is computed where
it runs, in loadtests/_steady.py.
"""

from collections.abc import Iterator
from math import exp
from typing import Any

import numpy as np
import pandas as pd

from harness.core.metrics import Measurement
from harness.core.record import Extra
from harness.core.statistics import Floats, Quantile, percentile
from harness.core.trial import Plateau, Trial
from harness.core.units import significant, threshold

# An answer is due when nine in ten of the others would have come. Not the median: where answers
# come in batches, requests take between one and two of their periods.
DUE = Quantile(0.90)

# Sums of seconds since the epoch are off by up to a microsecond.
ROUNDING_S = 1e-6

# A collector that stops an event loop now and then is the server's way of serving, and in its
# figures. A stop of a tenth of the window is one event that decides them.
MOST_GAP = 0.10

# The wrong answer is one, too: what came was not silence.
ANSWERED = ("", "status", "body", "exception")

# Answers that come independently leave a gap this long in fewer windows than one in 10,000.
CHANCE = 1e-4


def figures(requests: pd.DataFrame, plateau: Plateau) -> dict[str, Any]:
    """Return the figures that messages() reads: fields of harness.core.record.Extra.

    Where all users asked at once (no `drift`) nothing is steady, so a gap says nothing.
    """
    return {
        "longest_gap_s": None if plateau.drift is None else longest_gap_s(requests, plateau),
        "cold_workers": cold_workers(requests, plateau),
    }


def longest_gap_s(requests: pd.DataFrame, plateau: Plateau) -> float:
    """Return the longest time within the window in which an answer was due and none came.

    It begins with the first overdue answer after the one before, so what clients pause, and
    what the waits of a crowd in step leave empty, is no gap. What is overdue when the window opens
    is due then: nobody knows of the answer before. The waits of which the server tells are each
    request's own.
    """
    answered = requests[requests["error"].isin(ANSWERED)]
    starts_s = answered["start_s"].to_numpy()
    latencies_s = answered["latency_ms"].to_numpy() / 1000
    waits_s = answered["wait_ms"].fillna(0).to_numpy() / 1000
    ends_s = starts_s + latencies_s
    answers_due_s = starts_s + waits_s + _typical(latencies_s - waits_s)
    unanswered_due_s = np.array(plateau.unanswered) + _typical(latencies_s)
    overdue_s = answers_due_s[(ends_s > answers_due_s + ROUNDING_S) & (ends_s > plateau.opened)]
    due_s = np.sort(np.append(overdue_s, unanswered_due_s)).clip(min=plateau.opened)
    within_s = np.sort(ends_s[(ends_s >= plateau.opened) & (ends_s < plateau.closed)])
    edges_s = np.concatenate([[plateau.opened], within_s, [plateau.closed]])
    return float((edges_s[1:] - _due_after(due_s, edges_s)).max(initial=0.0))


def _typical(times_s: Floats) -> float:
    return percentile(np.sort(times_s), DUE) or 0.0


def _due_after(due_s: Floats, edges_s: Floats) -> Floats:
    """Return when the first overdue answer was due after each edge, at the next edge at most."""
    following: Floats = np.append(due_s, np.inf)[np.searchsorted(due_s, edges_s[:-1])]
    return np.minimum(following, edges_s[1:])


def cold_workers(requests: pd.DataFrame, plateau: Plateau) -> int | None:
    """Return how many server processes began their first request within the window.

    None where the server does not number its requests.
    """
    numbered = requests.dropna(subset=["process", "nth", "entered_s"])
    if numbered.empty:
        return None
    first = numbered[numbered["nth"] == 1]
    within = first["entered_s"].between(plateau.opened, plateau.closed, inclusive="left")
    return int(first.loc[within, "process"].nunique())


def messages(trial: Trial, metrics: Measurement, extra: Extra) -> Iterator[str]:
    """Yield a message for a gap that chance does not explain, and one for cold workers."""
    gap_s = _unexplained_s(trial, extra)
    window_s = metrics.measured_s or 0
    answers = (metrics.throughput_rps or 0) * window_s
    if gap_s > MOST_GAP * window_s and answers and _gap_chance(answers, gap_s / window_s) < CHANCE:
        yield (
            f"no answer came for {significant(gap_s, 2)} s of the window's "
            f"{significant(window_s, 2)} s (limit {threshold(MOST_GAP)}, and what chance explains "
            "at its rate): find in server.log what stopped the server"
        )
    if extra.cold_workers:
        workers = "a worker" if extra.cold_workers == 1 else f"{extra.cold_workers} workers"
        yield f"{workers} began the first request within the window (limit 0): raise settle_s"


def _unexplained_s(trial: Trial, extra: Extra) -> float:
    """Return the longest gap, less the wait of a server whose slots may all wait in step."""
    users = trial.users - (extra.silent_users or 0)
    full = trial.slots is not None and users > trial.slots
    wait_s = (extra.wait_ms or 0) / 1000 if full else 0.0
    return (extra.longest_gap_s or 0) - wait_s


def _gap_chance(answers: float, share: float) -> float:
    """Return how likely a gap of a share of the window is among Poisson answers, at most.

    Each answer may be followed by one, with a probability of exp(-answers x share).
    """
    return (answers + 1) * exp(-answers * share)

"""From the raw rows of one plateau to its Measurement. docs/method.md has each formula.

`requests` has the columns of harness.core.request_row, `usage` those of harness.rig.meter.
"""

from typing import Any

import numpy as np
import pandas as pd

from harness.core import statistics
from harness.core.metrics import METRICS, Measurement
from harness.core.plan import Scenario
from harness.core.record import Extra
from harness.core.trial import Plateau
from harness.measure import accounting, arrivals, breakdown
from harness.measure.window import Window, held, used

# The gate that reads it is to see the lateness of any few requests, so there is no least count.
LATENESS = statistics.Quantile(statistics.P99.share)


def measure(
    requests: pd.DataFrame,
    usage: pd.DataFrame,
    plateau: Plateau,
    scenario: Scenario,
    keep_alive: bool = True,
    load_cores: int = 1,
) -> tuple[Measurement, Extra]:
    """Measure one plateau: its latencies, rates, queueing, and what server and machine used.

    What the generator used is given as a share of `load_cores`, as many as it can keep busy.
    """
    requests = _from_when_due(requests)
    window = Window(plateau.opened, plateau.closed, usage)
    sent, late = _sent(requests, plateau)
    good = sent[sent["error"] == ""]
    asked, failed = len(sent) + len(late), len(sent) - len(good)
    measurement = Measurement(
        measured_s=window.seconds,
        requests=asked,
        errors=failed,
        error_share=failed / asked if asked else None,
        **_latencies(_lasted_ms(good, late, plateau)),
        **_ways(sent, good),
        **_served(requests, window),
        **used(window, load_cores),
        load_lag_p99_ms=plateau.lag_p99_ms,
        little_residual=_little(requests, plateau),
    )
    extra = Extra(
        plateau_s=plateau.ended - plateau.ramped,
        drift_share=plateau.drift,
        connections_expected=plateau.users if keep_alive else None,
        silent_users=plateau.silent,
        unanswered_share=len(late) / asked if asked else None,
        **_asked(sent, good, asked, scenario),
        **accounting.counts(requests, plateau.opened, plateau.closed, len(plateau.unanswered)),
        **held(window),
        **breakdown.means(good),
    )
    return measurement, extra


def _asked(
    sent: pd.DataFrame, good: pd.DataFrame, asked: int, scenario: Scenario
) -> dict[str, Any]:
    """Give how clients asked, and how far what came back was what the scenario meant."""
    return {
        "wait_ms": _wait_ms(good, scenario),
        "think_ms": float(sent["think_ms"].mean()) if len(sent) else scenario.think_ms,
        "latency_min_ms": float(good["latency_ms"].min()) if len(good) else None,
        "late_p99_ms": _late_p99_ms(sent),
        "gaps_share": arrivals.gaps_share(sent["start_s"].to_numpy()),
        "served_share": _served_share(good, asked, scenario),
        "error_kinds": _kinds(sent),
    }


def latencies_ms(requests: pd.DataFrame, plateau: Plateau) -> statistics.Floats:
    """Give, ascending, the latencies of a plateau that its percentiles are taken from."""
    sent, late = _sent(_from_when_due(requests), plateau)
    return _lasted_ms(sent[sent["error"] == ""], late, plateau)


def _sent(requests: pd.DataFrame, plateau: Plateau) -> tuple[pd.DataFrame, statistics.Floats]:
    """Give the requests sent within the window, and when those were that stayed unanswered."""
    within = requests["start_s"].between(plateau.opened, plateau.closed, inclusive="left")
    late = [sent for sent in plateau.unanswered if sent >= plateau.opened]
    return requests[within], np.array(late, dtype=np.float64)


def _lasted_ms(good: pd.DataFrame, late: statistics.Floats, plateau: Plateau) -> statistics.Floats:
    """Give the latencies of the answered and what the others have lasted, ascending."""
    return np.sort(np.append(good["latency_ms"].to_numpy(), (plateau.ended - late) * 1000))


def _from_when_due(requests: pd.DataFrame) -> pd.DataFrame:
    """Let requests of an open loop start when they were due; `late_ms` is what they waited since.

    Whoever counts from the sending omits what a stalled server makes others wait (Tene 2013).
    """
    late_ms = ((requests["start_s"] - requests["due_s"]) * 1000).fillna(0.0)
    return requests.assign(
        start_s=requests["due_s"].fillna(requests["start_s"]),
        latency_ms=requests["latency_ms"] + late_ms,
        late_ms=late_ms,
    )


def _late_p99_ms(sent: pd.DataFrame) -> float | None:
    """Give how late what was due by a clock was sent; None where clients ask when they like."""
    if sent["due_s"].isna().all():
        return None
    return statistics.percentile(np.sort(sent["late_ms"].to_numpy()), LATENESS)


def _latencies(latency: statistics.Floats) -> dict[str, Any]:
    """Give mean, percentiles and maximum of ascending latencies."""
    return {
        "latency_mean_ms": float(latency.mean()) if len(latency) else None,
        **_percentiles("latency_", latency),
        "latency_max_ms": float(latency[-1]) if len(latency) else None,
    }


def _percentiles(of: str, ordered: statistics.Floats) -> dict[str, Any]:
    """Give each percentile that is a metric of ascending values, by the start of their names."""
    return {
        name: statistics.percentile(ordered, metric.quantile)
        for name, metric in METRICS.items()
        if name.startswith(of) and metric.quantile
    }


def _ways(sent: pd.DataFrame, good: pd.DataFrame) -> dict[str, Any]:
    """Give what passed outside the view: queueing and connecting."""
    before_view_ms = good["connect_ms"].fillna(0) + good["late_ms"]
    queue = np.sort((good["latency_ms"] - before_view_ms - good["view_ms"]).dropna())
    connects = np.sort(sent["connect_ms"].dropna())
    return {
        **_percentiles("queue_", queue),
        **_percentiles("connect_", connects),
        "connections_opened": len(connects),
    }


def _served(requests: pd.DataFrame, window: Window) -> dict[str, Any]:
    """Give the rate of good answers within the window, and the server's CPU time for each."""
    ends = requests["start_s"] + requests["latency_ms"] / 1000
    ended = requests[ends.between(window.opened, window.closed, inclusive="left")]
    cpu_s = window.growth("server_cpu_s")
    return {
        "throughput_rps": int((ended["error"] == "").sum()) / window.seconds,
        "server_cpu_ms_per_request": cpu_s * 1000 / len(ended) if cpu_s and len(ended) else None,
        "server_cpu_share": cpu_s / window.seconds if cpu_s is not None else None,
    }


def _little(requests: pd.DataFrame, plateau: Plateau) -> float | None:
    """Compare the users that the records account for with those that ran: (L + P - N) / N.

    L and P are the mean numbers of users in flight and in a pause: the time that each spent there
    within the window, over its length. Over long times they are X R and X Z of Little's law;
    summed up like this, what the window's edges cut is no error. A pause counts as long as it
    was meant to be: what a user waited beyond it, the generator lost. Users that are meant to ask
    nothing are not among the N: thousands of them would hide whatever a few others lost. An open
    loop has no users whose time could be accounted for: None.
    """
    asking = plateau.users - plateau.silent
    if plateau.rate_rps is not None or not asking:
        return None
    window = (plateau.opened, plateau.closed)
    known = requests[requests["start_s"] < plateau.closed]
    starts = known["start_s"].to_numpy()
    unanswered = np.array(plateau.unanswered)
    sent = unanswered[: len(plateau.thought_ms)]  # those due and not sent stand behind them
    users_s = (
        statistics.overlap(starts, starts + known["latency_ms"].to_numpy() / 1000, window)
        + statistics.overlap(starts - known["think_ms"].to_numpy() / 1000, starts, window)
        + statistics.overlap(unanswered, np.array(plateau.ended), window)
        + statistics.overlap(sent - np.array(plateau.thought_ms) / 1000, sent, window)
        + statistics.overlap(np.array(plateau.pausing), np.array(plateau.closed), window)
    )
    return (users_s / (plateau.closed - plateau.opened) - asking) / asking


def _served_share(good: pd.DataFrame, asked: int, scenario: Scenario) -> float | None:
    """Give the share of all requests asked within the window that were served in time."""
    if scenario.objective_ms is None or not asked:
        return None
    return int((good["latency_ms"] <= scenario.objective_ms).sum()) / asked


def _wait_ms(good: pd.DataFrame, scenario: Scenario) -> float | None:
    """Give D: the injected wait; where an upstream draws it, the mean the server reports."""
    reported = good["wait_ms"].dropna()
    if "wait_ms" in scenario.settings or reported.empty:
        return scenario.wait_ms
    return float(reported.mean())


def _kinds(sent: pd.DataFrame) -> str:
    counts = sent.loc[sent["error"] != "", "error"].value_counts()
    return " ".join(f"{kind}={number}" for kind, number in sorted(counts.items()))

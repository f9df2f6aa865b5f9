"""From the rows of one plateau to its Measurement. docs/method.md has each formula. Pure."""

from typing import Any

import numpy as np
import pandas as pd

from harness.core import counted, statistics
from harness.core.metrics import METRICS, Measurement
from harness.core.plan import Scenario
from harness.core.record import Extra, finite
from harness.core.trial import Plateau
from harness.measure import (
    accounting,
    arrivals,
    breakdown,
    clocks,
    failures,
    memory,
    steadiness,
    streaming,
)
from harness.measure.window import Window, connections, processes, resources

# The gate must see the lateness of even a few requests, so there is no least count.
LATENESS = statistics.Quantile(statistics.P99.share)


def measure(
    requests: pd.DataFrame,
    usage: pd.DataFrame,
    plateau: Plateau,
    scenario: Scenario,
    keep_alive: bool = True,
    load_cores: int = 1,
    clocks_apart_ms: float | None = None,
) -> tuple[Measurement, Extra]:
    """Return the numbers of one plateau, and the figures that gates and bounds need beside them.

    Latencies, queueing and errors are those of requests sent within the window, throughput and CPU
    per request those of answers that ended within it. Units stand in the names; what cannot be
    measured is None.

    Args:
        requests: the requests of the block, with the columns of harness.core.request_row; more than
            those of the plateau do no harm.
        usage: what server, generator and machine used, with the columns of harness.rig.meter and
            readings from before the window opened to after it closed.
        plateau: when the load step ramped, opened and closed, and what was unanswered at its end.
        scenario: what clients did, with its wait, think time and objective.
        keep_alive: whether clients are meant to keep their connections.
        load_cores: how many cores the load generator can keep busy; its CPU is a share of them.
        clocks_apart_ms: by how much the clocks of server and clients may differ; None where they
            have one.

    Raises:
        KeyError: a column of `requests` is missing.
    """
    events, requests = fired(requests), from_due_time(asked_of_server(requests))
    window = Window(plateau.opened, plateau.closed, usage)
    load_requests = load(requests)
    in_window, unanswered_s = _in_window(load_requests, plateau)
    good = in_window[in_window["error"] == ""]
    count = len(in_window) + len(unanswered_s)
    errors = len(in_window) - len(good)
    measurement = Measurement(
        measured_s=window.seconds,
        requests=count,
        errors=errors,
        error_share=errors / count if count else None,
        **_latencies(_durations_ms(good, unanswered_s, plateau)),
        **_outside_view(in_window, good),
        **_service(load_requests, window),
        **resources(window, load_cores),
        load_lag_p99_ms=plateau.lag_p99_ms,
        little_residual=_little(load_requests, plateau),
    )
    one_clock = clocks.agree(clocks_apart_ms, measurement.latency_p50_ms)
    extra = Extra(
        clocks_apart_ms=clocks_apart_ms,
        connections_expected=_expected_connections(in_window, plateau) if keep_alive else None,
        unanswered_share=len(unanswered_s) / count if count else None,
        think_ms=_think_ms(load_requests, plateau, count) if count else scenario.think_ms,
        **_exchange(in_window, good, count, scenario, one_clock),
        **_behaviour(in_window, _within(events, plateau), plateau),
        **_load_step(requests, plateau),
        **connections(window),
        **processes(window),
        **memory.growth(requests, window),
        requests_by_worker=accounting.by_process(in_window),
        **breakdown.means(good, one_clock),
        **streaming.figures(load_requests, good, len(unanswered_s), window),
    )
    return finite(measurement), finite(extra)


def _load_step(requests: pd.DataFrame, plateau: Plateau) -> dict[str, Any]:
    """Return what the whole load step came to: its length, who was silent, how it moved."""
    return {
        "plateau_s": plateau.ended - plateau.ramped,
        "drift_share": plateau.drift,
        "silent_users": plateau.silent,
        "packets_lost": plateau.packets_lost,
        "grew": plateau.grew,
        **accounting.counts(requests, plateau.opened, plateau.closed, len(plateau.unanswered)),
        "crowd_share": arrivals.crowd_share(requests, plateau),
        **steadiness.figures(requests, plateau),
    }


def _expected_connections(in_window: pd.DataFrame, plateau: Plateau) -> int | None:
    """Return how many connections are enough: one for each user, None where nobody knows.

    One is not enough for requests in parallel, nor where a client gives one up: by its time-out,
    or with a stream that it leaves before it has ended.
    """
    parallel = bool(in_window["occupied_ms"].notna().any())
    given_up = plateau.unread or bool((in_window["error"] == "timeout").any())
    return None if parallel or given_up else plateau.users


def _exchange(
    in_window: pd.DataFrame,
    good: pd.DataFrame,
    count: int,
    scenario: Scenario,
    one_clock: bool,
) -> dict[str, Any]:
    """Return how clients sent requests, and how the answers compare with the scenario.

    `in_window` and its `good` rows are as of _in_window(); `count` includes the unanswered.
    """
    return {
        "wait_ms": _wait_ms(good, scenario),
        "latency_min_ms": float(good["latency_ms"].min()) if len(good) else None,
        "late_p99_ms": _late_p99_ms(in_window),
        "stamped_p50_ms": _stamped_p50_ms(good) if one_clock else None,
        "gaps_share": arrivals.gaps_share(in_window["start_s"].to_numpy()),
        "served_share": _served_share(good, count, scenario),
        "error_kinds": _error_kinds(in_window),
        "failures": counted.as_text(failures.of_requests(in_window)),
        "redirected_share": float((in_window["redirects"] > 0).mean()) if len(in_window) else None,
        "parallel_requests": int(in_window["occupied_ms"].notna().sum()),
        "closing_answers": int((in_window["closing"] == 1).sum()),
    }


def _behaviour(in_window: pd.DataFrame, events: pd.DataFrame, plateau: Plateau) -> dict[str, Any]:
    """Return what the locustfile did beside asking the server under test."""
    raised = [f"{exception} in {task}" for exception, task, _ in plateau.raised]
    elsewhere = in_window.loc[in_window["elsewhere"] != "", "elsewhere"]
    return {
        "own_ms": float(in_window["own_ms"].mean()) if len(in_window) else None,
        "tasks": plateau.tasks,
        "tasks_raised": sum(times for *_, times in plateau.raised),
        "raised_kinds": raised[0] if raised else "",
        "unready_users": plateau.unready,
        "elsewhere": ", ".join(sorted(set(elsewhere))),
        "fired_events": len(events),
    }


def asked_of_server(requests: pd.DataFrame) -> pd.DataFrame:
    """Return what a client was seen to ask; the locustfile may fire events of its own beside."""
    return requests[requests["fired"] != 1]


def fired(requests: pd.DataFrame) -> pd.DataFrame:
    """Return the events that the locustfile fired itself, without a request of its own."""
    return requests[requests["fired"] == 1]


def load(requests: pd.DataFrame) -> pd.DataFrame:
    """Return the requests that are load: not those by which users were set up."""
    return requests[requests["set_up"] != 1]


def latencies_ms(requests: pd.DataFrame, plateau: Plateau) -> statistics.Floats:
    """Return, ascending, the latencies of a plateau of which its percentiles are taken.

    `requests` has the columns of harness.core.request_row.
    """
    load_requests = load(from_due_time(asked_of_server(requests)))
    in_window, unanswered_s = _in_window(load_requests, plateau)
    return _durations_ms(in_window[in_window["error"] == ""], unanswered_s, plateau)


def _in_window(requests: pd.DataFrame, plateau: Plateau) -> tuple[pd.DataFrame, statistics.Floats]:
    """Return the requests sent within the window, and when the unanswered among them were sent.

    `requests` has the columns that from_due_time() returns, and so have the rows in the window.
    """
    unanswered_s = [start_s for start_s in plateau.unanswered if start_s >= plateau.opened]
    return _within(requests, plateau), np.array(unanswered_s, dtype=np.float64)


def _within(requests: pd.DataFrame, plateau: Plateau) -> pd.DataFrame:
    return requests[requests["start_s"].between(plateau.opened, plateau.closed, inclusive="left")]


def _durations_ms(
    good: pd.DataFrame, unanswered_s: statistics.Floats, plateau: Plateau
) -> statistics.Floats:
    """Return, ascending, each `latency_ms` of the good, and how long the unanswered have lasted."""
    lower_bounds_ms = (plateau.ended - unanswered_s) * 1000
    return np.sort(np.append(good["latency_ms"].dropna().to_numpy(), lower_bounds_ms))


def from_due_time(requests: pd.DataFrame) -> pd.DataFrame:
    """Return the requests with those of an open loop starting when they were due.

    The columns are those of harness.core.request_row and `late_ms`, from due to sent. Latencies
    that count from sending omit what a stalled server makes others wait (Tene 2013).
    """
    late_ms = ((requests["start_s"] - requests["due_s"]) * 1000).fillna(0.0)
    return requests.assign(
        start_s=requests["due_s"].fillna(requests["start_s"]),
        latency_ms=requests["latency_ms"] + late_ms,
        late_ms=late_ms,
    )


def _late_p99_ms(in_window: pd.DataFrame) -> float | None:
    """Return how late requests were sent that have a `due_s`, by `late_ms`; None without any."""
    due = in_window[in_window["due_s"].notna()]
    return statistics.percentile(np.sort(due["late_ms"].to_numpy()), LATENESS)


def _stamped_p50_ms(good: pd.DataFrame) -> float | None:
    """Return the median time from sending to the end of the view; None without the server's stamps.

    The client's own clock stands only at its begin, so that reading late adds nothing to it.
    """
    sent_s = good["start_s"] + good["late_ms"] / 1000
    stamped_ms = (good["entered_s"] - sent_s) * 1000 + good["view_ms"]
    return statistics.percentile(np.sort(stamped_ms.dropna().to_numpy()), statistics.P50)


def _latencies(ascending_ms: statistics.Floats) -> dict[str, Any]:
    """Return mean, percentiles and maximum of ascending latencies."""
    return {
        "latency_mean_ms": float(ascending_ms.mean()) if len(ascending_ms) else None,
        **_percentiles("latency_", ascending_ms),
        "latency_max_ms": float(ascending_ms[-1]) if len(ascending_ms) else None,
    }


def _percentiles(prefix: str, ascending: statistics.Floats) -> dict[str, Any]:
    """Return each percentile of ascending values that is a metric whose name has the prefix."""
    return {
        name: statistics.percentile(ascending, metric.quantile)
        for name, metric in METRICS.items()
        if name.startswith(prefix) and metric.quantile
    }


def _outside_view(in_window: pd.DataFrame, good: pd.DataFrame) -> dict[str, Any]:
    """Return the time outside the view: queueing of the good requests, connecting of all.

    Both frames are as of _in_window().
    """
    before_view_ms = good["connect_ms"].fillna(0) + good["late_ms"]
    queue_ms = np.sort((good["latency_ms"] - before_view_ms - good["view_ms"]).dropna())
    connect_ms = np.sort(in_window["connect_ms"].dropna())
    return {
        **_percentiles("queue_", queue_ms),
        **_percentiles("connect_", connect_ms),
        "connections_opened": len(connect_ms),
    }


def _service(requests: pd.DataFrame, window: Window) -> dict[str, Any]:
    """Return the rate of good answers within the window, and the server's CPU time for each.

    `requests` needs `start_s`, `latency_ms` and `error`.
    """
    ended = window.ended(requests)
    cpu_s = window.growth("server_cpu_s")
    return {
        "throughput_rps": int((ended["error"] == "").sum()) / window.seconds,
        "server_cpu_ms_per_request": cpu_s * 1000 / len(ended) if cpu_s and len(ended) else None,
        "server_cpu_share": cpu_s / window.seconds if cpu_s is not None else None,
    }


def _little(requests: pd.DataFrame, plateau: Plateau) -> float | None:
    """Return by how much users that the rows account for miss those that ran: (L + P + C - N) / N.

    L, P and C are the mean numbers of users in flight, in a pause and in their own code: the time
    that each spent there within the window, over its length. Over long times L and P are X R and
    X Z of Little's law; summed up like this, what the window's edges cut is no error. A pause
    counts as long as it was meant, within the millisecond of its timer: what a user waited beyond
    that, the generator lost. Of several requests of a user in flight together each counts for the
    time that it alone accounts for. Silent users are not among the N: thousands of them would hide
    whatever a few others lost. None in an open loop, which has no users whose time could be
    accounted for.

    `requests` has the columns of harness.core.request_row.
    """
    users = plateau.users - plateau.silent
    if plateau.rate_rps is not None or not users:
        return None
    window = (plateau.opened, plateau.closed)
    answered_s = _answered_s(requests[requests["start_s"] < plateau.closed], window)
    users_s = answered_s + _unanswered_s(plateau, window) + _between_s(plateau, window)
    return (users_s / (plateau.closed - plateau.opened) - users) / users


def _think_ms(requests: pd.DataFrame, plateau: Plateau, count: int) -> float:
    """Return Z: the time within the window of users in a pause, over the `count` sent in it.

    It is not the mean of the pauses before these: of the pauses that the opening falls into, only
    the rest lies in the window. Where few users pause at random, the part before it would make
    Z so long that an honest rate is above the bound.
    """
    window = (plateau.opened, plateau.closed)
    answered = requests[requests["start_s"] < plateau.closed]
    paused_s = _paused_s(answered["start_s"].to_numpy(), answered["think_ms"].to_numpy(), window)
    thought_ms = np.array(plateau.thought_ms)
    paused_s += _paused_s(np.array(plateau.unanswered[: len(thought_ms)]), thought_ms, window)
    paused_s += statistics.overlap(np.array(plateau.pausing), np.array(plateau.closed), window)
    return 1000 * paused_s / count


def _paused_s(
    starts_s: statistics.Floats, thinks_ms: statistics.Floats, window: tuple[float, float]
) -> float:
    """Return the time within a window of the pauses before requests."""
    return statistics.overlap(starts_s - thinks_ms / 1000, starts_s, window)


def _answered_s(requests: pd.DataFrame, window: tuple[float, float]) -> float:
    """Return the time within a window of users in flight, and before it, by what was answered."""
    starts_s = requests["start_s"].to_numpy()
    ends_s = starts_s + requests["latency_ms"].to_numpy() / 1000
    occupied_ms = requests["occupied_ms"].fillna(requests["latency_ms"]).to_numpy()
    in_flight_s = statistics.overlap(ends_s - occupied_ms / 1000, ends_s, window)
    own_ms = requests["own_ms"].fillna(0.0).to_numpy()
    return in_flight_s + _before_s(starts_s, requests["think_ms"].to_numpy(), own_ms, window)


def _unanswered_s(plateau: Plateau, window: tuple[float, float]) -> float:
    """Return the same by what was never answered; what was due and not sent has no user."""
    sent_s = np.array(plateau.unanswered[: len(plateau.thought_ms)])
    own_ms = np.array(plateau.own_ms or (0.0,) * len(sent_s))
    since_s = [start_s for start_s in plateau.occupied or plateau.unanswered if start_s is not None]
    in_flight_s = statistics.overlap(np.array(since_s), np.array(plateau.ended), window)
    return in_flight_s + _before_s(sent_s, np.array(plateau.thought_ms), own_ms, window)


def _before_s(
    starts_s: statistics.Floats,
    thinks_ms: statistics.Floats,
    own_ms: statistics.Floats,
    window: tuple[float, float],
) -> float:
    """Return the time within a window of pauses and, before these, users' own code."""
    pauses_s = starts_s - thinks_ms / 1000
    in_own_s = statistics.overlap(pauses_s - own_ms / 1000, pauses_s, window)
    return _paused_s(starts_s, thinks_ms, window) + in_own_s


def _between_s(plateau: Plateau, window: tuple[float, float]) -> float:
    """Return the same of users that asked nothing at the close."""
    own_s = np.array(plateau.own, dtype=np.float64).reshape(-1, 2)
    in_pause_s = statistics.overlap(np.array(plateau.pausing), np.array(plateau.closed), window)
    return in_pause_s + statistics.overlap(own_s[:, 0], own_s[:, 1], window)


def _served_share(good: pd.DataFrame, count: int, scenario: Scenario) -> float | None:
    """Return the share of so many requests whose `latency_ms` meets the scenario's objective."""
    if scenario.objective_ms is None or not count:
        return None
    return int((good["latency_ms"] <= scenario.objective_ms).sum()) / count


def _wait_ms(good: pd.DataFrame, scenario: Scenario) -> float | None:
    """Return D: the injected wait, or the mean `wait_ms` where an upstream draws it."""
    reported = good["wait_ms"].dropna()
    if "wait_ms" in scenario.settings or reported.empty:
        return scenario.wait_ms
    return float(reported.mean())


def _error_kinds(in_window: pd.DataFrame) -> str:
    """Return how often each `error` occurred, e.g. "reset=40 status=2"."""
    counts = in_window.loc[in_window["error"] != "", "error"].value_counts()
    return " ".join(f"{kind}={number}" for kind, number in sorted(counts.items()))

"""Calibrate: compare what the suite reports of a ground-truth server with the server's stamps."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from harness.core.errors import BenchError
from harness.core.plan import Load, Scenario
from harness.core.statistics import P50, P90, P95, P99, Quantile, percentile
from harness.core.trial import Plateau
from harness.measure.coordinated_omission import Freeze, open_latencies_ms
from harness.measure.envelope import Envelope, Percentile, Point
from harness.measure.measurement import measure
from harness.rig import session
from harness.rig.generator import LOADTESTS, Generator
from harness.rig.ground_truth import SPREADS, Behaviour
from harness.rig.places import Place
from harness.rig.session import SessionFailed

# 200 ms a cycle, so 64 clients make 320 requests/s and 1,280 would make 6,400, which is more than
# one Locust can: the end of the envelope is measured, not assumed.
TRAFFIC = Scenario(
    name="truth",
    locustfile=LOADTESTS / "direct.py",
    settings={"wait_ms": 100, "think_ms": 100},
)

TRAFFIC_BY_REQUESTS = TRAFFIC.model_copy(update={"locustfile": LOADTESTS / "direct_requests.py"})
"""The same by an HttpUser, whose client costs two to three times the time."""

# Windows in which the lowest step sends more than the 500 requests that p99 needs.
FULL = Load(users=(64, 128, 256, 384, 512, 768, 1024, 1280), settle_s=0.5, measure_s=2.5)
SHORT = Load(users=(128, 384, 768), settle_s=0.3, measure_s=1.2, tail_s=0.5)
SHORT_BY_REQUESTS = Load(users=(112, 144, 176), settle_s=0.3, measure_s=1.2, tail_s=0.5)

# The wider the delays, the more of the generator's own lateness disappears among them. Narrow
# ones hide little, and still keep p50, p95 and p99 apart: 100, 117 and 126 ms.
NARROW = Behaviour(spread="lognormal", sigma=0.1)

FREEZING = Behaviour(freeze_at_s=2.5, freeze_s=1.0)
FREEZING_LOAD = Load(users=(128,), settle_s=0.5, measure_s=4.5)


@dataclass(frozen=True, slots=True)
class Climb:
    """What one staircase leaves: its plateaus, the rows of its requests, the metered usage.

    `requests` has the columns of harness.core.request_row, `usage` those of harness.rig.meter.
    `way_ms` is the round trip to the server, which is part of what clients rightly measure.
    """

    plateaus: tuple[Plateau, ...]
    requests: pd.DataFrame
    usage: pd.DataFrame
    way_ms: float = 0.0


def full(place: Place) -> Envelope:
    """Return the envelope by every spread of delays, after about a minute and a half.

    Raise BenchError where Locust or the server ends, or too few requests are answered.
    """
    return sweep(place, [Behaviour(spread=spread) for spread in SPREADS], FULL)


def short(place: Place, by_requests: bool = False, users: int = 0) -> Envelope:
    """Return the envelope by the NARROW delays, within 15 s or twice that, as a run's start needs.

    `by_requests`: with the client of an HttpUser. A run of more `users` than came out right is
    calibrated with so many too, after their ramp. What comes out wrong gets a second chance: a
    moment's disturbance must not flag a whole run. Raise BenchError where Locust or the server
    ends, or too few requests are answered.
    """
    traffic = TRAFFIC_BY_REQUESTS if by_requests else TRAFFIC
    load = SHORT_BY_REQUESTS if by_requests else SHORT
    envelope = sweep(place, [NARROW], load, traffic)
    if not envelope.right:
        envelope = envelope.replace_wrong(sweep(place, [NARROW], load, traffic))
    if users <= envelope.users:
        return envelope
    asking = crowd(place, traffic, load, users)
    return replace(envelope, crowd=asking if asking.right else crowd(place, traffic, load, users))


def crowd(place: Place, traffic: Scenario, load: Load, users: int) -> Point:
    """Return the point of so many users who ask as often together as the fewest of `load` do.

    At the pace of those they would ask for more than one Locust can send, whatever their number
    costs it.
    """
    cycle_ms = (traffic.wait_ms + traffic.think_ms) * users / min(load.users)
    settings = {**traffic.settings, "think_ms": cycle_ms - traffic.wait_ms}
    slower = traffic.model_copy(update={"settings": settings})
    staircase = climb(place, NARROW, slower, load.model_copy(update={"users": (users,)}))
    return point(staircase, staircase.plateaus[0], NARROW.spread)


def sweep(
    place: Place, behaviours: Sequence[Behaviour], load: Load, traffic: Scenario = TRAFFIC
) -> Envelope:
    """Return the envelope of one staircase for each behaviour, each with server and Locust anew."""
    points = []
    for behaviour in behaviours:
        staircase = climb(place, behaviour, traffic, load)
        points += [point(staircase, plateau, behaviour.spread) for plateau in staircase.plateaus]
    return Envelope(tuple(points))


def freeze(place: Place) -> Freeze:
    """Return what is reported of a server that freezes for a second in the middle of a plateau.

    Raise BenchError as full() does.
    """
    staircase = climb(place, FREEZING, TRAFFIC, FREEZING_LOAD)
    (plateau,) = staircase.plateaus
    report, _ = measure(staircase.requests, staircase.usage, plateau, TRAFFIC)
    good = _good(staircase.requests, plateau)
    stamped_ms = (good["entered_s"] - good["start_s"]) * 1000 + good["view_ms"]
    longest = int(good["latency_ms"].argmax())
    freeze_ms = FREEZING.freeze_s * 1000
    window_ms = (plateau.closed - plateau.opened) * 1000
    open_ms = open_latencies_ms(TRAFFIC.wait_ms, freeze_ms, window_ms)
    return Freeze(
        freeze_ms=freeze_ms,
        window_ms=window_ms,
        p90_ms=_require(report.latency_p90_ms),
        p99_ms=_require(report.latency_p99_ms),
        open_p90_ms=_require(percentile(open_ms, P90)),
        open_p99_ms=_require(percentile(open_ms, P99)),
        longest_ms=float(good["latency_ms"].iloc[longest]),
        stamped_ms=float(stamped_ms.iloc[longest]),
    )


def climb(place: Place, behaviour: Behaviour, scenario: Scenario, load: Load) -> Climb:
    """Return what a fresh Locust measures of a fresh ground-truth server.

    Raise BenchError where either ends or hangs.
    """
    with (
        tempfile.TemporaryDirectory(prefix="calibrate-") as name,
        place.truth(behaviour, scenario, load, Path(name)) as truth,
    ):
        plateaus = []
        for _ in load.users:
            plateaus.append(await_plateau(truth.generator, load))
            truth.meter.read()  # the window's end lies between two readings
        requests, usage = truth.generator.requests(), truth.meter.usage()
        return Climb(tuple(plateaus), requests, usage, truth.way_ms)


def await_plateau(generator: Generator, load: Load) -> Plateau:
    """Return the next plateau once it has ended; raise BenchError where Locust ends or hangs."""
    try:
        longest_s = load.settle_s + load.measure_s + load.tail_s
        return session.await_plateau(generator, (), longest_s)
    except SessionFailed as failure:
        raise BenchError(f"while calibrating: {failure.with_log}") from None


def point(staircase: Climb, plateau: Plateau, spread: str) -> Point:
    """Return what the suite reports of one plateau beside what the stamps say of its requests."""
    requests = staircase.requests
    report, _ = measure(requests, staircase.usage, plateau, TRAFFIC)
    good = _good(requests, plateau)
    departures_s = requests["entered_s"] + requests["view_ms"] / 1000
    departures = departures_s.between(plateau.opened, plateau.closed, inclusive="left")
    p95 = report.latency_p95_ms
    p99 = report.latency_p99_ms
    return Point(
        spread=spread,
        users=plateau.users,
        requests=len(good),
        rate_rps=_require(report.throughput_rps),
        departed_rps=int(departures.sum()) / (plateau.closed - plateau.opened),
        p50=_percentile(_require(report.latency_p50_ms), good, P50, staircase.way_ms),
        p95=_percentile(p95, good, P95, staircase.way_ms) if p95 else None,
        p99=_percentile(p99, good, P99, staircase.way_ms) if p99 else None,
        **{name: float(times.median()) for name, times in parts(good).items()},
        load_cpu_share=report.load_cpu_share,
    )


def parts(requests: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    """Return the parts of each request's latency, in ms, beside connecting and the intended delay.

    A request that waits until the server's loop reads it is still being sent. `requests` has the
    columns of harness.core.request_row.
    """
    sending = (requests["entered_s"] - requests["start_s"]) * 1000
    return {
        "sending_ms": sending - requests["connect_ms"].fillna(0),
        "lateness_ms": requests["view_ms"] - requests["wait_ms"],
        "receiving_ms": requests["latency_ms"] - sending - requests["view_ms"],
    }


def _good(requests: pd.DataFrame, plateau: Plateau) -> pd.DataFrame:
    """Return the rows that latencies are measured of: good requests sent within the window.

    `requests` and the result have the columns of harness.core.request_row.
    """
    sent = requests["start_s"].between(plateau.opened, plateau.closed, inclusive="left")
    return requests[sent & (requests["error"] == "")]


def _percentile(
    reported_ms: float, good: pd.DataFrame, quantile: Quantile, way_ms: float
) -> Percentile:
    """Return a reported percentile beside those of `view_ms` and `wait_ms` of the good rows.

    To these the way to the server and back is added.
    """
    stamped_ms = np.sort(good["view_ms"].to_numpy()) + way_ms
    intended_ms = np.sort(good["wait_ms"].to_numpy()) + way_ms
    return Percentile(
        reported_ms,
        _require(percentile(stamped_ms, quantile)),
        _require(percentile(intended_ms, quantile)),
    )


def _require(value: float | None) -> float:
    """Return a figure that calibration needs; raise BenchError without it."""
    if value is None:
        raise BenchError(
            "too few requests were answered while calibrating; end other programs and start again"
        )
    return value

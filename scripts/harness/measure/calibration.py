"""Calibrate: hold what the suite reports of a ground-truth server against the server's stamps."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from harness.core.errors import BenchError
from harness.core.plan import Load, Scenario
from harness.core.statistics import P50, P90, P95, P99, Quantile, percentile
from harness.core.trial import Plateau
from harness.host.machine import Cores
from harness.measure.coordinated_omission import Freeze, open_latencies_ms
from harness.measure.envelope import Envelope, Percentile, Point
from harness.measure.measurement import measure
from harness.rig import session
from harness.rig.generator import LOADTESTS, Generator, generate
from harness.rig.ground_truth import SPREADS, Behaviour
from harness.rig.meter import metering
from harness.rig.servers import serve_truth
from harness.rig.session import SessionFailed

# 200 ms a cycle, so 64 clients make 320 requests/s and 1,280 would make 6,400, which is more than
# one Locust can: the end of the envelope is to be found, not assumed.
ASKING = Scenario(
    name="truth",
    locustfile=LOADTESTS / "direct.py",
    settings={"wait_ms": 100, "think_ms": 100},
)

# Windows in which the lowest step sends more than the 500 requests that p99 needs.
FULL = Load(users=(64, 128, 256, 384, 512, 768, 1024, 1280), settle_s=0.5, measure_s=2.5)
SHORT = Load(users=(128, 384, 768), settle_s=0.3, measure_s=1.2, tail_s=0.5)

# The wider the delays, the more of the generator's own lateness disappears among them; narrow
# ones hide little, and still tell p50, p95 and p99 apart: 100, 117 and 126 ms.
NARROW = Behaviour(spread="lognormal", sigma=0.1)

FREEZING = Behaviour(freeze_at_s=2.5, freeze_s=1.0)
FREEZING_LOAD = Load(users=(128,), settle_s=0.5, measure_s=4.5)


@dataclass(frozen=True, slots=True)
class Climb:
    """What is left of one staircase: its plateaus, the rows of its requests, the metered usage."""

    plateaus: tuple[Plateau, ...]
    requests: pd.DataFrame
    usage: pd.DataFrame


def full(cores: Cores) -> Envelope:
    """Calibrate with every spread of delays; takes about a minute and a half."""
    return sweep(cores, [Behaviour(spread=spread) for spread in SPREADS], FULL)


def short(cores: Cores) -> Envelope:
    """Calibrate within 15 s, with the NARROW delays, as the start of a run does.

    What came out wrong gets a second chance: a moment's disturbance must not doubt a whole run.
    """
    found = sweep(cores, [NARROW], SHORT)
    if all(point.right for point in found.points):
        return found
    return found.mended(sweep(cores, [NARROW], SHORT))


def sweep(cores: Cores, behaviours: Sequence[Behaviour], load: Load) -> Envelope:
    """Climb the staircase against a fresh server and with a fresh Locust for each behaviour."""
    points = []
    for behaviour in behaviours:
        climbed = climb(cores, behaviour, ASKING, load)
        points += [point(climbed, plateau, behaviour.spread) for plateau in climbed.plateaus]
    return Envelope(tuple(points))


def freeze(cores: Cores) -> Freeze:
    """Freeze the server for a second in the middle of a plateau, and see what is reported of it."""
    climbed = climb(cores, FREEZING, ASKING, FREEZING_LOAD)
    (plateau,) = climbed.plateaus
    reported, _ = measure(climbed.requests, climbed.usage, plateau, ASKING)
    good = _good(climbed.requests, plateau)
    stamped_ms = (good["entered_s"] - good["start_s"]) * 1000 + good["view_ms"]
    longest = int(good["latency_ms"].argmax())
    freeze_ms, window_ms = FREEZING.freeze_s * 1000, (plateau.closed - plateau.opened) * 1000
    arriving = open_latencies_ms(ASKING.wait_ms, freeze_ms, window_ms)
    return Freeze(
        freeze_ms=freeze_ms,
        window_ms=window_ms,
        p90_ms=_told(reported.latency_p90_ms),
        p99_ms=_told(reported.latency_p99_ms),
        open_p90_ms=_told(percentile(arriving, P90)),
        open_p99_ms=_told(percentile(arriving, P99)),
        longest_ms=float(good["latency_ms"].iloc[longest]),
        stamped_ms=float(stamped_ms.iloc[longest]),
    )


def climb(cores: Cores, behaviour: Behaviour, scenario: Scenario, load: Load) -> Climb:
    """Load a fresh ground-truth server by a fresh Locust, and compute nothing meanwhile."""
    with (
        tempfile.TemporaryDirectory(prefix="calibrate-") as name,
        serve_truth(behaviour, Path(name, "truth.log"), cores.server) as server,
        generate(scenario, load, "sync", server.url, Path(name), cores.load) as generator,
        metering({"load": generator.child.pid}, server.port, Path(name, "usage.csv")) as meter,
    ):
        plateaus = []
        for _ in load.users:
            plateaus.append(await_plateau(generator, load))
            meter.read()  # the window's end lies between two readings
        return Climb(tuple(plateaus), generator.requests(), meter.usage())


def await_plateau(generator: Generator, load: Load) -> Plateau:
    """Wait for the next plateau to end; raise BenchError when Locust ends or hangs instead."""
    try:
        longest_s = load.settle_s + load.measure_s + load.tail_s
        return session.await_plateau(generator, (), longest_s)
    except SessionFailed as failure:
        raise BenchError(f"while calibrating: {failure.with_log}") from None


def point(climbed: Climb, plateau: Plateau, spread: str) -> Point:
    """Set what the suite reports of one plateau beside what the stamps say of its requests."""
    reported, _ = measure(climbed.requests, climbed.usage, plateau, ASKING)
    good = _good(climbed.requests, plateau)
    left_s = climbed.requests["entered_s"] + climbed.requests["view_ms"] / 1000
    left = left_s.between(plateau.opened, plateau.closed, inclusive="left")
    p99 = reported.latency_p99_ms
    return Point(
        spread=spread,
        users=plateau.users,
        requests=len(good),
        rate_rps=_told(reported.throughput_rps),
        departed_rps=int(left.sum()) / (plateau.closed - plateau.opened),
        p50=_percentile(_told(reported.latency_p50_ms), good, P50),
        p95=_percentile(_told(reported.latency_p95_ms), good, P95),
        p99=None if p99 is None else _percentile(p99, good, P99),
        **{name: float(times.median()) for name, times in parts(good).items()},
        load_cpu_share=reported.load_cpu_share,
    )


def parts(requests: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    """Give the parts of each request's latency, in ms, beside connecting and the intended delay.

    A request that waits until the server's loop reads it is still being sent.
    """
    sending = (requests["entered_s"] - requests["start_s"]) * 1000
    return {
        "sending_ms": sending - requests["connect_ms"].fillna(0),
        "lateness_ms": requests["view_ms"] - requests["wait_ms"],
        "receiving_ms": requests["latency_ms"] - sending - requests["view_ms"],
    }


def _good(requests: pd.DataFrame, plateau: Plateau) -> pd.DataFrame:
    """Choose what latencies are measured of: the good requests sent within the window."""
    sent = requests["start_s"].between(plateau.opened, plateau.closed, inclusive="left")
    return requests[sent & (requests["error"] == "")]


def _percentile(reported_ms: float, good: pd.DataFrame, quantile: Quantile) -> Percentile:
    stamped, intended = (np.sort(good[name].to_numpy()) for name in ("view_ms", "wait_ms"))
    return Percentile(
        reported_ms,
        _told(percentile(stamped, quantile)),
        _told(percentile(intended, quantile)),
    )


def _told(value: float | None) -> float:
    """Insist on a figure that calibrating cannot do without."""
    if value is None:
        raise BenchError(
            "too few requests were answered while calibrating; is the machine busy with others?"
        )
    return value

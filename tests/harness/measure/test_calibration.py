"""Calibration with a real server and a real Locust; and that it finds what is wrong."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from harness.core.plan import Load
from harness.core.trial import Plateau
from harness.host.machine import cores
from harness.measure import calibration
from harness.measure.calibration import ASKING, Climb, climb, parts, point
from harness.rig.ground_truth import Behaviour
from tests.support.request_rows import request_rows


@pytest.fixture(scope="module")
def climbed() -> Climb:
    """Climb two small steps of a second and a half against lognormal delays."""
    load = Load(users=(16, 64), settle_s=0.2, measure_s=1.5)
    return climb(cores(), Behaviour(spread="lognormal"), ASKING, load)


@pytest.mark.long
def test_a_sweep_gives_a_point_for_every_spread_and_step() -> None:
    """Which it holds against the truth: none of them is wrong by much at these small loads."""
    load = Load(users=(8, 32), settle_s=0.2, measure_s=1)
    spreads = (Behaviour(spread="constant"), Behaviour(spread="two"))
    points = calibration.sweep(cores(), spreads, load).points
    steps = [(p.spread, p.users) for p in points]
    assert steps == [("constant", 8), ("constant", 32), ("two", 8), ("two", 32)]
    # 32 users in a cycle of 200 ms send 160 requests/s; the standard error over 1 s is below 10%.
    assert points[1].rate_rps == pytest.approx(160, rel=0.4)
    assert points[1].p50.intended_ms == 100
    assert points[3].p50.intended_ms == 50
    assert all(p.p50.error_ms >= 0 and p.p99 is None for p in points)


def test_the_parts_of_a_request_add_up_to_its_latency(climbed: Climb) -> None:
    """Sending, connecting, intended delay, server's lateness and receiving, within 0.1 ms.

    Of which none can be negative, as long as the clocks of client and server agree.
    """
    requests = climbed.requests
    took = parts(requests)
    known = requests["connect_ms"].fillna(0) + requests["wait_ms"]
    total = known + took["sending_ms"] + took["lateness_ms"] + took["receiving_ms"]
    assert len(requests) > 300
    assert np.abs(total - requests["latency_ms"]).max() < 0.1
    assert min(part.min() for part in took.values()) > -0.1


def test_latencies_recorded_5_ms_too_long_show_as_an_error_of_5_ms(climbed: Climb) -> None:
    """In p50 and in the receiving part, and in nothing that the server says."""
    shifted = climbed.requests.assign(latency_ms=climbed.requests["latency_ms"] + 5)
    plateau = climbed.plateaus[-1]
    true = point(climbed, plateau, "lognormal")
    wrong = point(replace(climbed, requests=shifted), plateau, "lognormal")
    assert wrong.p50.error_ms - true.p50.error_ms == pytest.approx(5, abs=1e-6)
    assert wrong.receiving_ms - true.receiving_ms == pytest.approx(5, abs=1e-6)
    assert wrong.p50.stamped_ms == true.p50.stamped_ms
    assert wrong.departed_rps == true.departed_rps
    assert true.right
    assert not wrong.right


@pytest.mark.long
def test_a_freeze_is_found_in_the_longest_latency() -> None:
    """It is never shorter than the freeze, and what the stamps say; p90 hides it in a closed loop.

    A client asks about 18 times in the window, and one of those requests meets the freeze.
    """
    freeze = calibration.freeze(cores())
    assert freeze.right, freeze
    assert freeze.p90_ms < 500 < freeze.open_p90_ms
    assert freeze.p99_ms > 900


def by_hand(*rows: tuple[float, float, float]) -> Climb:
    """Build what a climb leaves from rows of start_s, latency_ms and the ms up to the arrival.

    Every request was meant to wait 100 ms and stayed 101; one user, open from second 100 to 110.
    """
    frame = request_rows(
        {
            "start_s": [start_s for start_s, _, _ in rows],
            "latency_ms": [latency_ms for _, latency_ms, _ in rows],
            "entered_s": [start_s + sending_ms / 1000 for start_s, _, sending_ms in rows],
            "view_ms": 101.0,
            "wait_ms": 100.0,
            "think_ms": 0.0,
        }
    )
    plateau = Plateau(1, 98, 100, 110, 111, len(rows), (), (), lag_p99_ms=1)
    return Climb((plateau,), frame, pd.DataFrame({"time_s": [99.0, 111.0]}))


def test_a_point_sets_reported_figures_beside_stamped_ones() -> None:
    """Three requests: 10 ms to the server, 101 there, the rest back; the middle one is the p50."""
    made = by_hand((101, 112, 10), (103, 121, 10), (105, 151, 10))
    found = point(made, made.plateaus[0], "constant")
    assert (found.p50.reported_ms, found.p50.stamped_ms, found.p50.intended_ms) == (121, 101, 100)
    assert found.p95.reported_ms == 151
    assert found.sending_ms == pytest.approx(10)
    assert found.lateness_ms == pytest.approx(1)
    assert found.receiving_ms == pytest.approx(10)  # of 1, 10 and 40


def test_an_answer_that_left_before_the_window_and_came_within_is_too_many() -> None:
    """Sent at 99.85, it left at 99.951 and came at 100.35: two reported in 10 s, one departed."""
    made = by_hand((99.85, 500, 0), (105, 110, 5))
    found = point(made, made.plateaus[0], "constant")
    assert (found.rate_rps, found.departed_rps) == (0.2, 0.1)
    assert found.throughput_error_share == pytest.approx(1)


def test_the_time_to_connect_is_no_part_of_sending() -> None:
    """Of 10 ms before the arrival 4 went into a new connection."""
    made = by_hand((101, 112, 10))
    requests = made.requests.assign(connect_ms=4.0)
    assert point(replace(made, requests=requests), made.plateaus[0], "two").sending_ms == (
        pytest.approx(6)
    )

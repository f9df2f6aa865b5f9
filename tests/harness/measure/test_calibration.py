"""Calibration with a real server and a real Locust, and that it detects what is wrong."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from harness.core.plan import Load
from harness.core.trial import Plateau
from harness.host.machine import cores
from harness.measure import calibration
from harness.measure.calibration import TRAFFIC, Climb, climb, parts, point
from harness.rig.ground_truth import Behaviour
from harness.rig.places import Here
from tests.support.request_rows import request_rows


@pytest.fixture(scope="module")
def staircase() -> Climb:
    """Climb two small steps of a second and a half against lognormal delays."""
    load = Load(users=(16, 64), settle_s=0.2, measure_s=1.5)
    return climb(Here(cores()), Behaviour(spread="lognormal"), TRAFFIC, load)


@pytest.mark.long
def test_a_sweep_has_a_point_for_every_spread_and_step() -> None:
    """None of them is wrong by much at these small loads."""
    load = Load(users=(8, 32), settle_s=0.2, measure_s=1)
    spreads = (Behaviour(spread="constant"), Behaviour(spread="two"))
    points = calibration.sweep(Here(cores()), spreads, load).points
    steps = [(p.spread, p.users) for p in points]
    assert steps == [("constant", 8), ("constant", 32), ("two", 8), ("two", 32)]
    # 32 users in a cycle of 200 ms send 160 requests/s; the standard error over 1 s is below 10%.
    assert points[1].rate_rps == pytest.approx(160, rel=0.4)
    assert points[1].p50.intended_ms == 100
    assert points[3].p50.intended_ms == 50
    assert all(p.p50.error_ms >= 0 and p.p99 is None for p in points)


def test_the_parts_of_a_request_add_up_to_its_latency(staircase: Climb) -> None:
    """Sending, connecting, intended delay, server's lateness and receiving, within 0.1 ms.

    Of which none can be negative, as long as the clocks of client and server agree.
    """
    requests = staircase.requests
    by_name = parts(requests)
    beside_ms = requests["connect_ms"].fillna(0) + requests["wait_ms"]
    total = beside_ms + by_name["sending_ms"] + by_name["lateness_ms"] + by_name["receiving_ms"]
    assert len(requests) > 300
    assert np.abs(total - requests["latency_ms"]).max() < 0.1
    assert min(part.min() for part in by_name.values()) > -0.1


def test_latencies_recorded_5_ms_too_long_show_as_an_error_of_5_ms(staircase: Climb) -> None:
    """In p50 and in the receiving part, and in nothing that the server says."""
    shifted = staircase.requests.assign(latency_ms=staircase.requests["latency_ms"] + 5)
    plateau = staircase.plateaus[-1]
    true = point(staircase, plateau, "lognormal")
    wrong = point(replace(staircase, requests=shifted), plateau, "lognormal")
    assert wrong.p50.error_ms - true.p50.error_ms == pytest.approx(5, abs=1e-6)
    assert wrong.receiving_ms - true.receiving_ms == pytest.approx(5, abs=1e-6)
    assert wrong.p50.stamped_ms == true.p50.stamped_ms
    assert wrong.departed_rps == true.departed_rps
    assert true.right
    assert not wrong.right


def test_the_way_to_another_host_is_part_of_the_truth(staircase: Climb) -> None:
    """Where a round trip takes 5 ms, clients that measure 5 ms more are right."""
    requests = staircase.requests.assign(latency_ms=staircase.requests["latency_ms"] + 5)
    plateau = staircase.plateaus[-1]
    near = point(staircase, plateau, "lognormal")
    far = point(replace(staircase, requests=requests, way_ms=5.0), plateau, "lognormal")
    assert far.p50.error_ms == pytest.approx(near.p50.error_ms, abs=1e-6)
    assert far.right


@pytest.mark.long
def test_an_httpuser_is_calibrated_by_its_own_client() -> None:
    """The same truth, asked through requests: connections are kept, and no p50 is off by much."""
    load = Load(users=(32,), settle_s=0.3, measure_s=1.5)
    (point,) = calibration.sweep(
        Here(cores()), [calibration.NARROW], load, calibration.TRAFFIC_BY_REQUESTS
    ).points
    assert point.rate_rps == pytest.approx(160, rel=0.4)
    assert point.p50.right


@pytest.mark.long
def test_a_freeze_shows_in_the_longest_latency() -> None:
    """It covers the freeze and agrees with the stamps; p90 hides the freeze in a closed loop.

    A client sends about 18 requests in the window, and one of them meets the freeze.
    """
    freeze = calibration.freeze(Here(cores()))
    assert freeze.right, freeze
    assert freeze.p90_ms < 500 < freeze.open_p90_ms
    assert freeze.p99_ms > 900


def by_hand(*rows: tuple[float, float, float]) -> Climb:
    """Build a climb of rows of start_s, latency_ms and the ms up to the arrival.

    Every request was meant to wait 100 ms and stayed 101; 40 users did the same, open from second
    100 to 110.
    """
    rows = rows * 40
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
    plateau = Plateau(40, 98, 100, 110, 111, len(rows), (), (), lag_p99_ms=1)
    return Climb((plateau,), frame, pd.DataFrame({"time_s": [99.0, 111.0]}))


def test_a_point_sets_reported_figures_beside_stamped_ones() -> None:
    """Three requests: 10 ms to the server, 101 there, the rest back; the middle one is the p50."""
    staircase = by_hand((101, 112, 10), (103, 121, 10), (105, 151, 10))
    result = point(staircase, staircase.plateaus[0], "constant")
    assert (result.p50.reported_ms, result.p50.stamped_ms, result.p50.intended_ms) == (
        121,
        101,
        100,
    )
    assert result.p95 is not None
    assert result.p95.reported_ms == 151
    assert result.sending_ms == pytest.approx(10)
    assert result.lateness_ms == pytest.approx(1)
    assert result.receiving_ms == pytest.approx(10)  # of 1, 10 and 40


def test_an_answer_that_left_before_the_window_and_came_within_is_too_many() -> None:
    """Sent at 99.85, it left at 99.951 and came at 100.35: two reported, one departed."""
    staircase = by_hand((99.85, 500, 0), (105, 110, 5))
    result = point(staircase, staircase.plateaus[0], "constant")
    assert (result.rate_rps, result.departed_rps) == (8, 4)
    assert result.throughput_error_share == pytest.approx(1)


def test_the_time_to_connect_is_no_part_of_sending() -> None:
    """Of 10 ms before the arrival 4 went into a new connection."""
    staircase = by_hand((101, 112, 10))
    requests = staircase.requests.assign(connect_ms=4.0)
    assert point(
        replace(staircase, requests=requests), staircase.plateaus[0], "two"
    ).sending_ms == (pytest.approx(6))

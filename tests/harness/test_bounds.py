"""The bounds of a closed system, worked out by hand."""

import pytest

from harness.bounds import latency_ms, saturation_users, throughput_rps


@pytest.mark.parametrize(
    ("users", "slots", "expected"),
    [
        (1, None, 4.0),  # one user in a cycle of 250 ms
        (64, 64, 256.0),  # as many users as slots: 64 / 250 ms
        (1000, 64, 256.0),  # the slots are the limit
        (10_000, None, 1000.0),  # one core, 1 ms each
    ],
)
def test_throughput_is_bounded_by_users_then_slots_then_cores(
    users: int, slots: int | None, expected: float
) -> None:
    """D + S = 249 + 1 ms, no think time, one core."""
    assert throughput_rps(users, 249, 1, 0, slots, 1) == pytest.approx(expected)


def test_think_time_lengthens_the_users_cycle_but_not_the_slots() -> None:
    """10 users each 1 s: 10 a second; 1 slot of 250 ms: 4 a second."""
    assert throughput_rps(10, 249, 1, 750, None, 1) == pytest.approx(10)
    assert throughput_rps(10, 249, 1, 750, 1, 1) == pytest.approx(4)


def test_nothing_known_means_no_bound() -> None:
    """Without a wait and without CPU time theory allows any rate."""
    assert throughput_rps(1, 0, 0, 0, None, 1) == float("inf")


def test_latency_is_at_least_the_service_and_at_least_the_queue() -> None:
    """100 users at 10 a second take 10 s a cycle; 1 user at 4 a second just its 250 ms."""
    assert latency_ms(100, 249, 1, 0, 10) == pytest.approx(10_000)
    assert latency_ms(1, 249, 1, 0, 4) == pytest.approx(250)


def test_saturation_comes_where_the_users_bound_meets_the_servers() -> None:
    """64 slots: at 64 users. No slots, one core of 1 ms each: 250 ms / 1 ms = 250 users."""
    assert saturation_users(249, 1, 0, 64, 1) == pytest.approx(64)
    assert saturation_users(249, 1, 0, None, 1) == pytest.approx(250)

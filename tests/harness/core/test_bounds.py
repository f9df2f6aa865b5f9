"""The bounds of a closed system, worked out by hand."""

import pytest

from harness.core.bounds import Bound


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
    assert Bound(249, 1, 0, slots, 1).throughput_rps(users) == pytest.approx(expected)


def test_think_time_lengthens_the_users_cycle_but_not_the_slots() -> None:
    """10 users each 1 s: 10 a second; 1 slot of 250 ms: 4 a second."""
    assert Bound(249, 1, 750, None, 1).throughput_rps(10) == pytest.approx(10)
    assert Bound(249, 1, 750, 1, 1).throughput_rps(10) == pytest.approx(4)


def test_no_cost_means_no_bound() -> None:
    """Without a wait and without CPU time theory allows any rate."""
    assert Bound(0, 0, 0, None, 1).throughput_rps(1) == float("inf")


@pytest.mark.parametrize(
    ("slots", "latency_ms", "expected"),
    [
        (64, 20_000, 64),  # as many users as slots, each for its wait
        (64, 40_000, 128),  # a second round of them in twice the time
        (None, 21_000, 21_000),  # one core at 1 ms a request
        (None, 19_999, 0),  # no request is shorter than its wait
    ],
)
def test_users_who_can_be_served_in_time_are_bounded_by_slots_and_cores(
    slots: int | None, latency_ms: float, expected: float
) -> None:
    """D + S = 19,999 + 1 ms, no think time, one core: N = Xmax R."""
    assert Bound(19_999, 1, 0, slots, 1).users_within(latency_ms) == pytest.approx(expected)


def test_more_users_who_think_can_be_served_in_time() -> None:
    """A slot of 250 ms, and 9.75 s of thought: 40 users are answered within 250 ms."""
    assert Bound(249, 1, 9_750, 1, 1).users_within(250) == pytest.approx(40)

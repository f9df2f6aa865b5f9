"""The bounds of a closed system, worked out by hand."""

import pytest

from harness.bounds import throughput_rps


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

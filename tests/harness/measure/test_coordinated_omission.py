"""What a freeze means for percentiles, worked out by hand."""

from dataclasses import replace

import pytest

from harness.core.statistics import P90, P99, percentile
from harness.measure.coordinated_omission import Freeze, open_latencies_ms


def test_arrivals_that_go_on_feel_a_freeze_for_as_long_as_it_lasts() -> None:
    """Freeze 1 s of 4 s with a delay of 100 ms: 100 ms of arrivals are caught, 1 s comes in it.

    A latency of x, 100 ms < x < 1 s, is reached by the 100 ms that are caught and by those of the
    freeze's first 1,100 - x ms: a share of (1,200 - x) / 4,000. That is 10% at 800 ms. Beyond 1 s
    both thin out, by 1 ms each per ms: 2 x (1,100 - x) / 4,000 is 1% at 1,080 ms.
    """
    latencies = open_latencies_ms(delay_ms=100, freeze_ms=1000, window_ms=4000)
    assert percentile(latencies, P90) == pytest.approx(800, abs=1)
    assert percentile(latencies, P99) == pytest.approx(1080, abs=1)
    assert latencies[0] == 100
    assert latencies[-1] == pytest.approx(1100, abs=1)


def test_without_a_freeze_every_arrival_takes_the_delay() -> None:
    """And nothing else."""
    assert set(open_latencies_ms(delay_ms=100, freeze_ms=0, window_ms=4000)) == {100}


FREEZE = Freeze(
    freeze_ms=1000,
    window_ms=4000,
    p90_ms=103,
    p99_ms=1090,
    open_p90_ms=800,
    open_p99_ms=1080,
    longest_ms=1100,
    stamped_ms=1098,
)


@pytest.mark.parametrize(
    ("longest_ms", "stamped_ms", "right"),
    [(1100, 1098, True), (1000, 999, True), (999, 998, False), (1300, 1098, False)],
)
def test_the_longest_latency_covers_the_freeze_and_matches_the_stamps(
    longest_ms: float, stamped_ms: float, right: bool
) -> None:
    """Not shorter than the freeze by a millisecond, not longer than the server says."""
    freeze = replace(FREEZE, longest_ms=longest_ms, stamped_ms=stamped_ms)
    assert freeze.right is right
    assert ("NOT as the stamps say" in freeze.sentence) is not right

"""BASE against itself: how often it misses, and what it does not contain."""

from math import exp
from random import Random

import numpy as np
import pytest

from harness.checks.judge import judge
from harness.checks.self_comparison import repeat
from tests.support.builders import judged

NAME = judged("latency_p50_ms")


def starts(seed: int, count: int = 8, each: int = 5, between: float = 0.1) -> list[list[float]]:
    """Give turns that scatter by 2%, on top of starts that differ by 10%."""
    random = np.random.default_rng(seed)
    return [
        [100 * exp(noise) for noise in random.normal(random.normal(0, between), 0.02, each)]
        for _ in range(count)
    ]


def test_its_interval_misses_no_difference_one_time_in_twenty() -> None:
    """Of 400 checks 20 are expected, with a standard deviation of 4.4; pairs share turns."""
    found = [repeat(NAME, starts(seed), share=1, seed=seed) for seed in range(400)]
    held = [each.low < 1 < each.high for each in found if each and each.low and each.high]
    assert len(held) == 400
    assert 8 <= 400 - sum(held) <= 34


def test_what_differs_between_starts_is_not_in_it() -> None:
    """Starts that differ by 10% leave it as narrow as the turns within a start are."""
    apart, alike = repeat(NAME, starts(1), 1, 1), repeat(NAME, starts(1, between=0), 1, 1)
    assert apart and alike and apart.low and apart.high
    # 2% x sqrt(2) / sqrt(32 pairs) x 2 = 1% each way.
    assert apart.high / apart.low < 1.04
    assert (apart.low, apart.high) == pytest.approx((alike.low, alike.high))


def test_it_is_estimated_as_head_is() -> None:
    """Two turns a start are one pair each: what HEAD / BASE would have been, with the same sides.

    At the last look of a check, which may spend all that is left.
    """
    turns = starts(3, count=40, each=2)
    found = repeat(NAME, turns, share=1, seed=7)
    assert found
    drawn = [one if first else one[::-1] for one, first in zip(turns, order(7, 40), strict=True)]
    base, head = ([pair[side] for pair in drawn] for side in (0, 1))
    (change,) = judge({NAME: base}, {NAME: head}, (NAME,), looks=(40,))
    assert (found.ratio, found.low, found.high) == (change.ratio, change.low, change.high)
    assert found.pairs == change.pairs == 40


def order(seed: int, pairs: int) -> list[bool]:
    """Draw which of each pair comes first."""
    drawn = Random(seed)
    return [drawn.random() < 0.5 for _ in range(pairs)]


def test_an_early_look_is_wider_as_it_is_for_head() -> None:
    """It may spend less of the error that is allowed in all."""
    early, late = (repeat(NAME, starts(1), share, 1) for share in (0.05, 1))
    assert early and late and early.high and late.high
    assert early.high > late.high


def test_what_lacks_too_often_is_left_out() -> None:
    """A p95 of too few requests: two turns of five leave one pair of four."""
    lacking: list[list[float | None]] = [[1.0, 1.0, None, 1.0, None]] * 8
    assert repeat(NAME, lacking, 1, 1) is None
    assert repeat(NAME, [], 1, 1) is None

"""BASE against itself: how often it misses, and what it contains."""

from itertools import pairwise
from math import exp
from random import Random

import numpy as np
import pytest

from harness.checks.judge import judge
from harness.checks.self_comparison import repeat
from harness.checks.starts import Quotient
from tests.support.builders import judged

NAME = judged("latency_p50_ms")


def starts(seed: int, count: int = 16, sd: float = 0.02) -> list[Quotient | None]:
    """Return starts that differ by 2%."""
    random = np.random.default_rng(seed)
    return [(100 * exp(noise), 1.0) for noise in random.normal(0, sd, count)]


def test_its_interval_misses_no_difference_one_time_in_twenty() -> None:
    """Of 400 checks 20 are expected, with a standard deviation of 4.4; pairs share starts."""
    found = [repeat(NAME, starts(seed), share=1, seed=seed) for seed in range(400)]
    held = [each.low < 1 < each.high for each in found if each and each.low and each.high]
    assert len(held) == 400
    assert 8 <= 400 - sum(held) <= 34


def test_what_differs_between_starts_is_in_it() -> None:
    """Starts that differ by five times as much make it about five times as wide."""
    near, far = repeat(NAME, starts(1), 1, 1), repeat(NAME, starts(1, sd=0.10), 1, 1)
    assert near and far and near.low and near.high and far.low and far.high
    assert 4 < np.log(far.high / far.low) / np.log(near.high / near.low) < 6


def test_it_is_estimated_as_head_is() -> None:
    """Each start over its neighbour, drawn which, is what a HEAD over a BASE is."""
    values = starts(3, count=17)
    found = repeat(NAME, values, share=1, seed=7)
    drawn = Random(7)
    pairs = [p if drawn.random() < 0.5 else p[::-1] for p in pairwise(values)]
    base, head = ([pair[side] for pair in pairs] for side in (0, 1))
    (change,) = judge({NAME: base}, {NAME: head}, (NAME,), at=(16,))
    assert found
    assert (found.ratio, found.low, found.high) == (change.ratio, change.low, change.high)
    assert found.pairs == change.starts == 16


def test_an_early_look_is_wider_as_it_is_for_head() -> None:
    """It may spend less of the error that is allowed in all."""
    early, late = (repeat(NAME, starts(1), share, 1) for share in (0.05, 1))
    assert early and late and early.high and late.high
    assert early.high > late.high


def test_what_lacks_too_often_is_left_out() -> None:
    """A p95 of too few requests."""
    lacking: list[Quotient | None] = [(1.0, 1.0), None, (1.0, 1.0), (1.0, 1.0), None] * 3
    assert repeat(NAME, lacking, 1, 1) is None
    assert repeat(NAME, [], 1, 1) is None


def test_a_count_of_nothing_compares_with_nothing() -> None:
    """No errors in any start: no difference, and none unseen."""
    found = repeat(judged("error_share"), [(0.0, 700.0)] * 16, 1, 1)
    assert found and (found.ratio, found.low, found.high) == pytest.approx((0, 0, 0))

"""Statistics against values worked out by hand."""

import numpy as np
import pytest

from harness.findings import Spread
from harness.stats import overlap, paired_ratio, percentile, sign, spread


def ascending(n: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Give 1.0, 2.0 ... n."""
    return np.arange(1, n + 1, dtype=np.float64)


@pytest.mark.parametrize(
    ("n", "q", "expected"),
    [
        (1, 0.5, 1),  # the only value is every percentile
        (2, 0.5, 1),  # 1 of 2 values reaches a share of 0.5
        (3, 0.5, 2),  # ceil(1.5) = 2
        (100, 0.95, 95),
        (101, 0.95, 96),  # ceil(95.95) = 96
        (1000, 0.99, 990),
        (5000, 0.999, 4995),
    ],
)
def test_a_percentile_is_the_value_at_rank_ceil_qn(n: int, q: float, expected: float) -> None:
    """Order statistics: always a value that was measured."""
    assert percentile(ascending(n), q) == expected


@pytest.mark.parametrize(("n", "q"), [(0, 0.5), (499, 0.99), (4999, 0.999)])
def test_a_percentile_of_too_few_values_is_not_given(n: int, q: float) -> None:
    """p99 wants 500 values, p99.9 wants 5,000."""
    assert percentile(ascending(n), q) is None


def test_a_spread_is_the_median_with_the_lowest_and_highest() -> None:
    """Of 3, 1 and 2 that is 2, between 1 and 3."""
    assert spread([3, 1, 2]) == Spread(median=2, low=1, high=3, rounds=3)
    assert spread([]) is None


def test_ratios_are_paired_by_round() -> None:
    """Rounds 1 and 3 have both: 10/5 = 2 and 30/10 = 3; their median is 2.5."""
    assert paired_ratio({1: 10, 2: 20, 3: 30}, {1: 5, 3: 10, 4: 7}) == Spread(2.5, 2, 3, 2)


def test_rounds_in_which_nothing_was_served_have_no_ratio() -> None:
    """Nothing can be divided by 0."""
    assert paired_ratio({1: 10}, {1: 0}) is None


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(1.04, 2, ">"), (1.02, 2, "~"), (0.5, 0.96, "<"), (0.5, 0.98, "~"), (0.5, 2, "~")],
)
def test_a_ratio_is_decided_where_its_range_lies_beyond_the_margin(
    low: float, high: float, expected: str
) -> None:
    """The margin is 3 %: 1.03 upwards, 1/1.03 = 0.971 downwards."""
    assert sign(Spread((low + high) / 2, low, high, 3)) == expected


def test_one_round_decides_nothing() -> None:
    """It has no range."""
    assert sign(Spread(5, 5, 5, 1)) == "~"


def test_overlap_counts_only_what_lies_within_the_window() -> None:
    """Window 10-20; 5-12 gives 2, 14-15 gives 1, 18-30 gives 2, 0-40 gives 10, 21-22 nothing."""
    starts = np.array([5.0, 14, 18, 0, 21])
    ends = np.array([12.0, 15, 30, 40, 22])
    assert overlap(starts, ends, (10, 20)) == 15

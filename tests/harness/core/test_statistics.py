"""Statistics against values worked out by hand."""

from collections.abc import Callable
from math import exp, log, sqrt

import numpy as np
import pytest

from harness.core.statistics import (
    P50,
    P95,
    P99,
    P999,
    Floats,
    Quantile,
    chance_of_difference,
    counting_error,
    differ,
    overlap,
    paired_ratio,
    percentile,
    sign,
    spread,
)
from harness.core.summary import Kind, Spread


def ascending(n: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return 1.0, 2.0 ... n."""
    return np.arange(1, n + 1, dtype=np.float64)


@pytest.mark.parametrize(
    ("n", "quantile", "expected"),
    [
        (10, P50, 5),  # 5 of 10 values reach a share of 0.5
        (11, P50, 6),  # ceil(5.5) = 6
        (1, Quantile(0.99), 1),  # the only value is every percentile
        (100, P95, 95),
        (101, P95, 96),  # ceil(95.95) = 96
        (1000, P99, 990),
        (5000, P999, 4995),
    ],
)
def test_a_percentile_is_the_value_at_rank_ceil_qn(
    n: int, quantile: Quantile, expected: float
) -> None:
    """Order statistics: always a value that was measured."""
    assert percentile(ascending(n), quantile) == expected


@pytest.mark.parametrize(("n", "quantile"), [(0, P50), (499, P99), (4999, P999)])
def test_a_percentile_of_too_few_values_is_not_given(n: int, quantile: Quantile) -> None:
    """p99 wants 500 values, p99.9 wants 5,000."""
    assert percentile(ascending(n), quantile) is None


def test_groups_of_starts_differ_by_more_than_both_scatter() -> None:
    """Of three each t is 2.78: with a scatter of 5% that is 2.78 x 5% x sqrt(2 / 3) = 11%."""
    ones = [100 * exp(0.05 * deviation) for deviation in (-1, 0, 1)]
    for shift, expected in ((0.11, False), (0.12, True), (-0.12, True)):
        assert differ(ones, [each * exp(shift) for each in ones]) is expected
    assert not differ([100], [1000, 1000])
    assert differ([0, 100], [100, 100]) and not differ([0, 100], [0, 200])


def test_under_five_rounds_a_spread_is_the_median_with_the_range() -> None:
    """Of 3, 1 and 2 that is 2, between 1 and 3; of one value it is that value."""
    assert spread([3, 1, 2]) == Spread(middle=2, low=1, high=3, rounds=3, kind="range")
    assert spread([1, 2, 3, 10]) == Spread(2.5, 1, 10, 4, "range")
    assert spread([7]) == Spread(7, 7, 7, 1, "range")
    assert spread([]) is None


def test_from_five_rounds_on_it_is_the_geometric_mean_with_an_interval() -> None:
    """Student's t on logarithms, from its printed table: t(0.975; 4) = 2.7764."""
    # ln of e^-2 ... e^2 is -2, -1, 0, 1, 2: mean 0, variance 10/4 = 2.5, standard error
    # sqrt(2.5 / 5) = 0.70711; half the width is 2.7764 x 0.70711 = 1.96325.
    interval = spread([exp(x) for x in (-2, -1, 0, 1, 2)])
    assert interval
    assert (interval.rounds, interval.kind, interval.kind_name) == (5, "interval", "95% interval")
    assert interval.middle == pytest.approx(1)
    assert (log(interval.low), log(interval.high)) == pytest.approx((-1.96325, 1.96325), abs=1e-4)


def test_values_within_limits_have_a_plain_mean_and_an_interval_cut_to_them() -> None:
    """Shares may be 0, which has no logarithm, and are no less than 0, no more than 1."""
    # 0, 0.1, 0.2, 0.3, 0.4: mean 0.2, standard error sqrt(0.025 / 5) = 0.070711, half the width
    # 2.7764 x 0.070711 = 0.19633.
    whole = spread([0, 0.1, 0.2, 0.3, 0.4], within=(0, 1))
    assert whole
    assert (whole.middle, whole.low, whole.high) == pytest.approx((0.2, 0.00367, 0.39633), abs=1e-4)
    # 0, 0, 0, 0, 1: 0.2 +- 2.7764 x sqrt(0.2 / 5) = 0.2 +- 0.55528.
    low = spread([0, 0, 0, 0, 1], within=(0, 1))
    high = spread([1, 1, 1, 1, 0], within=(0, 1))
    assert low and high
    assert (low.low, low.high) == pytest.approx((0, 0.75528), abs=1e-4)
    assert (high.low, high.high) == pytest.approx((0.24472, 1), abs=1e-4)


def test_a_zero_without_limits_leaves_the_range() -> None:
    """No factor leads from 0 to anything: there is no geometric mean."""
    assert spread([0, 1, 2, 3, 4]) == Spread(2, 0, 4, 5, "range")


@pytest.mark.parametrize("value", [3.0, 250.0])
def test_equal_values_have_an_interval_without_width(value: float) -> None:
    """They show no noise at all; whether that can be is not for statistics to say."""
    interval = spread([value] * 6)
    assert interval
    assert (interval.middle, interval.low, interval.high) == pytest.approx((value,) * 3)
    assert spread([0] * 6, within=(0, 1)) == Spread(0, 0, 0, 6, "interval")


def test_ratios_are_paired_by_round() -> None:
    """Rounds 1 and 3 have both: 10/5 = 2 and 30/10 = 3."""
    paired = paired_ratio({1: 10, 2: 20, 3: 30}, {1: 5, 3: 10, 4: 7})
    # The medians are 20 and 7.5.
    assert paired == Spread(20 / 7.5, 2, 3, 2, "range")


def test_the_middle_of_a_ratio_is_that_of_the_values_beside_it() -> None:
    """47 ms beside 49 ms are never 1.28 times as long, whatever the median of the ratios is."""
    top, bottom = {1: 47, 2: 40, 3: 64}, {1: 33, 2: 73, 3: 49}
    paired = paired_ratio(top, bottom)
    # 47/33 = 1.42, 40/73 = 0.55, 64/49 = 1.31: their median is 1.31.
    assert paired and paired.middle == pytest.approx(47 / 49)
    assert (paired.low, paired.high) == pytest.approx((40 / 73, 47 / 33))


def test_an_interval_of_ratios_takes_five_pairs() -> None:
    """Five rounds on each side of which four are shared give a range."""
    five = dict.fromkeys(range(1, 6), 20.0)
    later = dict.fromkeys(range(2, 7), 10.0)
    four, all_five = paired_ratio(five, later), paired_ratio(five, five)
    assert four and all_five
    assert (four.kind, four.rounds) == ("range", 4)
    assert (all_five.kind, all_five.rounds) == ("interval", 5)


def test_noise_that_both_sides_share_is_not_in_the_interval() -> None:
    """Rounds differ threefold, the pairs not at all."""
    top = {n: 20.0 * n for n in range(1, 7)}
    ratio = paired_ratio(top, {n: rate / 2 for n, rate in top.items()})
    assert ratio
    assert (ratio.low, ratio.high) == pytest.approx((2, 2))


def test_labels_in_exchange_give_the_inverse() -> None:
    """Nothing depends on which of two is called the top one."""
    one, other = dict(enumerate((9, 10, 12, 11, 10))), dict(enumerate((5, 6, 5, 7, 4)))
    over, under = paired_ratio(one, other), paired_ratio(other, one)
    assert over and under
    assert (over.middle, over.low) == pytest.approx((1 / under.middle, 1 / under.high))


@pytest.mark.parametrize(("top", "bottom"), [(10, 0), (0, 10), (0, 0)])
def test_rounds_in_which_one_side_served_nothing_have_no_ratio(top: float, bottom: float) -> None:
    """Nothing can be divided by 0, and 0 is no factor."""
    assert paired_ratio({1: top}, {1: bottom}) is None


@pytest.mark.parametrize("kind", ["range", "interval"])
@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(1.04, 2, ">"), (1.02, 2, "~"), (0.5, 0.96, "<"), (0.5, 0.98, "~"), (0.5, 2, "~")],
)
def test_a_ratio_is_decided_where_all_of_it_lies_beyond_the_margin(
    kind: Kind, low: float, high: float, expected: str
) -> None:
    """The margin is 3%: 1.03 upwards, 1/1.03 = 0.971 downwards."""
    assert sign(Spread((low + high) / 2, low, high, 5, kind)) == expected


def test_one_round_decides_nothing() -> None:
    """It has no range."""
    assert sign(Spread(5, 5, 5, 1, "range")) == "~"


def test_what_counting_few_requests_explains_is_not_decided() -> None:
    """About 24 requests a round at 8 clients: a lead of 4 to 50% in 3 rounds of 3 is chance."""
    served = (26, 24, 26), (25, 16, 23)
    ratio = paired_ratio(*(dict(enumerate(counts)) for counts in served))
    assert ratio
    assert (ratio.low, ratio.middle, ratio.high) == pytest.approx((1.04, 1.13, 1.5), abs=0.001)
    assert sign(ratio) == ">"
    # 2/26 + 1/24 + 1/25 + 1/16 + 1/23 = 0.26457; 2 sqrt(0.26457) / 3 = 0.34291; ln 1.13 = 0.1222.
    assert counting_error(*served) == pytest.approx(0.34291, abs=1e-5)
    assert sign(ratio, counting_error(*served)) == "~"
    # A hundred times the requests: a tenth of the chance, 0.034.
    many = [[100 * count for count in counts] for counts in served]
    assert sign(ratio, counting_error(*many)) == ">"
    assert sign(Spread(1 / ratio.middle, 0.6, 0.9, 3, "range"), counting_error(*many)) == "<"


NOISES: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Floats]] = {
    "normal": lambda random, shape: random.normal(size=shape),
    "heavy-tailed": lambda random, shape: random.standard_t(3, size=shape) / sqrt(3),
    "one round in ten slow": lambda random, shape: (
        random.normal(size=shape) - 5 * (random.random(shape) < 0.1)
    ),
}


def simulated(rounds: int, noise: str) -> tuple[list[Spread], Floats]:
    """Compare two labels of one deployment 1,000 times; return the ratios and the noise of each.

    Either label has noise of 1 to 10% (standard deviation of the logarithm) in every round.
    """
    random = np.random.default_rng(rounds)
    sigma = np.exp(random.uniform(log(0.01), log(0.10), size=1000))
    rates = np.exp(sigma[:, None, None] * NOISES[noise](random, (1000, 2, rounds)))
    labels = [[dict(enumerate(label)) for label in run] for run in rates.tolist()]
    ratios = [paired_ratio(top, bottom) for top, bottom in labels]
    return [ratio for ratio in ratios if ratio], sigma


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("rounds", [5, 8, 10, 20])
def test_the_interval_of_two_equal_deployments_rarely_misses_1(rounds: int, noise: str) -> None:
    """Of 1,000 simulated A/A runs at most 7%: 5% are meant, 0.7% is one standard error."""
    ratios, _ = simulated(rounds, noise)
    missed = sum(not ratio.low <= 1 <= ratio.high for ratio in ratios)
    assert len(ratios) == 1000
    assert 10 < missed <= 70
    assert sum(sign(ratio) != "~" for ratio in ratios) < missed


@pytest.mark.parametrize("rounds", [5, 8, 10, 20])
def test_the_interval_is_no_wider_than_normal_noise_asks_for(rounds: int) -> None:
    """Its mean width is 2 t c4 sigma sqrt(2 / n), by exact theory, within 5%."""
    ratios, sigma = simulated(rounds, "normal")
    # t(0.975; n - 1) and c4(n), the mean of a standard deviation over sigma, from printed tables.
    t, c4 = {5: (2.776, 0.940), 8: (2.365, 0.965), 10: (2.262, 0.973), 20: (2.093, 0.987)}[rounds]
    expected = 2 * t * c4 * sigma.mean() * sqrt(2 / rounds)
    width = np.mean([log(ratio.high / ratio.low) for ratio in ratios])
    assert width == pytest.approx(expected, rel=0.05)


def test_overlap_counts_only_what_lies_within_the_window() -> None:
    """Window 10-20; 5-12 gives 2, 14-15 gives 1, 18-30 gives 2, 0-40 gives 10, 21-22 nothing."""
    starts = np.array([5.0, 14, 18, 0, 21])
    ends = np.array([12.0, 15, 30, 40, 22])
    assert overlap(starts, ends, (10, 20)) == 15


def test_the_chance_of_a_difference_between_equals_is_that_of_every_round_on_one_side() -> None:
    """Noise as large as the margin: Phi(-1) = 0.1587 a round and side, 2 x 0.1587^3 = 0.0080."""
    noise = log(1.03)
    assert chance_of_difference(noise, 3) == pytest.approx(2 * 0.1587**3, rel=1e-3)
    assert chance_of_difference(noise, 2) == pytest.approx(2 * 0.1587**2, rel=1e-3)
    assert chance_of_difference(noise, 1) == chance_of_difference(0.0, 3) == 0


def test_an_interval_of_equals_hardly_leaves_the_margin() -> None:
    """With noise far beyond the margin it does as often as it leaves out 1: at 5%."""
    assert chance_of_difference(100.0, 5) == pytest.approx(0.05, abs=0.001)
    assert chance_of_difference(log(1.03), 5) < 0.001

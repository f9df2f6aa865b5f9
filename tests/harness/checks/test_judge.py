"""Changes from BASE to HEAD that were put in, and what the check calls them."""

from collections.abc import Sequence
from math import exp

import numpy as np
import pytest

from harness.checks.judge import METRICS, Change, finished, judge, metric, moved
from harness.checks.sequential import LOOKS
from harness.core.errors import BenchError
from tests.support.builders import judged

LAST = LOOKS[-1]
EVERY = tuple(judged(name) for name in METRICS)
THROUGHPUT, ERRORS = judged("throughput_rps"), judged("error_share")
MEMORY = judged("server_rss_mib")


def noisy(factor: float, pairs: int = LAST, sd: float = 0.03, seed: int = 1) -> list[float | None]:
    """Give values around a factor, with 3% of noise."""
    random = np.random.default_rng(seed)
    return [factor * exp(noise) for noise in random.normal(0, sd, pairs)]


def one(
    base: Sequence[float | None], head: Sequence[float | None], name: str = "throughput_rps"
) -> Change:
    """Judge one metric by itself."""
    metric = judged(name)
    (change,) = judge({metric: base}, {metric: head}, (metric,))
    return change


@pytest.mark.parametrize(
    ("name", "factor", "verdict"),
    [
        ("throughput_rps", 0.90, "regressed"),
        ("throughput_rps", 1.10, "improved"),
        ("throughput_rps", 1.00, "unchanged"),
        ("latency_p95_ms", 1.20, "regressed"),
        ("latency_p95_ms", 0.80, "improved"),
        ("latency_p95_ms", 1.10, "unchanged"),  # five margins
        ("server_cpu_ms_per_request", 1.20, "regressed"),
        ("server_rss_mib", 1.10, "regressed"),
        ("uvicorn.plain.throughput_rps", 0.90, "regressed"),
    ],
)
def test_which_way_is_worse_depends_on_the_metric(name: str, factor: float, verdict: str) -> None:
    """More throughput is better, more of all else is worse."""
    change = one([1.0] * LAST, noisy(factor), name)
    assert change.verdict == verdict
    assert change.low and change.high and change.ratio
    assert change.low < factor < change.high
    assert change.ratio == pytest.approx(factor, rel=0.02)


def test_what_both_sides_share_is_not_noise() -> None:
    """A machine that gets three times as fast during the check changes no ratio."""
    base = [100.0 + 3 * n for n in range(LAST)]
    change = one(base, [value * 0.9 for value in base])
    assert change.verdict == "regressed"
    assert change.ratio == pytest.approx(0.9)
    assert (change.low, change.high) == pytest.approx((0.9, 0.9))
    assert (change.base, change.head) == pytest.approx((203.5, 183.15))  # medians


def test_outliers_decide_nothing() -> None:
    """Three pairs in which HEAD stood still for most of the time."""
    head = noisy(1.0)
    head[5] = head[33] = head[60] = 0.1
    assert one([1.0] * LAST, head).verdict == "unchanged"


def test_a_change_within_the_margin_is_none_however_certain() -> None:
    """2% with next to no noise."""
    change = one([1.0] * LAST, noisy(0.98, sd=0.001))
    assert change.high and change.high < 0.99
    assert change.verdict == "unchanged"


def test_what_noise_hides_is_undecided_and_says_what_would_decide_it() -> None:
    """With 30% of noise the interval is some 15% wide."""
    change = one([1.0] * LAST, noisy(1.0, sd=0.3))
    assert change.verdict == "undecided"
    assert change.smallest_seen and change.more_pairs
    # ln(change) = (t + 0.8416) s; t(0.9966; 55) = 2.8, s about 0.3 / sqrt(70) = 0.036, known within
    # a fifth: 3.64 x 0.036 = 0.13, so about 14%.
    assert 0.10 < change.smallest_seen < 0.18
    # Half the width is 2.2 x 0.036 = 0.079, the gap at most 0.03: 7 times the pairs or more.
    assert change.more_pairs > 5 * LAST
    assert f"{change.more_pairs:,} more pairs" in change.reason


def test_more_pairs_than_foretold_decide() -> None:
    """The same noise, as many times the pairs as was said and half as many again."""
    few = one([1.0] * LAST, noisy(1.0, sd=0.2))
    assert few.verdict == "undecided" and few.more_pairs
    pairs = 3 * (LAST + few.more_pairs) // 2
    many = judge(
        {MEMORY: [1.0] * pairs},
        {MEMORY: noisy(1.0, pairs, sd=0.2)},
        (MEMORY,),
        looks=(pairs // 2, pairs),
    )
    assert many[0].verdict == "unchanged"


def test_errors_are_subtracted() -> None:
    """Most shares are 0, which nothing can be divided by; 0.1 points are the margin."""
    none: list[float | None] = [0.0] * LAST
    assert one(none, none, "error_share").verdict == "unchanged"
    change = one(none, [0.004, 0.006] * (LAST // 2), "error_share")
    assert (change.verdict, change.scale) == ("regressed", "difference")
    assert change.ratio == pytest.approx(0.005)
    assert one([0.01] * LAST, none, "error_share").verdict == "improved"


def test_a_head_that_fails_every_request_is_seen_at_the_first_look() -> None:
    """It has no throughput, which is missing, and all errors, which is a regression."""
    base = {THROUGHPUT: [100.0] * 10, ERRORS: [0.0] * 10}
    head = {THROUGHPUT: [0.0] * 10, ERRORS: [1.0] * 10}
    changes = judge(base, head, (THROUGHPUT, ERRORS))
    assert [change.verdict for change in changes] == ["missing", "regressed"]
    assert finished(changes)


@pytest.mark.parametrize("lacking", [70, 15])
def test_a_metric_that_lacks_in_many_pairs_is_missing(lacking: int) -> None:
    """70 or 15 of 70: fewer than four fifths are left. It never passes."""
    head = [None] * lacking + noisy(1.0)[lacking:]
    change = one([1.0] * LAST, head)
    assert (change.verdict, change.pairs, change.ratio) == ("missing", LAST - lacking, None)
    assert change.reason == f"{LAST - lacking} of 70 pairs have it on both sides, 56 are needed"


def test_a_metric_that_lacks_in_a_few_pairs_is_judged_by_the_others() -> None:
    """60 of 70, and it says so."""
    change = one([1.0] * LAST, [None] * 10 + noisy(0.9)[10:])
    assert (change.verdict, change.pairs) == ("regressed", 60)


def test_a_metric_that_nobody_measured_is_missing() -> None:
    """Whether one side lacks it or both."""
    base = {metric: [1.0] * LAST for metric in EVERY}
    lost = judged("latency_p50_ms")
    head = {metric: values for metric, values in base.items() if metric != lost}
    found = {change.metric: change.verdict for change in judge(base, head, EVERY)}
    assert found.pop(lost) == "missing"
    assert set(found.values()) == {"unchanged"}
    assert {change.verdict for change in judge({}, {}, EVERY)} == {"missing"}


def test_fewer_pairs_than_the_first_look_decide_nothing() -> None:
    """Not even a tenth of the throughput."""
    change = one([1.0] * 9, noisy(0.1, 9))
    assert (change.verdict, change.low, change.high) == ("undecided", None, None)
    assert change.reason == "9 pairs decide nothing"


def test_a_clear_case_ends_early_and_a_doubtful_one_does_not() -> None:
    """A fifth slower shows at the first look; 3% of noise is too much for "unchanged" there."""
    first = LOOKS[0]
    slower, same = (one([1.0] * first, noisy(factor, first)) for factor in (0.8, 1.0))
    assert finished([slower, same]) and slower.verdict == "regressed"
    assert not finished([same])


def test_the_more_metrics_the_more_it_takes() -> None:
    """What one metric alone would show is not enough among six: Holm."""
    # Half of the pairs at exp(-0.05 + 0.107), half at exp(-0.05 - 0.107): t = 0.05 / (0.107 x
    # sqrt(70 / 69) / (0.8 sqrt(70))) = 3.1; t(0.9966; 55) = 2.8, t(0.99944; 55) = 3.4.
    head = [exp(-0.05 + 0.107), exp(-0.05 - 0.107)] * (LAST // 2)
    same: list[float | None] = [1.0] * LAST
    alone = one(same, head)
    base = dict.fromkeys(EVERY, same)
    among = judge(base, base | {THROUGHPUT: head}, EVERY)
    assert (alone.verdict, among[0].verdict) == ("regressed", "undecided")


def test_a_metric_nobody_knows_is_refused() -> None:
    """With the names there are."""
    with pytest.raises(
        BenchError, match=r"plain\.latency cannot be judged; name one of throughput_rps"
    ):
        metric(judged("latency"))


def test_changes_are_printed_with_their_sign() -> None:
    """Ratios in percent, shares of requests in points."""
    assert (moved(1.042, "ratio"), moved(0.9, "ratio")) == ("+4.2%", "-10.0%")
    assert moved(0.0012, "difference") == "+0.12 points"

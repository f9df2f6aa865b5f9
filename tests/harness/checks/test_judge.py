"""Changes from BASE to HEAD that were put in, and what the check calls them."""

from collections.abc import Sequence
from math import exp, nan

import numpy as np
import pytest

from harness.checks import metric
from harness.checks.judge import Change, finished, judge
from harness.checks.metric import METRICS, moved, size
from harness.checks.sequential import looks
from harness.checks.starts import Quotient
from harness.core.errors import BenchError
from tests.support.builders import judged

LAST = 16
Values = Sequence[float | None]


def noisy(factor: float, starts: int = LAST, sd: float = 0.02, seed: int = 1) -> list[float]:
    """Return a value for each start around a factor, with 2% of noise."""
    random = np.random.default_rng(seed)
    return [factor * exp(noise) for noise in random.normal(0, sd, starts)]


def side(values: Values) -> list[Quotient | None]:
    """Count each value over one."""
    return [None if value is None else (value, 1.0) for value in values]


def one(base: Values, head: Values, name: str = "throughput_rps") -> Change:
    """Judge one metric by itself, at the last of looks."""
    (change,) = judge({judged(name): side(base)}, {judged(name): side(head)}, None, looks(LAST))
    return change


SAME = [1.0] * LAST


@pytest.mark.parametrize(
    ("name", "factor", "verdict"),
    [
        ("throughput_rps", 0.90, "regressed"),
        ("throughput_rps", 1.10, "improved"),
        ("throughput_rps", 1.00, "unchanged"),
        ("throughput_total_rps", 0.90, "regressed"),
        ("latency_p50_ms", 1.10, "regressed"),
        ("latency_p95_ms", 1.20, "regressed"),
        ("latency_p95_ms", 0.80, "improved"),
        ("server_cpu_ms_per_request", 1.20, "regressed"),
        ("server_rss_mib", 1.10, "regressed"),
    ],
)
def test_which_way_is_worse_depends_on_the_metric(name: str, factor: float, verdict: str) -> None:
    """More throughput is better, more of all else is worse."""
    change = one(SAME, noisy(factor), name)
    assert change.verdict == verdict
    assert change.low and change.high and change.ratio
    assert change.low < factor < change.high
    assert change.ratio == pytest.approx(factor, rel=0.02)


def test_a_row_does_not_contradict_itself() -> None:
    """HEAD is BASE times the change, though medians of these sides would say the opposite."""
    base = [10.0, 10.0, 10.0, 10.0, 100.0, 100.0, 100.0] * 2
    head = [11.0, 11.0, 11.0, 11.0, 90.0, 90.0, 90.0] * 2
    for name in ("latency_p50_ms", "server_cpu_ms_per_request"):
        change = one(base, head, name)
        assert change.base and change.head and change.ratio
        assert change.head / change.base == pytest.approx(change.ratio)
    difference = one([0.25] * LAST, [0.5] * LAST, "slow_share")
    assert (difference.base, difference.ratio, difference.head) == (0.25, 0.25, 0.5)


def test_what_both_sides_share_is_not_noise() -> None:
    """A machine that gets three times as fast during the check changes no ratio."""
    base = [100.0 + 3 * n for n in range(LAST)]
    change = one(base, [value * 0.9 for value in base])
    assert change.verdict == "regressed"
    assert (change.low, change.ratio, change.high) == pytest.approx((0.9, 0.9, 0.9))


def test_an_outlier_decides_nothing_of_a_typical_start() -> None:
    """One start in which HEAD stood still for most of the time."""
    head = noisy(1.0)
    head[5] = 0.1
    assert one(SAME, head).verdict == "unchanged"


def test_a_start_that_stood_still_is_not_called_unchanged() -> None:
    """The sums keep it: 5.6% less, give or take as much."""
    head = noisy(1.0)
    head[5] = 0.1
    assert one(SAME, head, "throughput_total_rps").verdict == "undecided"


def test_a_head_that_serves_nothing_is_regressed() -> None:
    """A zero is a zero: no start of it is left out."""
    for name in ("throughput_rps", "throughput_total_rps"):
        change = one([700.0] * LAST, [0.0] * LAST, name)
        assert (change.verdict, change.starts) == ("regressed", LAST)


def test_a_change_within_half_the_margin_is_none_however_certain() -> None:
    """1.4% with next to no noise."""
    change = one(SAME, noisy(0.986, sd=0.001))
    assert change.high and change.high < 0.99
    assert change.verdict == "unchanged"


def test_a_change_is_claimed_where_it_is_surely_most_of_the_margin() -> None:
    """5% give or take 4: sure to be one, but not to be 2.25%."""

    # Half of the starts at exp(-0.05 + d), half at exp(-0.05 - d), in turn: error d x sqrt(16 / 15)
    # / (14 / 16 x 4) = 0.295 d; 95% at a share of 0.75 is t(0.98125; 13) = 2.32 of them.
    def by(spread: float) -> Change:
        return one(SAME, [exp(-0.05 + spread), exp(-0.05 - spread)] * (LAST // 2))

    # 0.05 - 2.32 x 0.295 x 0.06 = 0.009, below 0.75 log(1.03) = 0.0222; with 0.03 it is 0.029.
    assert (by(0.06).verdict, by(0.03).verdict) == ("undecided", "regressed")
    assert by(0.03).reason.startswith("by more than 3%, surely by more than 2.25%; p = ")


def test_what_noise_hides_is_undecided_and_says_what_would_decide_it() -> None:
    """With 20% of noise the interval is some 11% wide each way."""
    change = one(SAME, noisy(1.0, sd=0.2))
    assert change.verdict == "undecided"
    assert change.more_pairs and change.more_pairs > LAST
    assert f"{change.more_pairs:,} more pairs" in change.reason


def test_more_starts_than_planned_decide() -> None:
    """The same noise, as many times the starts as was said and half as many again."""
    few = one(SAME, noisy(1.0, sd=0.2))
    assert few.verdict == "undecided" and few.more_pairs
    starts = 3 * (LAST + few.more_pairs) // 2
    name = judged("server_rss_mib")
    base, head = {name: side([1.0] * starts)}, {name: side(noisy(1.0, starts, sd=0.2))}
    (many,) = judge(base, head, (name,), at=(starts // 2, starts))
    assert many.verdict == "unchanged"


def test_a_metric_that_cannot_see_a_tenth_says_so_instead_of_unchanged() -> None:
    """An interval of 6% within 18%, but less than 12% would not have been seen."""
    change = one(SAME, noisy(1.0, sd=0.1), "server_cpu_ms_per_request")
    assert (change.verdict, change.blind, change.more_pairs) == ("undecided", True, None)
    assert change.smallest_seen and change.smallest_seen > 0.10
    assert change.reason == f"cannot see less than {size(change.smallest_seen, CPU_TIME)}"
    assert finished([change])


CPU_TIME = metric.judged(judged("server_cpu_ms_per_request"))


def test_what_later_starts_would_let_it_see_is_not_blind_yet() -> None:
    """4% of noise after 8 of 16 starts, where 12% would go unseen; at the end 7% would not."""
    name = judged("latency_p50_ms")
    base, head = {name: side([1.0] * 8)}, {name: side(noisy(1.0, 8, sd=0.04, seed=3))}
    (early,) = judge(base, head, (name,), looks(LAST))
    assert early.smallest_seen and early.smallest_seen > 0.10
    assert (early.verdict, early.blind) == ("undecided", False)


def test_errors_are_subtracted() -> None:
    """Most shares are 0, which nothing can be divided by; 0.1 points are the margin."""
    none = [0.0] * LAST
    assert one(none, none, "error_share").verdict == "unchanged"
    change = one(none, [0.004, 0.006] * (LAST // 2), "error_share")
    assert (change.verdict, change.scale) == ("regressed", "difference")
    assert change.ratio == pytest.approx(0.005)
    assert one([0.01] * LAST, none, "error_share").verdict == "improved"


@pytest.mark.parametrize(
    ("name", "base", "head"),
    [
        ("unanswered_share", 0.0, 0.02),  # 2% of requests hang
        ("connections_per_request", 0.0, 1.0),  # keep-alive lost
        ("dropped_per_request", 0.0, 0.01),
        ("slow_share", 0.01, 0.025),  # 1.5% of requests take 100 ms more
        ("server_rss_kib_per_request", 0.5, 0.5 + 400 / 1024),  # 400 bytes leaked by each
        ("gate_unanswered", 0.0, 1.0),
    ],
)
def test_what_only_head_does_is_a_regression_of_head(name: str, base: float, head: float) -> None:
    """Shares that no ratio could hold, with 5% of noise."""
    assert one([base] * LAST, noisy(head, sd=0.05), name).verdict == "regressed"
    assert one([base] * LAST, [base] * LAST, name).verdict == "unchanged"


@pytest.mark.parametrize("lacking", [16, 4])
def test_a_metric_that_lacks_in_many_starts_is_missing(lacking: int) -> None:
    """16 or 4 of 16: fewer than four fifths are left. It never passes."""
    head: list[float | None] = [None] * lacking + noisy(1.0)[lacking:]
    change = one(SAME, head)
    assert (change.verdict, change.starts, change.ratio) == ("missing", LAST - lacking, None)
    assert change.reason == f"{LAST - lacking} of 16 starts have it on both sides, 13 are needed"


def test_a_metric_that_lacks_in_a_few_starts_is_judged_by_the_others() -> None:
    """13 of 16, and it says so."""
    change = one(SAME, [None, None, None, *noisy(0.9)[3:]])
    assert (change.verdict, change.starts) == ("regressed", 13)


def test_what_is_no_number_is_missing() -> None:
    """Not a number is no measurement; it never ends a check with a traceback."""
    assert one(SAME, [nan] * LAST).verdict == "missing"
    assert one(SAME, [nan, nan, *noisy(0.9)[2:]]).starts == LAST - 2


def test_what_has_no_ratio_is_missing() -> None:
    """CPU time that fell, as that of processes which ended: no ratio, and no traceback."""
    assert one(SAME, [-1.0] * LAST, "server_cpu_ms_per_request").verdict == "missing"
    assert one([0.0] * LAST, SAME, "server_rss_mib").verdict == "missing"


def test_a_metric_that_nobody_measured_is_missing() -> None:
    """Whether one side lacks it or both."""
    base = {judged(name): side(SAME) for name in METRICS}
    head = {of: values for of, values in base.items() if of.name != "latency_p50_ms"}
    found = {c.metric.name: c.verdict for c in judge(base, head, None, looks(LAST))}
    assert found.pop("latency_p50_ms") == "missing"
    assert set(found.values()) == {"unchanged"}
    assert {change.verdict for change in judge({}, {}, [judged(name) for name in METRICS])} == {
        "missing"
    }


def test_a_clear_case_ends_early_and_a_doubtful_one_does_not() -> None:
    """A fifth slower shows at the first look; 6% of noise is too much for "unchanged" there."""
    names = judged("throughput_rps"), judged("latency_p50_ms")
    base = {name: side([1.0] * 8) for name in names}
    slower, same = side(noisy(0.8, 8)), side(noisy(1.0, 8, sd=0.06))
    early = judge(base, {names[0]: slower, names[1]: same}, names, looks(LAST))
    assert finished(early) and early[0].verdict == "regressed"
    assert not finished(early[1:])


def test_the_more_metrics_move_the_more_it_takes() -> None:
    """What one metric alone would show is not enough among thirteen: Holm."""
    # In turn exp(-0.07 + 0.06) and exp(-0.07 - 0.06): t = 0.07 / (0.295 x 0.06) = 3.95, of 13
    # degrees p = 0.0017: below 0.015, above 0.015 / 13 = 0.0012.
    head = [exp(-0.07 + 0.06), exp(-0.07 - 0.06)] * (LAST // 2)
    base = {judged(name): side(SAME) for name in METRICS}
    others = {of: side(noisy(1.0, sd=0.001, seed=n)) for n, of in enumerate(base)}
    changed = {judged("throughput_rps"): side(head)}
    among = judge(base, others | changed, None, looks(LAST))
    assert (one(SAME, head).verdict, among[0].verdict) == ("regressed", "undecided")
    still = judge(base, base | changed, None, looks(LAST))
    assert still[0].verdict == "regressed"  # what did not move is no test


def test_a_metric_nobody_knows_is_refused() -> None:
    """With the names there are."""
    with pytest.raises(
        BenchError, match=r"plain\.latency cannot be judged; name one of throughput_rps"
    ):
        metric.judged(judged("latency"))


def test_changes_are_printed_with_their_sign_and_unit() -> None:
    """Ratios in percent, shares of requests in points, memory in KiB."""
    ratio, share = METRICS["throughput_rps"], METRICS["error_share"]
    growth = METRICS["server_rss_kib_per_request"]
    assert (moved(1.042, ratio), moved(0.9, ratio)) == ("+4.2%", "-10.0%")
    assert (moved(0.0012, share), moved(0.39, growth)) == ("+0.12 points", "+0.39 KiB")
    assert (size(0.042, ratio), size(0.0012, share)) == ("4.2%", "0.12 points")

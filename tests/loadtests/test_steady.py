"""The rule that tells when a plateau has settled, on series whose answer is known."""

import random

import pytest

from _steady import drift, settled, truncation


def flat(bins: int, seed: int = 1) -> list[float]:
    """Draw counts of about 100 with the noise of counting."""
    return [random.Random(seed * 1000 + n).gauss(100, 10) for n in range(bins)]


def test_a_start_that_warms_up_is_dropped_and_no_more() -> None:
    """Three low bins, then noise around 100."""
    assert 3 <= truncation([10.0, 40.0, 70.0, *flat(17)]) <= 5


def test_a_flat_series_is_kept_nearly_whole() -> None:
    """Over 200 series of twenty bins of nothing but noise nine in ten are called settled."""
    kept = [settled(flat(20, seed)) for seed in range(200)]
    assert sum(kept) > 0.9 * len(kept)


def test_a_trend_has_not_settled() -> None:
    """As many requests in the system as there are seconds: the least is dropped at the half."""
    assert not settled([float(n) for n in range(20)])


def test_too_few_bins_have_not_settled() -> None:
    """Five tell nothing."""
    assert not settled([1.0] * 5)


def test_a_trend_that_goes_on_is_a_drift() -> None:
    """The window's bins 5 to 19 have mean 1,200, the last ten 1,450: 17 % off."""
    assert drift([100.0 * n for n in range(20)], 5) == pytest.approx(1 - 1200 / 1450)


def test_what_warmed_up_before_the_window_is_no_drift() -> None:
    """Five low bins, all of them settling."""
    assert drift([10.0] * 5 + [100.0] * 15, 5) == 0


def test_what_warmed_up_within_the_window_is_a_drift() -> None:
    """Five bins at half the rest, within fifteen: the mean is off by a sixth."""
    assert drift([100.0] * 2 + [50.0] * 5 + [100.0] * 10, 2) == pytest.approx(25 / 150, rel=0.01)


def test_the_noise_of_few_counts_is_no_drift() -> None:
    """One request or none in a bin, at random."""
    counts = [float(random.Random(n).random() < 0.5) for n in range(20)]
    assert drift(counts, 5) == 0


def test_an_empty_series_is_no_drift() -> None:
    """A server that answers nothing is for other gates to name."""
    assert drift([], 0) == 0
    assert drift([0.0] * 20, 5) == 0

"""The rule that tells when a plateau has settled, on series whose answer is known."""

import random

import numpy as np
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


def test_a_trend_that_goes_on_is_a_drift_in_either_direction() -> None:
    """Bins of 0 to 1,900 have mean 950; the last ten 1,450, 34 % off, the first 450: 111 % off."""
    rising = [100.0 * n for n in range(20)]
    assert drift(rising) == drift(rising[::-1]) == pytest.approx(950 / 450 - 1)


def test_what_breaks_down_within_the_window_is_a_drift() -> None:
    """Three empty bins at the end of fifteen: the mean is off by a fifth."""
    assert drift([100.0] * 12 + [0.0] * 3) == pytest.approx(1 / 5)


def test_what_warmed_up_within_the_window_is_a_drift() -> None:
    """Five bins at half the rest, within fifteen: the mean is off by a sixth."""
    assert drift([50.0] * 5 + [100.0] * 10) == pytest.approx(1 / 6)


def test_a_backlog_that_ends_within_the_window_is_a_drift() -> None:
    """The ramp's requests are answered on top of the others' for the first three of ten bins."""
    window = [700.0 + 10 * (n % 2) if n < 3 else 490.0 + 10 * (n % 2) for n in range(10)]
    assert drift(window) > 0.1


def test_batches_are_no_drift() -> None:
    """64 slots answer together, in two bins of three: their own scatter is what a mean may miss."""
    assert drift([64.0 * (n % 3 > 0) for n in range(15)]) == 0


def test_the_noise_of_few_counts_is_no_drift() -> None:
    """One request or none in a bin, at random."""
    counts = [float(random.Random(n).random() < 0.5) for n in range(20)]
    assert drift(counts) == 0


@pytest.mark.parametrize("bins", [6, 13, 20])
@pytest.mark.parametrize("mean", [0.3, 1, 3, 10, 30, 100, 300])
def test_counts_of_a_steady_rate_hardly_ever_drift(mean: float, bins: int) -> None:
    """Of 1,000 windows of Poisson counts at most one in 200 moves by more than the 5 % allowed."""
    windows = np.random.default_rng(1).poisson(mean, (1_000, bins)).astype(float)
    assert sum(drift(list(window)) > 0.05 for window in windows) <= 5


@pytest.mark.parametrize("period", [2, 3, 5])
def test_batches_of_full_slots_hardly_ever_drift(period: int) -> None:
    """64 slots answer together once in so many bins, give or take a few that miss the bin."""
    draw = np.random.default_rng(1)
    batches = np.tile([64.0] + [0.0] * (period - 1), 10)
    late = draw.binomial(64, 0.1, (200, len(batches))) * (batches > 0)
    windows = batches - late + np.roll(late, 1, axis=1)
    assert sum(drift(list(window)) > 0.05 for window in windows[:, :20]) <= 1


def test_an_empty_series_is_no_drift() -> None:
    """A server that answers nothing is for other gates to name."""
    assert drift([]) == 0
    assert drift([0.0] * 20) == 0

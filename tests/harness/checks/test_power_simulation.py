"""Simulated checks: the rates that docs/decisions/0007 quotes, with fewer runs."""

import numpy as np
import pytest

from harness.checks.power_simulation import Noise, Rates, rates, scatter
from harness.checks.sequential import LOOKS

RUNS = 300
WORST = Noise(sd=0.06, alike=0.2)
USUAL = Noise(sd=0.045)


@pytest.fixture(scope="module")
def same() -> Rates:
    """Check nothing against itself, under the worst noise."""
    return rates(WORST, 0.0, RUNS)


def test_equal_sides_hardly_ever_alarm(same: Rates) -> None:
    """At most 1% is meant; of 300 that are 3, and 9 or more come once in 280 (binomial)."""
    assert same.alarms * RUNS < 9


def test_a_change_of_five_percent_is_found() -> None:
    """At least 90% is meant: of 300 that are 270, give or take 5.2; 254 is three errors less."""
    assert rates(WORST, 0.05, RUNS).found * RUNS >= 254


def test_a_change_of_ten_percent_is_found_and_early() -> None:
    """At least 99% is meant: of 300 that are 297, give or take 1.7; half of the pairs will do."""
    ten = rates(WORST, 0.10, RUNS)
    assert ten.found * RUNS >= 292
    assert ten.pairs < LOOKS[-1] / 2


def test_equal_sides_are_called_unchanged_under_usual_noise() -> None:
    """At least 90% of 300, less three errors of 5.2."""
    assert rates(USUAL, 0.0, RUNS).unchanged * RUNS >= 254


def test_a_single_start_of_each_server_makes_alarms() -> None:
    """Why the servers must start anew: 1% from start to start is taken for a change."""
    once = rates(Noise(0.045, start_sd=0.01, pairs_per_start=LOOKS[-1]), 0.0, RUNS)
    often = rates(Noise(0.045, start_sd=0.01), 0.0, RUNS)
    assert once.alarms > 0.08
    assert often.alarms * RUNS < 9


def test_noise_is_drawn_as_described() -> None:
    """5% outliers of three times the deviation: sqrt(0.95 + 0.05 x 9) = 1.18 times as wide."""
    random = np.random.default_rng(1)
    drawn = scatter(Noise(sd=0.05), 20_000, random)
    assert drawn.std() == pytest.approx(0.05 * 1.183, rel=0.03)
    alike = scatter(Noise(sd=0.05, alike=0.3, outliers=0), 20_000, random)
    assert np.corrcoef(alike[1:], alike[:-1])[0, 1] == pytest.approx(0.3, abs=0.03)
    starts = scatter(Noise(sd=0, start_sd=0.01, pairs_per_start=10), 20_000, random)
    assert len(set(starts.tolist())) == 2_000
    assert starts.std() == pytest.approx(0.01 * 2**0.5, rel=0.05)

"""Estimates and looks against values worked out by hand."""

from math import inf, sqrt

import numpy as np
import pytest

from harness.checks.sequential import LOOKS, Estimate, estimate, holm, spent


def test_an_estimate_leaves_out_a_tenth_at_each_end() -> None:
    """Of 1 ... 9 and 1000 the mean of 2 ... 9 stays."""
    found = estimate(np.array([1000.0, *range(1, 10)]))
    # Winsorised: 2, 2, 3, 4, 5, 6, 7, 8, 9, 9: mean 5.5, sum of squares 369 - 302.5 = 66.5,
    # variance 66.5 / 9 = 7.38889; standard error sqrt(7.38889) / (0.8 sqrt(10)) = 1.07448; the
    # 1000 stands first, so neighbours (9, 2), (2, 3) ... are alike: that widens it.
    assert (found.middle, found.degrees, found.pairs) == (5.5, 7, 10)
    assert found.error > 1.07448
    apart = np.array([1000.0, 1, 9, 2, 8, 3, 7, 4, 6, 5])
    assert estimate(apart).error == pytest.approx(1.07448, abs=1e-5)


def test_a_difference_keeps_its_extremes() -> None:
    """A plateau in ten whose requests all fail is no outlier: the mean is 0.1."""
    found = estimate(np.array([0.0] * 5 + [1.0] + [0.0] * 4), "difference")
    # Standard deviation sqrt(0.9 / 9) = 0.316228, over sqrt(10).
    assert (found.middle, found.error) == pytest.approx((0.1, 0.1))
    assert found.degrees == 9


def test_neighbours_that_are_alike_widen_the_error() -> None:
    """Ten values of 1, then ten of -1: two values, not twenty."""
    halves, mixed = np.repeat([1.0, -1.0], 10), np.tile([1.0, -1.0], 10)
    # Autocorrelation (18 - 1) / 20 = 0.85, freed from bias (0.85 + 0.05) / 0.8 > 0.9, the most:
    # sqrt(1.9 / 0.1) = 4.3589. The values in turn have a negative one, which narrows nothing.
    assert estimate(halves).error == pytest.approx(estimate(mixed).error * sqrt(19))


def test_an_error_without_memory_is_that_of_independent_values() -> None:
    """The mean factor on 4,000 series of 70 independent values is under 8%."""
    values = np.random.default_rng(1).normal(size=(4000, 70))
    found = [estimate(series) for series in values]
    real = np.std([one.middle for one in found])
    assert 1.0 < np.mean([one.error for one in found]) / real < 1.08


def test_chance_and_width_are_students() -> None:
    """From the printed table: t(0.975; 4) = 2.7764."""
    found = Estimate(middle=2.7764, error=1.0, degrees=4, pairs=5)
    assert found.chance == pytest.approx(0.05, abs=1e-5)
    assert found.half(0.05) == pytest.approx(2.7764, abs=1e-4)
    assert found.half(0) == inf


@pytest.mark.parametrize(("middle", "chance"), [(0.0, 1.0), (0.01, 0.0)])
def test_without_noise_any_change_is_certain(middle: float, chance: float) -> None:
    """And none is none."""
    assert Estimate(middle, 0.0, 9, 10).chance == chance
    assert Estimate(middle, 0.0, 9, 10).half(0.05) == 0


def test_all_looks_together_spend_what_is_allowed() -> None:
    """Most of it at the last: (4900 - 1600) / 4900 = 0.673."""
    shares = [spent(pairs) for pairs in LOOKS]
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(0.67347, abs=1e-5)


def test_a_check_cut_short_spends_what_has_come_up_since_the_last_look() -> None:
    """At 33 of 70 pairs after a look at 20: (1089 - 400) / 4900."""
    assert spent(33) == pytest.approx(689 / 4900)
    assert spent(9) == 0
    assert spent(90) == 0


def test_holm_gives_each_rejection_on_to_the_others() -> None:
    """0.01 / 3, then / 2, then all of it; who fails stops those behind at the same level."""
    assert holm({"a": 0.004, "b": 0.001, "c": 0.02}, 0.01, 3) == {
        "b": 0.01 / 3,
        "a": 0.005,
        "c": 0.01,
    }
    assert holm({"a": 0.009, "b": 0.02, "c": 0.03}, 0.01, 3) == dict.fromkeys("abc", 0.01 / 3)

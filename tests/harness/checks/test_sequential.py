"""Estimates and looks against values worked out by hand."""

from collections.abc import Sequence
from math import log, sqrt

import numpy as np
import pytest

from harness.checks.sequential import (
    LOOKS,
    Estimate,
    Quotients,
    difference,
    holm,
    looks,
    spent,
    total,
    typical,
)


def quotients(counted: Sequence[float], over: Sequence[float] | float = 1.0) -> Quotients:
    """Build what one side counted in each start."""
    return Quotients(np.array(counted, dtype=float), np.broadcast_to(over, len(counted)) * 1.0)


ONES = quotients([1.0] * 10)


def logarithms(values: Sequence[float]) -> Estimate:
    """Estimate from log-ratios that are given."""
    return typical(quotients([1.0] * len(values)), quotients(np.exp(values).tolist()))


def test_a_typical_start_leaves_out_a_tenth_at_each_end() -> None:
    """Of logarithms 1 ... 9 and 100 the mean of 2 ... 9 stays."""
    found = logarithms([100.0, 1, 9, 2, 8, 3, 7, 4, 6, 5])
    # Winsorised: 2, 2, 3, 4, 5, 6, 7, 8, 9, 9: mean 5.5, sum of squares 369 - 302.5 = 66.5,
    # variance 66.5 / 9 = 7.38889; standard error sqrt(7.38889) / (0.8 sqrt(10)) = 1.07448.
    assert (found.degrees, found.starts) == (7, 10)
    assert float(found.middle) == pytest.approx(5.5)
    assert float(found.error) == pytest.approx(1.07448, abs=1e-5)


def test_the_sums_leave_out_nothing() -> None:
    """One start of ten that served nothing is a tenth less: 9 over 10."""
    found = total(ONES, quotients([0.0] + [1.0] * 9))
    assert float(found.middle) == pytest.approx(log(0.9))
    assert float(typical(ONES, quotients([0.0] + [1.0] * 9, 1.0), least=0.5).middle) == 0
    # Each start moves the ratio by (HEAD - 0.9) / 0.9: -1 once, 1/9 nine times; variance
    # (1 + 9 / 81) / 9 = 0.123457, standard error sqrt(0.123457 / 10) = 0.111111.
    assert float(found.error) == pytest.approx(0.111111, abs=1e-6)
    assert float(found.base) == 1


def test_a_sum_weighs_what_it_is_over() -> None:
    """Half of the requests at 2 ms and half at 4 ms, or all of either: 3 requests of 10 ms."""
    found = total(quotients([2.0, 8.0], [1.0, 2.0]), quotients([2.0, 8.0], [1.0, 2.0]))
    assert float(found.base) == pytest.approx(10 / 3)
    assert (float(found.middle), float(found.error)) == (0, 0)


def test_a_count_of_nothing_is_half_a_count() -> None:
    """A start that served nothing has no logarithm, and is no gap."""
    found = typical(quotients([100.0] * 10), quotients([0.0] * 10), least=0.5)
    assert float(found.middle) == pytest.approx(log(0.5 / 100))


def test_a_difference_keeps_its_extremes() -> None:
    """A start in ten whose requests all fail is no outlier: the mean is 0.1."""
    none = quotients([0.0] * 10)
    found = difference(none, quotients([0.0] * 5 + [1.0] + [0.0] * 4))
    # Standard deviation sqrt(0.9 / 9) = 0.316228, over sqrt(10).
    assert (float(found.middle), float(found.error)) == pytest.approx((0.1, 0.1))
    assert found.degrees == 9


def test_neighbours_that_are_alike_widen_the_error() -> None:
    """Ten values of 1, then ten of -1: two values, not twenty."""
    halves, mixed = np.repeat([1.0, -1.0], 10), np.tile([1.0, -1.0], 10)
    # Autocorrelation (18 - 1) / 20 = 0.85, freed from bias (0.85 + 0.05) / 0.8 = 1.125, less one
    # standard error of 1 / sqrt(20) = 0.2236: 0.9014, more than the most, 0.9: sqrt(1.9 / 0.1).
    # The values in turn have a negative one, which narrows nothing.
    one, other = (float(logarithms(values.tolist()).error) for values in (halves, mixed))
    assert one == pytest.approx(other * sqrt(19))


def test_an_error_without_memory_is_that_of_independent_values() -> None:
    """The mean factor on 4,000 series of 16 independent values is under 8%."""
    values = np.random.default_rng(1).normal(size=(4000, 16))
    found = typical(
        Quotients(np.ones_like(values), np.ones(16)), Quotients(np.exp(values), np.ones(16))
    )
    assert 1.0 < found.error.mean() / found.middle.std() < 1.08


def test_many_checks_are_estimated_as_one_is() -> None:
    """An axis before that of the starts."""
    random = np.random.default_rng(1)
    base, head = (
        Quotients(random.uniform(1, 2, (3, 12)), random.uniform(1, 2, (3, 12))) for _ in "ab"
    )
    for estimate in (typical, total, difference):
        many = estimate(base, head)
        for row in range(3):
            sides = [Quotients(side.counted[row], side.over[row]) for side in (base, head)]
            one = estimate(*sides)
            assert (one.middle, one.error, one.base) == pytest.approx(
                (many.middle[row], many.error[row], many.base[row])
            )


def test_chance_and_width_are_students() -> None:
    """From the printed table: t(0.975; 4) = 2.7764."""
    found = Estimate(np.array(2.7764), np.array(1.0), np.array(1.0), degrees=4, starts=5)
    assert float(found.chance) == pytest.approx(0.05, abs=1e-5)
    assert float(found.half(0.05)) == pytest.approx(2.7764, abs=1e-4)
    assert found.half(0) == np.inf


@pytest.mark.parametrize(("middle", "chance"), [(0.0, 1.0), (0.01, 0.0)])
def test_without_noise_any_change_is_certain(middle: float, chance: float) -> None:
    """And none is none."""
    found = Estimate(np.array(middle), np.array(0.0), np.array(1.0), 9, 10)
    assert found.chance == chance
    assert found.half(0.05) == 0


def test_all_looks_together_spend_what_is_allowed() -> None:
    """Most of it at the last: (256 - 64) / 256 = 0.75."""
    at = looks(16)
    assert at == (8, 16)
    shares = [spent(starts, at) for starts in at]
    assert shares == [0.25, 0.75]
    assert spent(7, at) == 0
    assert spent(40, at) == 0


def test_the_last_look_is_where_the_plan_ends() -> None:
    """Looks that lie beyond it are left out."""
    assert looks(6) == (6,)
    assert looks(LOOKS[-1]) == LOOKS
    assert looks(20) == (8, 16, 20)


def test_holm_gives_each_rejection_on_to_the_others() -> None:
    """0.01 / 3, then / 2, then all of it; who fails stops those behind at the same level."""
    three = np.array(3)
    levels = holm(np.array([0.004, 0.001, 0.02]), 0.01, three)
    assert levels.tolist() == pytest.approx([0.005, 0.01 / 3, 0.01])
    assert holm(np.array([0.009, 0.02, 0.03]), 0.01, three).tolist() == [0.01 / 3] * 3


def test_holm_counts_no_more_tests_than_there_are() -> None:
    """What did not move at all, with a chance of 1, is no test."""
    assert holm(np.array([0.009, 1.0, 1.0]), 0.01, np.array(1)).tolist() == [0.01] * 3

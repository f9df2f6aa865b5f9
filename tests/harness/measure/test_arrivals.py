"""Whether requests arrive like those of strangers, by gaps whose share follows from theory."""

import numpy as np
import pytest

from harness.measure.arrivals import gaps_share


def test_poisson_arrivals_leave_the_gaps_of_poisson_arrivals() -> None:
    """10,000 of them at 500 a second: the share is 1 to within four standard errors, 0.02."""
    starts = np.cumsum(np.random.default_rng(1).exponential(1 / 500, 10_000))
    assert gaps_share(starts) == pytest.approx(1, abs=0.04)


def test_bursts_leave_few_gaps() -> None:
    """Ten at once every 20 ms: 1 gap in 10 is long; Poisson at 500/s has exp(-0.5) = 0.61."""
    starts = np.repeat(np.arange(200) * 0.02, 10)
    assert gaps_share(starts) == pytest.approx(0.1 / 0.61, rel=0.02)


def test_a_few_requests_have_no_share_of_gaps() -> None:
    """99 of them."""
    assert gaps_share(np.arange(99.0)) is None


def test_arrivals_too_many_a_second_for_gaps_leave_nothing_to_compare() -> None:
    """10,000 within a second: 10,000 exp(-10) = 0.5 gaps of over 1 ms are to be expected."""
    starts = np.random.default_rng(1).uniform(0, 1, 10_000)
    assert gaps_share(starts) is None

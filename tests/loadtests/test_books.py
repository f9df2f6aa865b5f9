"""The books of a user: what of its time is a pause, and what nobody accounts for."""

import pytest

from _books import Ledger


@pytest.mark.parametrize(
    ("lasted_ms", "paused_ms"),
    [(8, 8), (20.6, 20.6), (50, 21)],
    ids=["cut short", "next tick", "late process"],
)
def test_a_pause_counts_as_long_as_it_was_meant_within_the_tick_of_its_timer(
    lasted_ms: float, paused_ms: float
) -> None:
    """Of 20 ms: half a millisecond late is the timer's, 29 of 50 ms are lost."""
    ledger = Ledger()
    ledger.begin_pause(0.02)
    assert ledger.pause is not None
    began_s, _ = ledger.pause
    paused_s, own_s = ledger.gap(began_s + lasted_ms / 1000)
    assert paused_s == pytest.approx(paused_ms / 1000, abs=1e-6)
    assert own_s == pytest.approx(0, abs=1e-3)

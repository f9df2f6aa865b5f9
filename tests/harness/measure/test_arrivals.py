"""Whether requests arrive like those of strangers, by gaps whose share follows from theory."""

from dataclasses import replace

import numpy as np
import pytest

from harness.core.record import Extra
from harness.core.statistics import Floats
from harness.core.trial import Plateau
from harness.measure.arrivals import bunched, crowd_share, crowded, gaps_share
from tests.support.request_rows import request_rows

PLATEAU = Plateau(
    users=64,
    ramped=0,
    opened=1,
    closed=9,
    ended=10,
    answered=0,
    pausing=(),
    unanswered=(),
    lag_p99_ms=1,
)


def shares(done_s: Floats, starts_s: Floats) -> Extra:
    """Measure requests that were sent at some times, and when the server was done with others."""
    view_ms = 2.0
    rows = request_rows(
        {
            "start_s": starts_s,
            "latency_ms": 5.0,
            "think_ms": 0.0,
            "entered_s": done_s - view_ms / 1000,
            "view_ms": view_ms,
        }
    )
    within = starts_s[(starts_s >= PLATEAU.opened) & (starts_s < PLATEAU.closed)]
    return Extra(gaps_share=gaps_share(within), crowd_share=crowd_share(rows, PLATEAU))


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


BATCHES = np.repeat(np.arange(0.0, 10, 0.02), 10)
STRANGERS = np.sort(np.random.default_rng(1).uniform(0, 10, 5_000))


def test_a_crowd_that_the_server_answered_together_is_a_finding_and_no_flag() -> None:
    """Ten answers every 20 ms, and ten clients who ask again at once: as few gaps in both."""
    extra = shares(done_s=BATCHES, starts_s=BATCHES + 0.001)
    assert crowded(extra)
    assert list(bunched(extra)) == []


def test_a_crowd_that_the_load_generator_made_is_flagged() -> None:
    """The server was done at random moments; what followed went out ten at once."""
    extra = shares(done_s=STRANGERS, starts_s=BATCHES)
    assert not crowded(extra)
    assert len(list(bunched(extra))) == 1


def test_clients_in_step_by_pacing_are_flagged_though_their_answers_come_close() -> None:
    """Ten at once every 20 ms, answered one after the other: three after 1.5 ms, six after 0.5.

    Four of ten answers have a gap of over 1 ms behind them, 0.4 / 0.61 of strangers'; of the
    requests one has, 0.1 / 0.61, which is less than half of it.
    """
    steps_s = np.cumsum([0.0, *[0.0015] * 3, *[0.0005] * 6])
    extra = shares(done_s=(np.arange(0.0, 10, 0.02)[:, None] + steps_s).ravel(), starts_s=BATCHES)
    assert extra.crowd_share == pytest.approx(0.4 / 0.61, rel=0.02)
    assert len(list(bunched(extra))) == 1


def test_without_stamps_a_crowd_is_judged_by_when_clients_began_to_pause() -> None:
    """Each thought for 3 ms before it asked: its answer came that much earlier."""
    rows = request_rows({"start_s": BATCHES, "think_ms": 3.0, "latency_ms": 5.0})
    assert crowd_share(rows, PLATEAU) == pytest.approx(0.1 / 0.61, rel=0.02)


def test_an_open_loop_has_no_crowd() -> None:
    """Its requests follow a clock."""
    rows = request_rows({"start_s": BATCHES, "think_ms": 0.0, "latency_ms": 5.0})
    assert crowd_share(rows, replace(PLATEAU, rate_rps=500)) is None

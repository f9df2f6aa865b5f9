"""Whether a load step was the same from begin to end: gaps in its answers, cold workers."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from harness.core.metrics import Measurement
from harness.core.record import Extra
from harness.core.statistics import Floats
from harness.core.trial import Plateau, Trial
from harness.measure.steadiness import cold_workers, longest_gap_s, messages
from tests.support.request_rows import request_rows

TRIAL = Trial("uvicorn", "asgi", "async", None, "wait", "closed", 64, None, 1)
WINDOW_S = 8.0
PLATEAU = Plateau(
    users=64,
    ramped=0,
    opened=2,
    closed=2 + WINDOW_S,
    ended=12,
    answered=0,
    pausing=(),
    unanswered=(),
    lag_p99_ms=1,
)

Draw = np.random.Generator


def answered(starts_s: Floats, latencies_s: Floats | float) -> pd.DataFrame:
    """Build the rows of requests by when each was sent and how long it took."""
    latencies_ms = np.broadcast_to(1000 * np.asarray(latencies_s), starts_s.shape)
    return request_rows({"start_s": starts_s, "latency_ms": latencies_ms})


def flagged(
    rows: pd.DataFrame, slots: int | None = None, users: int = 64, wait_ms: float = 0
) -> list[str]:
    """Return what is said of the rows of PLATEAU."""
    ends_s = rows["start_s"] + rows["latency_ms"] / 1000
    within = int(ends_s.between(PLATEAU.opened, PLATEAU.closed).sum())
    extra = Extra(wait_ms=wait_ms, longest_gap_s=longest_gap_s(rows, PLATEAU))
    metrics = Measurement(measured_s=WINDOW_S, throughput_rps=within / WINDOW_S)
    return list(messages(replace(TRIAL, slots=slots, users=users), metrics, extra))


def test_silence_from_before_the_window_is_a_gap_of_it() -> None:
    """Each of two workers takes 3 s for its first request, and 6 ms from then on: B18.

    They were asked at second 0, the window is open from second 2 to 10: 1 s of 8 s is silent.
    """
    starts_s = np.append([0.0, 0.1], np.arange(3.1, 10.0, 0.02))
    latencies_s = np.append([3.0, 3.0], np.full(len(starts_s) - 2, 0.006))
    assert longest_gap_s(answered(starts_s, latencies_s), PLATEAU) == pytest.approx(1.0)
    (message,) = flagged(answered(starts_s, latencies_s), users=2)
    assert message.startswith("no answer came for 1.0 s of the window's 8.0 s")


def without(rows: pd.DataFrame, frozen: tuple[float, float]) -> pd.DataFrame:
    """Let a server stand still for a time: what would have ended in it ends after it."""
    ends_s = rows["start_s"] + rows["latency_ms"] / 1000
    begin_s, end_s = frozen
    late_s = (end_s - ends_s).where(ends_s.between(begin_s, end_s), 0.0)
    unsent = rows["start_s"].between(begin_s + 0.1, end_s)
    return rows.assign(latency_ms=rows["latency_ms"] + 1000 * late_s)[~unsent]


def independent(draw: Draw, rate_rps: float = 50, latency_s: float = 0.1) -> pd.DataFrame:
    """Draw Poisson arrivals over twelve seconds, each answered after an exponential time."""
    starts_s = np.sort(draw.uniform(0, 12, draw.poisson(12 * rate_rps)))
    return answered(starts_s, draw.exponential(latency_s, len(starts_s)))


def in_step(
    draw: Draw, wait_s: float, slots: int, users: int = 0, jitter_s: float = 0.005
) -> pd.DataFrame:
    """Draw a closed loop whose slots were all taken at once, and users who queue for them.

    Of users beyond the slots each waits for so many turns of all slots.
    """
    turns = max(1, round(max(users, slots) / slots))
    ends_s = np.repeat(np.arange(0, 30 + wait_s, wait_s), slots)
    ends_s = ends_s + draw.exponential(jitter_s, len(ends_s))
    return answered(ends_s - turns * wait_s, turns * wait_s)


@pytest.mark.parametrize("frozen", [(2.0, 5.0), (4.0, 7.0), (7.0, 10.0)])
def test_three_silent_seconds_are_named_wherever_they_are(frozen: tuple[float, float]) -> None:
    """At the begin, in the middle, at the end of a window of 8 s, at 50 answers a second.

    Of 50 answers a second the next is due at once, so nearly all of the three seconds count.
    """
    rows = without(independent(np.random.default_rng(1)), frozen)
    (message,) = flagged(rows)
    assert re.fullmatch(
        r"no answer came for (2\.9|3\.0) s of the window's 8\.0 s \(limit 10%, and what chance "
        r"explains at its rate\): find in server\.log what stopped the server",
        message,
    )


def test_a_freeze_shows_through_waits_of_twenty_seconds() -> None:
    """1,000 clients of a long poll come evenly: 50 answers a second are due in a second's freeze.

    The gap of 1.0 s is more than 10% of 8 s, and 50 answers are missing: exp(-50).
    """
    draw = np.random.default_rng(1)
    polls = answered(np.sort(draw.uniform(-20, 10, 1_500)), 20.0)
    assert flagged(polls, users=1_000, wait_ms=20_000) == []
    late_s = np.clip(7.0 - (polls["start_s"] + 20), 0, 1.0)
    frozen = polls.assign(latency_ms=20_000 + 1000 * late_s.where(late_s < 1.0, 0.0))
    assert len(flagged(frozen, users=1_000, wait_ms=20_000)) == 1


def test_a_server_that_answers_no_more_is_named_by_what_is_due() -> None:
    """From the sixth second on nothing ends: those in flight stand in no row, but were due."""
    rows = independent(np.random.default_rng(1))
    silent = rows[rows["start_s"] + rows["latency_ms"] / 1000 < 6]
    plateau = replace(PLATEAU, unanswered=tuple(rows["start_s"][rows["start_s"].between(5.9, 6)]))
    # Due 0.23 s after 5.9 s: some 3.9 s of the window are left.
    assert longest_gap_s(silent, plateau) == pytest.approx(3.9, abs=0.1)


def test_a_short_gap_is_no_matter() -> None:
    """0.3 s of 8 s move the mean by 4%, less than a drift may."""
    rows = without(independent(np.random.default_rng(1), rate_rps=300, latency_s=0.01), (5.0, 5.3))
    assert flagged(rows) == []


def test_a_pause_of_all_clients_is_no_gap() -> None:
    """A crowd in step that pauses for 2 s after each answer: nothing is due meanwhile."""
    starts_s = np.repeat(np.arange(0, 12, 2.1), 64)
    jitter_s = np.random.default_rng(1).exponential(0.005, len(starts_s))
    assert flagged(answered(starts_s, 0.1 + jitter_s)) == []


def poisson(rate_rps: float) -> Callable[[Draw], list[str]]:
    """Return what judges a window of Poisson arrivals."""
    return lambda draw: flagged(independent(draw, rate_rps))


LOADS: dict[str, Callable[[Draw], list[str]]] = {
    **{f"{rate_rps:g} a second": poisson(rate_rps) for rate_rps in (0.6, 2, 6, 20, 60, 200, 600)},
    "64 slots in step": lambda draw: flagged(
        in_step(draw, 0.5, 64, 1024), slots=64, users=1024, wait_ms=500
    ),
    "64 slots of a long poll in step": lambda draw: flagged(
        in_step(draw, 3, 64, 128), slots=64, users=128, wait_ms=3_000
    ),
    "64 users in step": lambda draw: flagged(in_step(draw, 1.0, 64), wait_ms=1_000),
    "long polls": lambda draw: flagged(
        answered(np.sort(draw.uniform(-20, 10, 1_500)), 20.0), users=1_000, wait_ms=20_000
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("load", LOADS)
def test_what_is_steady_is_hardly_ever_flagged(load: str) -> None:
    """Of 200 windows one at most: Poisson counts of 0.3 to 300 in a bin of 0.5 s, and batches.

    With a probability of 0.0001 for each, 200 windows have 0.02 to expect, and one is 0.5%.
    """
    draw = np.random.default_rng(1)
    assert sum(bool(LOADS[load](draw)) for _ in range(200)) <= 1


def process_rows(*rows: tuple[float, int, int]) -> pd.DataFrame:
    """Build rows of numbered requests: when each was begun, by which process, its number."""
    entered_s, process, nth = zip(*rows, strict=True)
    columns = {"start_s": entered_s, "entered_s": entered_s, "process": process, "nth": nth}
    return request_rows({**columns, "latency_ms": [1.0] * len(rows)})


def test_a_worker_that_begins_within_the_window_is_cold() -> None:
    """Process 7 began before the window at 2 s, 8 within it."""
    rows = process_rows((1.0, 7, 1), (3.0, 7, 2), (4.0, 8, 1), (5.0, 8, 2))
    assert cold_workers(rows, PLATEAU) == 1
    metrics = Measurement(measured_s=WINDOW_S, throughput_rps=1)
    assert list(messages(TRIAL, metrics, Extra(cold_workers=1))) == [
        "a worker began the first request within the window (limit 0): raise settle_s"
    ]


def test_a_worker_that_was_warm_is_not_cold_again() -> None:
    """A load step after others: numbers go on."""
    assert cold_workers(process_rows((3.0, 7, 41), (4.0, 8, 17)), PLATEAU) == 0


def test_a_server_that_numbers_nothing_has_no_count_of_cold_workers() -> None:
    """Not measured is not 0."""
    assert cold_workers(answered(np.array([3.0]), 0.1), PLATEAU) is None

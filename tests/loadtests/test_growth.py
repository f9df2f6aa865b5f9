"""The rule that ends a load step early: on queues whose overload is known."""

import heapq
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import pytest

from _growth import grows, lowest_slope, slope
from harness.core.capacity import Probe, Scope, Search
from harness.core.holding import Outcome

BIN_S, WARM_S, BINS = 0.3, 1.5, 16
MOST_MS = 500.0

Stay = tuple[float, float]
"""When a request came, and when it left."""


@dataclass(frozen=True)
class Queue:
    """Servers that share one queue: requests wait for the first that is free."""

    servers: int
    mean_s: float
    exponential: bool
    random: Random

    def stays(self, rate_rps: float) -> list[Stay]:
        """Simulate a load step of Poisson arrivals, from an empty queue on."""
        free = [0.0] * self.servers
        stays: list[Stay] = []
        now = 0.0
        while now < WARM_S + BINS * BIN_S:
            now += self.random.expovariate(rate_rps)
            begins = max(now, heapq.heappop(free))
            stays.append((now, begins + self.service_s()))
            heapq.heappush(free, stays[-1][1])
        return stays

    def service_s(self) -> float:
        """Draw how long one request takes."""
        return self.random.expovariate(1 / self.mean_s) if self.exponential else self.mean_s


def closes_after(stays: list[Stay], rate_rps: float) -> int | None:
    """Return the bin at which a load step would close early; None where it would not."""
    counts, ages_s = [], []
    for place in range(1, BINS + 1):
        at = WARM_S + place * BIN_S
        inside = [at - came for came, left in stays if came <= at < left]
        counts.append(float(len(inside)))
        ages_s.append(sum(inside))
        if grows(counts, ages_s, BIN_S, rate_rps, MOST_MS):
            return place
    return None


def stopped(load: float, servers: int, mean_s: float, exponential: bool) -> float:
    """Return which share of twenty load steps ends early, at a load of so many capacities."""
    queue = Queue(servers, mean_s, exponential, Random(1))
    rate_rps = load * servers / mean_s
    closed = [closes_after(queue.stays(rate_rps), rate_rps) for _ in range(20)]
    return sum(place is not None for place in closed) / 20


def measured(queue: Queue, rate_rps: float) -> Probe:
    """Return what a load step says of a rate: p95 within MOST_MS, and no growth."""
    stays = queue.stays(rate_rps)
    early = closes_after(stays, rate_rps)
    end = WARM_S + (early or BINS) * BIN_S
    latencies_ms = sorted(1000 * (left - came) for came, left in stays if WARM_S <= came < end)
    served_rps = sum(WARM_S <= left < end for _, left in stays) / (end - WARM_S)
    met = early is None and latencies_ms[int(0.95 * len(latencies_ms))] <= MOST_MS
    return Probe(rate_rps, Outcome.MET if met else Outcome.MISSED, served_rps)


@pytest.mark.parametrize(
    ("servers", "mean_s", "exponential"),
    [(64, 0.25, False), (1, 0.01, True)],
    ids=["slots", "core"],
)
def test_an_overload_is_seen_and_a_load_that_is_held_is_not(
    servers: int, mean_s: float, exponential: bool
) -> None:
    """At 1.5 times the capacity nearly always, at 0.8 of it hardly ever, asked at every bin."""
    assert stopped(1.5, servers, mean_s, exponential) >= 0.9
    assert stopped(0.8, servers, mean_s, exponential) <= 0.05


@pytest.mark.parametrize(
    ("servers", "mean_s", "most_rps"),
    [(64, 0.25, 256), (1, 0.005, 197)],
    ids=["slots", "core"],
)
def test_a_search_over_load_steps_of_five_seconds_finds_what_theory_says(
    servers: int, mean_s: float, most_rps: float
) -> None:
    """64 slots of 250 ms: 256 requests/s. One core, 5 ms each: 197, where 5 % wait for 500 ms.

    In M/D/1 the tail of the wait falls by exp(-2 (1 - load) t / S), nearly: 3 = 2 (1 - 0.985) 100.
    Five of six searches have it within their interval, four of five are within the one before.
    """
    queue = Queue(servers, mean_s, exponential=False, random=Random(5))
    answers = []
    for _ in range(6):
        search = Search(Scope(first=100, lowest=2, highest=3000))
        while (load := search.next_load) is not None:
            search.add(measured(queue, load))
        answers.append(search.capacity)
    right = sum((a.low or 0) <= most_rps <= (a.high or 0) for a in answers)
    again = sum((a.low or 0) <= (b.load or 0) <= (a.high or 0) for a, b in pairwise(answers))
    assert right >= 5
    assert again >= 4
    assert all(answer.load == pytest.approx(most_rps, rel=0.1) for answer in answers)


def test_a_queue_that_grows_slowly_is_not_too_fast() -> None:
    """One request more in each second, of 100 arrivals: 30 s add 300 ms to latency, not 500 ms."""
    counts = [10 + BIN_S * place for place in range(BINS)]
    ages_s = [count * 0.1 * count for count in counts]
    assert not grows(counts, ages_s, BIN_S, rate_rps=100, most_ms=500)
    assert grows(counts, ages_s, BIN_S, rate_rps=100, most_ms=299)


def test_more_requests_that_are_no_older_are_a_burst() -> None:
    """The count alone rises: what came is answered as fast as before."""
    counts = [10.0 * (place + 1) for place in range(BINS)]
    assert not grows(counts, [0.2 * count for count in counts], BIN_S, 100, MOST_MS)


def test_seven_bins_tell_nothing() -> None:
    """However steep they are."""
    counts = [100.0 * place for place in range(8)]
    ages_s = [count * count for count in counts]
    assert not grows(counts[:7], ages_s[:7], BIN_S, 100, MOST_MS)
    assert grows(counts, ages_s, BIN_S, 100, MOST_MS)


def test_the_slope_of_a_line_is_exact_and_sure() -> None:
    """3 from bin to bin, without an error."""
    line = [3.0 * place + 7 for place in range(10)]
    assert slope(line) == pytest.approx(3)
    assert lowest_slope(line) == pytest.approx(3)


def test_neighbours_that_are_alike_make_a_slope_less_sure() -> None:
    """The same deviations, in turn and in two blocks."""
    line = [float(place) for place in range(12)]
    in_turn = [value + (1 if place % 2 else -1) for place, value in enumerate(line)]
    in_blocks = [value + (1 if 3 <= place < 9 else -1) for place, value in enumerate(line)]
    assert lowest_slope(in_blocks) < lowest_slope(in_turn) < 1

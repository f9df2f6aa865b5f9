"""How large a first plan of a site is to be, from a quick look at how fast its pages come. Pure.

N users who pause for Z and are answered within R send X = N / (R + Z) requests a second, up to the
capacity C. From N* = C (R + Z) users on more of them only wait longer: R = N / C - Z (operational
laws; Lazowska et al. 1984, ch. 3 and 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from harness.core.plan import Load

THINK_MS = 100
"""The pause of a first plan: enough for connections to be idle now and then, as people's are."""

OVERLOAD = 2
"""The highest load has so many times the users that the capacity answers without a queue."""

APART = 4
"""By how much the loads differ: half of what fills the site, and twice that."""

GENERATOR_RPS = 2_000
"""What one core of Locust sends and still keeps within its gate (70% of the core)."""

ENOUGH = 100
"""Requests for a p95 that has five above it."""

LEAST_WINDOW_S, MOST_WINDOW_S = 4, 30
"""A window is long enough for a second's stall to be rare, and short enough to be waited for."""

LEAST_TAIL_S, TAILS = 4, 4
"""How long the drain may take: so many times what the slowest page is expected to take."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a page comes: for one client, and how often for several clients at once.

    The rate is the least that the server can do, where the client that looked was the slower one.
    """

    latency_ms: float
    rate_rps: float


@dataclass(frozen=True, slots=True)
class Sizes:
    """The load of a first plan, and what it follows from.

    `capacity_rps` is that of the faster side, `least_rps` what the slower one is asked for at the
    lower load. `generated` is whether the generator, not the site, sets the highest load.
    """

    load: Load
    capacity_rps: float
    least_rps: float
    generated: bool

    @property
    def requests(self) -> float:
        """Return how many requests the shortest sample has."""
        return self.least_rps * self.load.measure_s


def sizes(sides: Sequence[Sequence[Pace]]) -> Sizes:
    """Return the load for sides (deployments) with a pace for each page, visited equally often."""
    capacities = [_capacity_rps(pages) for pages in sides]
    cycles_s = [_mean_s(pages) + THINK_MS / 1000 for pages in sides]
    filling = max(c * s for c, s in zip(capacities, cycles_s, strict=True))
    generated = max(capacities) > GENERATOR_RPS
    top = max(2, round(GENERATOR_RPS * min(cycles_s) if generated else OVERLOAD * filling))
    users = (max(1, ceil(top / APART)), top)
    least_rps = min(min(users[0] / s, c) for c, s in zip(capacities, cycles_s, strict=True))
    slowest_s = max(_slowest_s(pages, top) for pages in sides)
    load = Load(
        users=users,
        settle_s=max(1, ceil(2 * slowest_s)),
        settle_most_s=max(3, ceil(4 * slowest_s)),
        measure_s=min(max(LEAST_WINDOW_S, ceil(ENOUGH / least_rps)), MOST_WINDOW_S),
        tail_s=max(LEAST_TAIL_S, ceil(TAILS * slowest_s)),
    )
    return Sizes(load, max(capacities), least_rps, generated)


def _capacity_rps(pages: Sequence[Pace]) -> float:
    """Return how often pages visited in turn are answered a second: the harmonic mean."""
    return len(pages) / sum(1 / page.rate_rps for page in pages)


def _mean_s(pages: Sequence[Pace]) -> float:
    return sum(page.latency_ms for page in pages) / len(pages) / 1000


def _slowest_s(pages: Sequence[Pace], users: int) -> float:
    """Return how long the slowest page takes under so many users: its own time, and the queue's."""
    queue_s = users / _capacity_rps(pages) - _mean_s(pages) - THINK_MS / 1000
    return max(page.latency_ms for page in pages) / 1000 + max(0.0, queue_s)

"""What to run, decided from measured servers: which, what it holds, what limits it next. Pure.

A server is recommended by the load that it holds at the objective, up to HEADROOM times the load
that is expected. Of those that hold as much as the best, as far as can be told, the simplest wins:
what there is, then another size of it, then another server of its interface, then threads before
greenlets, fewer processes and fewer threads.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from harness.core.candidates import HEADROOM, WORTH, Demand
from harness.core.plan import Interface, Objective
from harness.core.statistics import differ
from harness.core.summary import Spread

FULL = 0.85
"""A core that is busy for so much of the time, or as many slots in use, set the pace."""

MOST_MEMORY = 0.5
"""A server that takes so much of a machine's memory has no room for another of its kind."""

Ending = Literal["change", "stay", "no load meets it", "flagged"]
Limit = Literal["database", "memory", "core", "threads"]


@dataclass(frozen=True, slots=True)
class Bracket:
    """What one fresh start held: `met` is the highest load that met the objective, 0 where none.

    `missed` is the next one, None where none was judged. `crossing` lies between both, where the
    latency crossed its limit; `met` where that cannot be told.
    """

    met: int
    missed: int | None
    crossing: float


@dataclass(frozen=True, slots=True)
class Reach:
    """How many users a server holds: the median over fresh starts, and the range.

    `missed` is the lowest load at which a start missed the objective, None where none did. Not more
    than `at_least` is known where some start met it at every load that it was given. `starts` is
    what each of them held.
    """

    users: float
    low: float
    high: float
    rounds: int
    missed: int | None
    at_least: bool
    starts: tuple[float, ...] = ()

    @classmethod
    def over(cls, brackets: Sequence[Bracket]) -> "Reach":
        """Return what the brackets of one start or more come to."""
        crossings = [each.crossing for each in brackets]
        missed = [each.missed for each in brackets if each.missed is not None]
        return cls(
            users=median(crossings),
            low=min(crossings),
            high=max(crossings),
            rounds=len(brackets),
            missed=min(missed, default=None),
            at_least=len(missed) < len(brackets),
            starts=tuple(crossings),
        )

    @property
    def spread(self) -> Spread:
        """Return the users with their range."""
        return Spread(self.users, self.low, self.high, self.rounds, "range")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a server took at a load, as medians over fresh starts; None is not measured.

    `latencies_ms` are keyed by metric. `busy_cores` is how many cores its requests kept busy,
    `in_flight` how many of them there were at a time, those that wait for a thread included.
    """

    users: int
    throughput_rps: float | None = None
    latencies_ms: dict[str, float] = field(default_factory=dict)
    cpu_ms: float | None = None
    busy_cores: float | None = None
    in_flight: float | None = None
    memory_mib: float | None = None
    database_connections: float | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """A candidate as it was measured; `expected` is how many users the model said that it holds.

    `reach` is None where no trial tells that could be trusted; `flags` are the gates that trials of
    it failed, each once. `at` are the figures at the highest load that it met in every start, `top`
    those at the highest of all; None where there are none.
    """

    name: str
    template: str
    interface: Interface
    command: str
    workers: int | None
    threads: int | None
    slots: int | None
    expected: int | None
    reach: Reach | None
    at: Figures | None = None
    top: Figures | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flip:
    """What the best server of the other interface holds, and when the answer would be another.

    `gain` is what it holds over what is recommended; `alike` where that is no difference. With
    waits beyond `wait_ms` the recommended server would run out of threads first. From `cpu_ms` of
    CPU time a request on, a server without threads would hold less than one with enough of them.
    Both are None where there is no such condition.
    """

    name: str
    interface: Interface
    gain: float
    alike: bool
    wait_ms: float | None
    cpu_ms: float | None


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be served: requests of a scenario, within an objective, for the users expected.

    `current` is the deployment that there is. So many `cores` serve, `apart` from the generator's
    or not. `memory_mib` is the machine's, `most_connections` the limit of its database, None
    without one.
    """

    scenario: str
    objective: Objective
    users: int
    current: str
    cores: int
    apart: bool
    memory_mib: float
    most_connections: int | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """A recommendation and all that it rests on, as advice.json has it.

    `recommended` is the name of one of `verifications`, None where there is none. `paths` are the
    slowest and the fastest kind of request with their p50 in ms, where they differ a hundredfold.
    """

    case: Case
    ending: Ending
    recommended: str | None
    limit: Limit | None
    flip: Flip | None
    demands: tuple[Demand, ...]
    verifications: tuple[Verification, ...]
    paths: dict[str, float] = field(default_factory=dict)

    @property
    def winner(self) -> Verification | None:
        """Return the recommended server."""
        return next((each for each in self.verifications if each.name == self.recommended), None)

    def demand(self, server: Verification) -> Demand | None:
        """Return what requests take behind a server."""
        return next((d for d in self.demands if d.deployment == server.template), None)


def advise(
    case: Case,
    demands: Sequence[Demand],
    verifications: Sequence[Verification],
    paths: dict[str, float] | None = None,
) -> Advice:
    """Return what to run. A server without a trial that can be trusted is never recommended."""
    ending, winner = _decide(case, demands, verifications)
    return Advice(
        case=case,
        ending=ending,
        recommended=winner.name if winner else None,
        limit=_limit(case, winner) if winner else None,
        flip=_flip(case, demands, winner, verifications) if winner else None,
        demands=tuple(demands),
        verifications=tuple(verifications),
        paths=paths or {},
    )


def can_be_met(demands: Sequence[Demand], objective: Objective) -> bool:
    """Return whether requests of few users meet an objective behind any server: load only adds.

    Where nothing is known of them it may be.
    """
    return not demands or any(
        all(
            demand.alone_ms.get(metric, 0) <= limit_ms
            for metric, limit_ms in objective.limits.items()
        )
        for demand in demands
    )


def _decide(
    case: Case, demands: Sequence[Demand], verifications: Sequence[Verification]
) -> tuple[Ending, Verification | None]:
    """Return how the advice ends, and the server that is recommended."""
    if not can_be_met(demands, case.objective):
        return "no load meets it", None
    trusted = [each for each in verifications if each.reach]
    if not trusted:
        return "flagged", None
    holding = [each for each in trusted if each.reach and each.reach.low]
    if not holding:
        return "no load meets it", None
    simple = sorted(holding, key=lambda each: _complexity(each, case, verifications))
    best = max(simple, key=lambda each: _within(case, each))  # of equals the simplest
    winner = next(each for each in simple if _is_level(case, each, best))
    return ("stay" if winner.name == case.current else "change"), winner


def _complexity(
    each: Verification, case: Case, verifications: Sequence[Verification]
) -> tuple[int, ...]:
    """Return what a server costs in changes, processes and threads; then the order decides."""
    current = next(other for other in verifications if other.name == case.current)
    return (
        each.name != current.name,
        each.template != current.template,
        each.interface != current.interface,
        _greenlets(each),
        each.workers or 1,
        each.threads or 0,
        verifications.index(each),
    )


def _greenlets(each: Verification) -> bool:
    """Return whether a server patches what blocks, which asks more of an application than threads.

    A driver that blocks in C stands still with all requests, and nothing says so.
    """
    return each.interface == "wsgi" and each.slots is None


def _within(case: Case, each: Verification) -> float:
    """Return the users that a server holds, not above what is asked of it."""
    assert each.reach
    return min(HEADROOM * case.users, each.reach.users)


def _is_level(case: Case, each: Verification, best: Verification) -> bool:
    """Return whether a server is not measurably worse than the best.

    It is below it by less than WORTH, or by no more than the starts of both scatter.
    """
    assert each.reach and best.reach
    most = HEADROOM * case.users
    ones, others = ([min(most, n) for n in reach.starts] for reach in (each.reach, best.reach))
    gain = _within(case, best) - _within(case, each)
    return gain <= WORTH * _within(case, best) or not differ(ones, others)


def _limit(case: Case, each: Verification) -> Limit | None:
    """Return what a server runs out of first beyond what it holds; None where nothing shows it."""
    top = each.top
    if top is None:
        return None
    connections = top.database_connections or 0
    if case.most_connections and connections >= case.most_connections:
        return "database"
    if (top.memory_mib or 0) >= MOST_MEMORY * case.memory_mib:
        return "memory"
    if (top.busy_cores or 0) >= FULL * min(case.cores, each.workers or case.cores):
        return "core"
    if each.slots and (top.in_flight or 0) >= FULL * each.slots:
        return "threads"
    return None


def _flip(
    case: Case,
    demands: Sequence[Demand],
    winner: Verification,
    verifications: Sequence[Verification],
) -> Flip | None:
    """Return what the other interface would change; None where none of it could be measured."""
    others = [each for each in verifications if each.reach and each.interface != winner.interface]
    if not others:
        return None
    other = max(others, key=lambda each: _within(case, each))
    by_name = {demand.deployment: demand.system for demand in demands}
    own, theirs = by_name.get(winner.template), by_name.get(other.template)
    wait_ms = cpu_ms = None
    if own and theirs and winner.interface == "wsgi" and winner.slots:
        # Threads allow T / (D + S), the other's core 1 / S': they are level at this wait.
        wait_ms = winner.slots * theirs.cpu_ms / theirs.cores - own.cpu_ms
    if own and theirs and winner.interface == "asgi":
        cpu_ms = theirs.cpu_ms
    return Flip(
        name=other.name,
        interface=other.interface,
        gain=_within(case, other) / _within(case, winner),
        alike=_is_level(case, other, winner) and _is_level(case, winner, other),
        wait_ms=wait_ms if own and wait_ms and wait_ms > own.wait_ms else None,
        cpu_ms=cpu_ms if own and cpu_ms and cpu_ms > own.cpu_ms else None,
    )

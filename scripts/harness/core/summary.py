"""What a run comes to: samples of cells, comparisons of them, the summary.

Frozen values; units stand in the names.
"""

from dataclasses import dataclass, field
from math import nan
from typing import Literal

from harness.core.bounds import Bound
from harness.core.cpu_profile import CpuProfile
from harness.core.gate import CellDoubt, GateName, SideDoubt
from harness.core.holding import Holding
from harness.core.memory import MemoryUse
from harness.core.plan import Interface, Model, Views
from harness.core.prediction import Prediction
from harness.core.request_row import label

Kind = Literal["range", "interval"]

NAMES: dict[Kind, str] = {"range": "range", "interval": "95% interval"}


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle over rounds with its bounds: the median with a range, or a mean with an interval.

    A range goes from the lowest round to the highest; an interval holds the true middle in 95%
    of all runs. harness.core.statistics.kind says when it is which.
    """

    middle: float
    low: float
    high: float
    rounds: int
    kind: Kind

    @property
    def kind_name(self) -> str:
        """Return what the bounds are, in words: "range" or "95% interval"."""
        return NAMES[self.kind]


@dataclass(frozen=True, slots=True)
class NameSample:
    """The requests of one name and method in a cell, over the rounds.

    `metrics` is keyed by the numbers of harness.core.record.NameFigures, as that of Sample.
    """

    name: str
    method: str
    fired: bool
    metrics: dict[str, Spread]

    @property
    def label(self) -> str:
        """Return both in words."""
        return label(self.method, self.name)


DatabaseFinding = Literal["connection leak", "exhausted pool"]


@dataclass(frozen=True, slots=True)
class DatabaseUse:
    """The connections of a cell to its database, as PostgreSQL counts them, over the rounds.

    `connections` were held at most, `busy` were at work on average.
    """

    connections: Spread
    busy: Spread | None
    finding: DatabaseFinding | None


@dataclass(frozen=True, slots=True)
class Sample:
    """The measurements of one cell (deployment x scenario x load) over the rounds.

    `metrics` is keyed by the fields of Measurement; a metric that no round measured is absent,
    and so is a far percentile (p99, p99.9) that only some of the measured rounds have.
    `per_round` has the same keys and one value per round of the plan, None where not measured.
    `rounds` counts the rounds with a measurement.
    `bound_rps` is the most that theory allows at this load, None where it is unknown; `bound`
    yields it for any number of users, None where some of them are silent or the loop is open.
    `failed_rounds` counts the rounds in which this trial ended without a measurement.
    In an open loop `users` clients took arrivals at `rate_rps`, the median over the rounds, which
    is `fraction` of a capacity where the plan says so.
    `served` is the share of requests answered within `objective_ms`, where the plan has one, and
    `served_by_round` that of each round. `connections_by_round` are those that the server held, by
    the kernel's count.
    `parts` has the median over rounds of each mean part of a request's time (breakdown), empty
    where the server reports no times.
    `core_speeds` has the speed of the server's core in each round, by its canary.
    `names` has the figures by name, those asked most often first.
    `lower_bounds` lists the metrics whose true value is at least theirs, as too many requests were
    left unanswered in some round; one that says no more than a lower load is left out of `metrics`.
    `streams` has the metrics of streams, keyed by their names, empty where no event came.
    `memory` is the server's with shared pages counted once, in MiB, `memory_by_round` that of each
    round.
    """

    scenario: str
    deployment: str
    interface: Interface
    views: Views | None
    slots: int | None
    users: int
    rounds: int
    failed_rounds: int
    metrics: dict[str, Spread]
    per_round: dict[str, tuple[float | None, ...]]
    bound_rps: float | None
    doubts: tuple[CellDoubt, ...]
    model: Model = "closed"
    rate_rps: float | None = None
    fraction: float | None = None
    parts: dict[str, float] = field(default_factory=dict)
    objective_ms: float | None = None
    bound: Bound | None = None
    served: Spread | None = None
    served_by_round: tuple[float | None, ...] = ()
    connections_by_round: tuple[int | None, ...] = ()
    core_speeds: tuple[float | None, ...] = ()
    names: tuple[NameSample, ...] = ()
    lower_bounds: tuple[str, ...] = ()
    database: DatabaseUse | None = None
    streams: dict[str, Spread] = field(default_factory=dict)
    memory: Spread | None = None
    memory_by_round: tuple[float | None, ...] = ()

    @property
    def failing(self) -> bool:
        """Return whether too many requests failed in any round: nothing is compared with those."""
        return any(doubt.gate is GateName.ERRORS for doubt in self.doubts)

    @property
    def load(self) -> float:
        """Return the load: users in a closed loop, offered requests per second in an open one."""
        if self.model == "closed":
            return self.users
        return nan if self.rate_rps is None else self.rate_rps

    @property
    def users_per_slot(self) -> float | None:
        """Return how many users there are for each slot; None where slots are unbounded."""
        return self.users / self.slots if self.slots else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric of a deployment over that of another, paired by round.

    ASGI over WSGI, or two labels of one deployment (A/A).
    `counting` is how far the logarithm of a throughput's ratio may be off by counting alone, None
    for other metrics. `sign` is '>' or '<' where all of the ratio lies beyond the margin around 1
    and its middle beyond `counting`, else '~'.
    `core_speed` is how much faster the server's core was for `top` than for `bottom`, by the
    canaries in the rounds of both; None where no canary tells.
    """

    scenario: str
    users: int
    metric: str
    top: str
    bottom: str
    ratio: Spread
    counting: float | None
    sign: Literal["<", "~", ">"]
    doubts: tuple[SideDoubt, ...]
    core_speed: float | None = None


@dataclass(frozen=True, slots=True)
class Bridge:
    """What it costs to serve a view by the interface it was not written for, by one metric.

    `values` are those of the `native` and of the `adapted` deployment, `cost` is how much more the
    adapted one took, paired by round; None where no round has both.
    """

    scenario: str
    interface: Interface
    load: float
    metric: str
    native: str
    adapted: str
    values: tuple[Spread, Spread]
    cost: Spread | None
    flagged: bool


@dataclass(frozen=True, slots=True)
class FrameworkCost:
    """The server's CPU time per request with a framework, beside that of its ground without one.

    `share` is the part of it that is the framework's; what remains is the server's and the view's.
    Not `decided`: the two cannot be told apart.
    """

    scenario: str
    users: int
    deployment: str
    ground: str
    cpu_ms: Spread
    ground_ms: Spread
    share: Spread
    decided: bool
    flagged: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How a server stands among those of its interface, in one scenario at one load.

    `values` and `ranks` are keyed by metric; where it cannot be ranked by one, `ranks` lacks it.
    `as_it_comes` is the throughput of the same server with settings of its own choosing.
    """

    scenario: str
    users: int
    interface: Interface
    deployment: str
    values: dict[str, Spread]
    ranks: dict[str, int]
    as_it_comes: Spread | None
    flagged: bool


@dataclass(frozen=True, slots=True)
class Attainment:
    """Up to which load a deployment met the objective of a scenario, in every round.

    `highest` is the highest load (users, or the step of an open loop) that was met with all below
    it, None where the lowest was missed; `missed` is the next one, None where none higher was
    tried. `highest_rps` and `missed_rps` are the requests per second there, offered in an open loop
    and served in a closed one; None where that was not measured. `flagged` where `highest` rests on
    a flagged trial.
    """

    scenario: str
    deployment: str
    highest: float | None
    missed: float | None
    flagged: bool
    highest_rps: float | None = None
    missed_rps: float | None = None

    @property
    def below_rps(self) -> float | None:
        """Return the rate below which the most that is held lies; None where nothing says so.

        A server that served less at the load that it missed may hold more in between.
        """
        held, missed = self.highest_rps, self.missed_rps
        return missed if missed is not None and missed > (held or 0) else None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many measured trials passed one gate, and how many failed it; `holds` is its promise.

    Not `judged`: the run had nothing to judge by, so no trial passed or failed.
    """

    gate: GateName
    holds: str
    passed: int
    doubted: int
    judged: bool = True


@dataclass(frozen=True, slots=True)
class Stop:
    """A spell in which a server's process did nothing else: from `at_s`, `lasted_ms` long.

    `collecting` tells whether the garbage collector ran in it.
    """

    at_s: float
    lasted_ms: float
    collecting: bool

    @property
    def until_s(self) -> float:
        """Return when it ended."""
        return self.at_s + self.lasted_ms / 1000


@dataclass(frozen=True, slots=True)
class StopTally:
    """How often a deployment stopped in the blocks of a scenario: in one of them, or in several.

    `collecting` counts the stops in which the garbage collector ran.
    """

    scenario: str
    deployment: str
    interface: Interface
    blocks: int
    stops: int
    collecting: int
    longest_ms: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """What one block went through: values at each second since its first request was sent.

    `answers_rps` counts the good answers of the second before, `connections` are the kernel's.
    `in_flight` is None where requests may be missing from it: rows exist only for those that ended.
    `stops` are those that a probe in the server's process noted; none without a probe.
    """

    scenario: str
    deployment: str
    seconds: tuple[float, ...]
    connections: tuple[float, ...]
    in_flight: tuple[float | None, ...]
    answers_rps: tuple[float, ...]
    stops: tuple[Stop, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """One request over time: `start_ms` after the first of its lanes was due, part after part.

    `parts` are those of harness.measure.lanes in the order in which they passed, each with its
    milliseconds; they add up to the latency. `worker` is a number of the process that served it,
    from 1 on in the order in which they came to work; None where the server does not tell.
    """

    start_ms: float
    parts: dict[str, float]
    worker: int | None
    failed: bool

    @property
    def end_ms(self) -> float:
        """Return when it had its answer, or had failed."""
        return self.start_ms + sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class Lanes:
    """The first requests of one load step of a deployment, as they are drawn from the top down.

    `at_once` is how many of them were in their views at the same time at most; None where no
    server tells.
    """

    scenario: str
    deployment: str
    load: float
    at_once: int | None
    lanes: tuple[Lane, ...]

    @property
    def end_ms(self) -> float:
        """Return when the last of them had its answer, or had failed."""
        return max(lane.end_ms for lane in self.lanes)


@dataclass(frozen=True, slots=True)
class LoadStep:
    """When the measurement of a load step began: `at_s` after the first request of its block."""

    at_s: float
    load: float


@dataclass(frozen=True, slots=True)
class HeatMap:
    """How long the good requests of a block took over its time.

    `counts` has a row for each stretch of `step_s` seconds since the first was due, and in each the
    requests that took from one of `edges_ms` up to the next. `medians_ms` has the median of each
    stretch, None where no request was due in it.
    """

    scenario: str
    deployment: str
    step_s: int
    edges_ms: tuple[float, ...]
    counts: tuple[tuple[int, ...], ...]
    medians_ms: tuple[float | None, ...]
    steps: tuple[LoadStep, ...]


@dataclass(frozen=True, slots=True)
class Slope:
    """A line over the number of connections: what each adds, its standard error, what none cost."""

    each: float
    error: float
    base: float


@dataclass(frozen=True, slots=True)
class CostPoint:
    """The connections that a server held in one trial, by the kernel's count, and its memory."""

    connections: int
    memory_mib: float | None
    doubted: bool


@dataclass(frozen=True, slots=True)
class Price:
    """What one more held connection costs a deployment in a scenario; None is not measured.

    Fitted over the trials of `points`: resident memory and threads of the server, the kernel's
    memory for both ends of the connection, that of Locust, and the server's CPU time a second for
    the requests that came over it.
    """

    scenario: str
    deployment: str
    points: tuple[CostPoint, ...]
    memory_kib: Slope | None
    threads: Slope | None
    kernel_kib: Slope | None
    load_kib: Slope | None
    cpu_ms: Slope | None


@dataclass(frozen=True, slots=True)
class WorkerSpread:
    """How the load of a cell spread over workers: shares of the whole, 1 / `workers` is even."""

    scenario: str
    deployment: str
    users: int
    workers: int
    connections: Spread | None
    """Of the worker with most of them."""
    busiest: Spread | None
    idlest: Spread | None
    """Of the requests, those of the worker that answered most, and fewest."""
    memory_mib: Spread | None
    """Of the whole server over its workers, shared pages counted once."""
    flagged: bool


@dataclass(frozen=True, slots=True)
class WorkerFamily:
    """Deployments of a scenario that differ in their number of workers alone, the fewest first.

    `workers` has that number by deployment; they are served by so many `cores`.
    """

    scenario: str
    cores: int
    workers: dict[str, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """All numbers that a report may show; with the sentences of report.narrate, summary.json.

    `alike` compares labels of one deployment with each other. `gates` has a row for every gate.
    `stopped` has a row for each scenario of each deployment that has a probe, `attainments` one for
    each scenario of each deployment that states an objective, `bridges` one for each interface and
    metric of each scenario that has both kinds of view under both. `frameworks` has one for each
    cell of a deployment that names its ground, `league` one for each server of a scenario where the
    plan compares several, `workers` one for each cell where a server has several, `families`
    one for each server of a scenario that is planned with several numbers of them, `predictions`
    one for each climb of which the CPU time at one load step predicts another, `lanes` and
    `heat_maps` one for each scenario of each deployment whose requests are there, `memory_uses`
    one for each climb whose memory was measured, `profiles` one for each that was profiled,
    `holdings` one for each deployment of each scenario whose load was searched.
    """

    run: str
    plan: str
    machine: dict[str, str]
    rounds: int
    samples: tuple[Sample, ...]
    comparisons: tuple[Comparison, ...]
    alike: tuple[Comparison, ...]
    gates: tuple[Tally, ...]
    timelines: tuple[Timeline, ...] = ()
    stopped: tuple[StopTally, ...] = ()
    prices: tuple[Price, ...] = ()
    attainments: tuple[Attainment, ...] = ()
    bridges: tuple[Bridge, ...] = ()
    frameworks: tuple[FrameworkCost, ...] = ()
    league: tuple[Standing, ...] = ()
    workers: tuple[WorkerSpread, ...] = ()
    families: tuple[WorkerFamily, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    lanes: tuple[Lanes, ...] = ()
    heat_maps: tuple[HeatMap, ...] = ()
    memory_uses: tuple[MemoryUse, ...] = ()
    profiles: tuple[CpuProfile, ...] = ()
    holdings: tuple[Holding, ...] = ()

    @property
    def scenarios(self) -> dict[str, Model]:
        """Return the load model of each scenario that has samples, in the order of the plan."""
        return {sample.scenario: sample.model for sample in self.samples}

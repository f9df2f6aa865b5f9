"""The nouns of the suite: frozen values, with no more behaviour than follows from their fields.

Everything above this module speaks in these words; see the table of nouns in docs/method.md.
Units stand in the names: `_ms`, `_s`, `_rps` (requests per second), `_mib`, `_share` (0 to 1).
"""

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Interface = Literal["wsgi", "asgi"]
Views = Literal["sync", "async"]
Setting = bool | int | float | str


class BenchError(Exception):
    """Tell the user in one line what is wrong, where, and what to do instead."""


def _sluggish(name: str) -> str:
    """Refuse names that could not stand in a file name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise ValueError("must consist of letters, digits, '-' and '_'")
    return name


def _rising(users: tuple[int, ...]) -> tuple[int, ...]:
    """Refuse a staircase that does not climb: a block can only add users."""
    if list(users) != sorted(set(users)):
        raise ValueError("must rise from step to step, without repeats")
    return users


Name = Annotated[str, AfterValidator(_sluggish)]


class PlanPart(BaseModel):
    """Refuse every key that is not a field, and every change after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Application(PlanPart):
    """What is under test: a folder, its two entry points and the path that says it can serve."""

    directory: Path
    wsgi: str | None = None
    asgi: str | None = None
    ready: Annotated[str, Field(pattern=r"^/")] = "/"
    ready_timeout_s: Annotated[float, Field(gt=0)] = 30
    python: Path | None = None
    environment: dict[str, str] = {}


class Deployment(PlanPart):
    """The application behind one server; `slots` is how many requests it can work on at once."""

    name: Name
    interface: Interface
    views: Views
    slots: Annotated[int, Field(gt=0)] | None = None
    command: Annotated[tuple[str, ...], Field(min_length=1)]
    environment: dict[str, str] = {}


class Load(PlanPart):
    """A closed staircase: plateaus of `users`, each settled, then measured."""

    users: Annotated[
        tuple[Annotated[int, Field(gt=0)], ...], Field(min_length=1), AfterValidator(_rising)
    ]
    settle_s: Annotated[float, Field(ge=0)]
    measure_s: Annotated[float, Field(gt=0)]
    tail_s: Annotated[float, Field(ge=0)] = 1
    """How long the requests in flight at the cut are waited for before they count as unanswered."""
    spawn_rate: Annotated[int, Field(gt=0)] = 1000
    """Users started a second while climbing; nothing is measured meanwhile."""


class Scenario(PlanPart):
    """How clients behave: a locustfile, its settings and, where it needs one, its own staircase."""

    name: Name
    locustfile: Path
    settings: dict[str, Setting] = {}
    load: Load | None = None

    def _milliseconds(self, name: str) -> float:
        value = self.settings.get(name, 0)
        return float(value) if isinstance(value, int | float) else 0.0

    @property
    def wait_ms(self) -> float:
        """D: how long every request is made to wait, 0 when the scenario does not say."""
        return self._milliseconds("wait_ms")

    @property
    def think_ms(self) -> float:
        """Z: the mean time a client thinks between two requests."""
        return self._milliseconds("think_ms")


class Upstream(PlanPart):
    """The service that the application calls: how its delays spread around what is asked for."""

    spread: Literal["constant", "lognormal"] = "constant"
    sigma: Annotated[float, Field(ge=0)] = 0.5
    seed: int = 1


class Plan(PlanPart):
    """One experiment: deployments x scenarios x loads x rounds, in an order drawn from a seed."""

    name: Name
    rounds: Annotated[int, Field(gt=0)] = 1
    seed: int = 1
    application: Application
    upstream: Upstream | None = None
    deployments: Annotated[tuple[Deployment, ...], Field(min_length=1)]
    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=1)]
    load: Load


@dataclass(frozen=True, slots=True)
class Trial:
    """One plateau of a block: the unit of measurement."""

    deployment: str
    interface: Interface
    views: Views
    slots: int | None
    scenario: str
    model: Literal["closed"]
    users: int
    rate_rps: float | None
    round: int

    @property
    def slug(self) -> str:
        """Name the trial, fit for a file name."""
        return f"{self.deployment}.{self.scenario}.r{self.round}.u{self.users}"


@dataclass(frozen=True, slots=True)
class Block:
    """One fresh server start and one staircase against it."""

    deployment: Deployment
    scenario: Scenario
    load: Load
    round: int

    @property
    def slug(self) -> str:
        """Name the block, fit for a folder name."""
        return f"{self.deployment.name}.{self.scenario.name}.r{self.round}"

    @property
    def trials(self) -> tuple[Trial, ...]:
        """List the block's plateaus from the lowest step up."""
        return tuple(self.trial(users) for users in self.load.users)

    def trial(self, users: int) -> Trial:
        """Give the trial of one step of the staircase."""
        server = self.deployment
        return Trial(
            deployment=server.name,
            interface=server.interface,
            views=server.views,
            slots=server.slots,
            scenario=self.scenario.name,
            model="closed",
            users=users,
            rate_rps=None,
            round=self.round,
        )


@dataclass(frozen=True, slots=True)
class Measurement:
    """The numbers of one trial; None means not measured. docs/method.md has a line for each."""

    measured_s: float | None = None
    requests: int | None = None
    errors: int | None = None
    error_share: float | None = None
    throughput_rps: float | None = None
    latency_mean_ms: float | None = None
    latency_p50_ms: float | None = None
    latency_p90_ms: float | None = None
    latency_p95_ms: float | None = None
    latency_p99_ms: float | None = None
    latency_p999_ms: float | None = None
    latency_max_ms: float | None = None
    queue_p50_ms: float | None = None
    queue_p99_ms: float | None = None
    connect_p99_ms: float | None = None
    connections_opened: int | None = None
    server_cpu_ms_per_request: float | None = None
    server_cpu_share: float | None = None
    server_rss_mib: float | None = None
    server_threads: int | None = None
    load_cpu_share: float | None = None
    load_lag_p99_ms: float | None = None
    steal_share: float | None = None
    little_residual: float | None = None
    listen_overflows: int | None = None


@dataclass(frozen=True, slots=True)
class Extra:
    """What trials.csv keeps beyond its fixed columns: what the gates and bounds were told."""

    plateau_s: float | None = None
    wait_ms: float | None = None
    think_ms: float | None = None
    latency_min_ms: float | None = None
    unanswered_share: float | None = None
    server_connections: int | None = None
    load_rss_mib: float | None = None
    swapped_mib: float | None = None
    error_kinds: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A gate that a trial failed, with the reason in words."""

    gate: str
    reason: str

    def __str__(self) -> str:
        return f"{self.gate}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Record:
    """What a run keeps of one trial: one row of trials.csv."""

    trial: Trial
    started: str
    measurement: Measurement
    extra: Extra
    doubts: tuple[Doubt, ...]

    @property
    def valid(self) -> bool:
        """Hold when no gate doubts the trial."""
        return not self.doubts


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle value over rounds with its lowest and highest: a range, not an interval."""

    median: float
    low: float
    high: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Sample:
    """The measurements of one cell (deployment x scenario x users) over the rounds.

    `metrics` is keyed by the fields of Measurement; a metric that no round measured is absent,
    and so is a far percentile (p99, p99.9) that not every measured round could tell.
    `per_round` has the same keys and one value per round of the plan, None where not measured.
    `rounds` counts the rounds with a measurement.
    `bound_rps` is the most that theory allows at this load, None where it cannot be told.
    `failed_rounds` counts the rounds in which this trial ended without a measurement.
    """

    scenario: str
    deployment: str
    interface: Interface
    views: Views
    slots: int | None
    users: int
    rounds: int
    failed_rounds: int
    metrics: dict[str, Spread]
    per_round: dict[str, tuple[float | None, ...]]
    bound_rps: float | None
    doubts: tuple[str, ...]

    @property
    def latency_at_least(self) -> bool:
        """Hold when requests were left unanswered, so that latencies are lower bounds."""
        return any(doubt.startswith("unanswered:") for doubt in self.doubts)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric of an ASGI deployment over that of a WSGI one, paired by round.

    `sign` is '>' or '<' where the whole range lies beyond the margin around 1, else '~'.
    """

    scenario: str
    users: int
    metric: str
    asgi: str
    wsgi: str
    ratio: Spread
    sign: Literal["<", "~", ">"]
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many measured trials one gate passed and how many it doubted; when it holds."""

    gate: str
    holds: str
    passed: int
    doubted: int


@dataclass(frozen=True, slots=True)
class Summary:
    """All that a report may say: the content of summary.json.

    `gates` has a row for every gate that each trial was put through.
    `answers` are plain sentences, the first is the headline; `limits` say what is not shown;
    `unequal` lists what is not the same on both sides; `holes` names what failed or is missing.
    """

    run: str
    plan: str
    machine: dict[str, str]
    rounds: int
    samples: tuple[Sample, ...]
    comparisons: tuple[Comparison, ...]
    gates: tuple[Tally, ...]
    answers: tuple[str, ...]
    limits: tuple[str, ...]
    unequal: tuple[str, ...]
    holes: tuple[str, ...]


METRICS: tuple[str, ...] = tuple(field.name for field in fields(Measurement))

"""The trial, the block whose load step it is, and the plateau that was measured."""

from dataclasses import dataclass, replace

from harness.core.plan import Deployment, Interface, Load, Model, Scenario, Views

# As many answers as tell a rate within 3 %, the margin of a comparison: 1 / sqrt(1,000).
MANY = 1_000


@dataclass(frozen=True, slots=True)
class CellKey:
    """What is the same in all rounds: a deployment under a scenario at a step of its load.

    `step` is as in Trial; None is the whole climb, or the one step of a check.
    """

    deployment: str
    scenario: str
    step: float | None = None

    @property
    def climb(self) -> "CellKey":
        """Return the climb that it is a step of."""
        return replace(self, step=None)

    def __str__(self) -> str:
        """Name its climb, as the files of a check do: uvicorn.wait."""
        return f"{self.deployment}.{self.scenario}"


@dataclass(frozen=True, slots=True)
class CellMetric:
    """A metric, by its name, of a cell."""

    name: str
    cell: CellKey

    def __str__(self) -> str:
        """Name it, as the files of a check do: uvicorn.wait.latency_p95_ms."""
        return f"{self.cell}.{self.name}"


@dataclass(frozen=True, slots=True)
class Trial:
    """One plateau of a block: the unit of measurement.

    Closed: `users` ask in turn. Open: `users` clients take arrivals at `rate_rps`, which is
    `fraction` of a capacity where the plan says so; None while that capacity is not known.
    """

    deployment: str
    interface: Interface
    views: Views | None
    slots: int | None
    scenario: str
    model: Model
    users: int
    rate_rps: float | None
    round: int
    fraction: float | None = None

    @property
    def step(self) -> float:
        """Return its step of the plan's load: users, rate or fraction."""
        return self.users if self.model == "closed" else self.fraction or self.rate_rps or 0

    @property
    def block(self) -> str:
        """Return the slug of its block."""
        return _block_slug(self.deployment, self.scenario, self.round)

    @property
    def cell(self) -> CellKey:
        """Return the cell that this is a round of."""
        return CellKey(self.deployment, self.scenario, self.step)

    @property
    def slug(self) -> str:
        """Return the trial's name, fit for a file name."""
        kind = "u" if self.model == "closed" else "f" if self.fraction else "q"
        step = 100 * self.step if self.fraction else self.step
        return f"{self.block}.{kind}{step:.10g}"


@dataclass(frozen=True, slots=True)
class Block:
    """One fresh server start and one staircase against it."""

    deployment: Deployment
    scenario: Scenario
    load: Load
    round: int

    @property
    def climb(self) -> CellKey:
        """Return what it is a round of."""
        return CellKey(self.deployment.name, self.scenario.name)

    @property
    def slug(self) -> str:
        """Return the block's name, fit for a folder name."""
        return _block_slug(self.deployment.name, self.scenario.name, self.round)

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Return the block's trials from the lowest step up."""
        load = self.load
        nothing = (None,) * len(load.steps)
        return tuple(
            self._trial(*step)
            for step in zip(
                load.users or (load.clients,) * len(nothing),
                load.rates_rps or nothing,
                load.fractions or nothing,
                strict=True,
            )
        )

    @property
    def open_s(self) -> float:
        """Return how long its longest load step is measured, in seconds."""
        return max(map(self.step_s, self.load.steps))

    def step_s(self, step: float) -> float:
        """Return how long a load step is measured, in seconds: closed, until it tells a rate.

        Locust decides it so, see loadtests/_staircase.py: one request is to be expected, and each
        slot or user answers once, unless MANY answers come in less than the wait.
        """
        load, scenario = self.load, self.scenario
        if load.model == "open":
            return load.measure_s
        answering = min(step, self.deployment.slots or step)
        phases_s = scenario.wait_ms / 1000 * min(1, MANY / answering)
        return max(load.measure_s, scenario.cycle_s / step, phases_s)

    @property
    def longest_s(self) -> float:
        """Return how long a load step may take once all its users run, in seconds."""
        load = self.load
        settle_s = max(load.settle_s, load.settle_most_s)
        first_answers_s = max(settle_s, load.tail_s)  # of the ramp, and of who paused before
        return 2 * first_answers_s + self.open_s + load.tail_s

    def at(self, capacity_rps: float) -> "Block":
        """Return the block with its fractions of a capacity turned into rates."""
        rates = tuple(fraction * capacity_rps for fraction in self.load.fractions)
        return replace(self, load=self.load.model_copy(update={"rates_rps": rates}))

    def _trial(self, users: int, rate_rps: float | None, fraction: float | None) -> Trial:
        server = self.deployment
        return Trial(
            deployment=server.name,
            interface=server.interface,
            views=server.views,
            slots=server.slots,
            scenario=self.scenario.name,
            model=self.load.model,
            users=users,
            rate_rps=rate_rps,
            round=self.round,
            fraction=fraction,
        )


Raised = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Plateau:
    """When one plateau was what: a line that loadtests/_staircase.py writes, with these fields.

    Times are seconds since the epoch. Where several processes ran the users, counts and lists are
    those of all. tests/loadtests/test_contract.py holds fields and lines together.
    """

    users: int
    """How many clients ran: in an open loop they took arrivals at `rate_rps`."""
    ramped: float
    """When all users ran, and began to settle."""
    opened: float
    """From then on it is measured."""
    closed: float
    """Up to then it is measured."""
    ended: float
    """Up to then late answers were waited for."""
    answered: int
    """Locust's own count of requests that ended between `opened` and `closed`."""
    pausing: tuple[float, ...]
    """Since when each user paused that did at the close."""
    unanswered: tuple[float, ...]
    """When each request was sent (open: due) that was not answered at both the close and the end;
    those sent stand first."""
    lag_p99_ms: float
    """How late Locust woke up, 99th percentile; of several processes the worst."""
    drift: float | None = 0.0
    """The share by which it still moved; None where all users asked at once."""
    thought_ms: tuple[float, ...] = ()
    """The pauses before those of the unanswered that were sent."""
    silent: int = 0
    """How many users were connected and meant to ask nothing."""
    rate_rps: float | None = None
    """Open: the rate of arrivals."""
    own: tuple[tuple[float, float], ...] = ()
    """From when to when users that asked nothing at the close had run their own code."""
    own_ms: tuple[float, ...] = ()
    """The same before each of the unanswered that were sent."""
    occupied: tuple[float | None, ...] = ()
    """Since when each of these accounts for its user's time; None where another one does."""
    tasks: int = 0
    """How many tasks began between `opened` and `closed`."""
    raised: tuple[Raised, ...] = ()
    """What left tasks in that time: exception, task and how often, the most frequent first."""
    left: tuple[Raised, ...] = ()
    """By what users have ended since they were started, without being asked to: likewise."""
    unread: int = 0
    """How many streams were left before they ended, in that time."""
    packets_lost: int | None = None
    """How many packets of QUIC the clients sent in that time and lost; None without QUIC."""
    unready: int = 0
    """How many users had no first answer when it opened, though they asked while it settled."""
    grew: bool = False
    """Whether it closed early, as requests in flight and latency grew beyond the load's limit."""
    server_log_bytes: int = 0
    """How much the server's log held when it ended; 0 where Locust was not given it."""


def _block_slug(deployment: str, scenario: str, number: int) -> str:
    return f"{deployment}.{scenario}.r{number}"

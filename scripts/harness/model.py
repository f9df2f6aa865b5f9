"""The nouns of the suite: frozen values, with no more behaviour than follows from their fields.

Everything above this module speaks in these words; see the table of nouns in docs/method.md.
Units stand in the names: `_ms`, `_s`, `_rps` (requests per second), `_mib`, `_share` (0 to 1).
"""

import re
from dataclasses import dataclass
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

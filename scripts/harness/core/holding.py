"""How much load a deployment holds: what a search came to, with the trials that say so."""

from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

from harness.core.plan import Interface, Model, Objective


class Outcome(StrEnum):
    """What a trial says of its load: the objective was met, it was missed, or it says nothing."""

    MET = "met"
    MISSED = "missed"
    VOID = "void"


class Limit(StrEnum):
    """What ended the search upwards."""

    OBJECTIVE = "objective"
    """A higher load missed the objective."""
    HIGHEST = "highest"
    """No higher load was allowed."""
    FLAGS = "flags"
    """No trial of a higher load could be trusted."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much load a deployment holds, with an interval of 95 %.

    `load` is the estimate, None where no load was held. `high` is None, and `load` and `low` the
    highest that was met, where the search did not get to a load that missed: it may hold more.
    `confirmed` where both ends of the bracket have as many trials that agree as they need.
    """

    load: float | None
    low: float | None
    high: float | None
    limit: Limit
    confirmed: bool
    trials: int

    @property
    def at_least(self) -> bool:
        """Return whether it may hold more."""
        return self.load is not None and self.high is None


@dataclass(frozen=True, slots=True)
class SearchTrial:
    """One trial of a search: what it says of its load, and what was measured in it.

    `latencies_ms` has each percentile that the objective limits, keyed by its metric; None is not
    measured, as for the others. `flags` has each gate that it failed, with the reason.
    """

    load: float
    outcome: Outcome
    hint: float | None
    latencies_ms: dict[str, float | None]
    cpu_ms: float | None
    """CPU time of the server for each request."""
    memory_mib: float | None
    """PSS of the server after the load step."""
    flags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """How much a deployment holds under a scenario, within its objective.

    The load of a closed model is users, of an open one arrivals in requests per second. `wait_ms`
    is D of its requests, None where the plan does not say.
    """

    scenario: str
    deployment: str
    interface: Interface
    slots: int | None
    model: Model
    objective: Objective
    wait_ms: float | None
    capacity: Capacity
    trials: tuple[SearchTrial, ...]

    def outcomes(self, outcome: Outcome) -> tuple[SearchTrial, ...]:
        """Return the trials of one outcome, in the order in which they took place."""
        return tuple(trial for trial in self.trials if trial.outcome is outcome)

    @property
    def at_the_limit(self) -> tuple[SearchTrial, ...]:
        """Return the trials of the highest load that met the objective and never missed it."""
        missed = {trial.load for trial in self.outcomes(Outcome.MISSED)}
        met = [trial for trial in self.outcomes(Outcome.MET) if trial.load not in missed]
        highest = max((trial.load for trial in met), default=0.0)
        return tuple(trial for trial in met if trial.load == highest)

    @property
    def cpu_ms(self) -> float | None:
        """Return the mean CPU time of a request at the limit."""
        return _mean([trial.cpu_ms for trial in self.at_the_limit])

    @property
    def memory_mib(self) -> float | None:
        """Return the mean memory of the server at the limit."""
        return _mean([trial.memory_mib for trial in self.at_the_limit])


def _mean(values: list[float | None]) -> float | None:
    measured = [value for value in values if value is not None]
    return fmean(measured) if measured else None

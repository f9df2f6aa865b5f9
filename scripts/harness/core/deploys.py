"""What happened to a server under load, and what became of the requests of that time. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from harness.core.plan import Event
from harness.core.trial import Block


@dataclass(frozen=True, slots=True)
class Case:
    """One event against a fresh start of one server."""

    block: Block
    event: Event

    @property
    def key(self) -> tuple[str, str, str]:
        """Return scenario, deployment and event by name: no two cases of a plan share them."""
        return self.block.scenario.name, self.block.deployment.name, self.event.name


@dataclass(frozen=True, slots=True)
class Executions:
    """How often the server began, and ended, the request of each number."""

    begun: Mapping[int, int]
    ended: Mapping[int, int]


def executions(notes: str) -> Executions:
    """Return what the lines of app/workloads/numbered.py come to."""
    begun: Counter[int] = Counter()
    ended: Counter[int] = Counter()
    for line in notes.splitlines():
        what, number, _ = line.split()
        (begun if what == "began" else ended)[int(number)] += 1
    return Executions(begun, ended)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as it took place; times are in seconds since the epoch."""

    workers: frozenset[int]
    """The processes of the server before it."""
    at_s: float | None = None
    """When the signal was sent; None where workers end by themselves."""
    stopped_s: float | None = None
    """When the whole server had ended, and was started again; None where it went on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the requests of a load step with an event in its middle.

    `asked` = `before`, which ended before the event, + `answered`, late ones among them, + `lost`.
    """

    scenario: str
    deployment: str
    event: str
    asked: int
    before: int
    spoilt_before: int
    """Of those before it: lost or late, which is the load's or the server's doing, not its."""
    answered: int
    late: int
    """Answered, but not within the objective, counted from when the request was due."""
    refused: int
    """Lost, as no connection could be made."""
    cut: int
    """Lost, as the connection closed before the answer was complete."""
    by_status: int
    """Lost, as the answer was an error."""
    otherwise: int
    """Lost in any other way, a wrong body for instance."""
    unanswered: int
    """Lost, as no answer came before the end of the drain."""
    lost_begun: int
    """Of the lost: the application had begun to work on them."""
    lost_ended: int
    """Of the lost: the application had answered, and the answer did not arrive."""
    in_flight: int
    """Sent before the event and not answered by then."""
    in_flight_lost: int
    twice: int
    """Executed more than once."""
    gap_before_ms: float
    gap_ms: float
    """The longest time without a good answer: before the event, and from then on."""
    took_over_s: float | None
    """From the event to the first answer of a new process; None where none came."""
    stopped_s: float | None
    """From the event to the end of the whole server, after which it was started again."""
    reopened: int | None
    """Connections opened after the event; None where the server keeps none."""
    astray: int
    """Requests that client and server do not agree on: 0, or else a count is wrong."""
    lag_p99_ms: float
    """How late Locust woke up, 99th percentile."""

    @property
    def lost(self) -> int:
        """Return how many requests got no good answer, of those that did not end before it."""
        return self.refused + self.cut + self.by_status + self.otherwise + self.unanswered

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what it is the outcome of: the key of its case."""
        return self.scenario, self.deployment, self.event

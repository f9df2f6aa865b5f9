"""The gates by name, and what a failed one leaves: doubts of a trial, a cell and a comparison.

harness.measure.gates has the tests behind the names; harness.report words the doubts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

SEPARATOR = "; "


class GateName(StrEnum):
    """Every gate, by the name that trials.csv, turns.csv and the report have for it."""

    ERRORS = "errors"
    TASKS = "tasks"
    FLOOR = "floor"
    LITTLE = "little"
    CONSERVATION = "conservation"
    GENERATOR = "generator"
    ENVELOPE = "envelope"
    ARRIVALS = "arrivals"
    STEADY = "steady"
    UNANSWERED = "unanswered"
    KERNEL = "kernel"
    HOST = "host"
    CLOCKS = "clocks"

    FAILED = "failed"
    """No gate was tested: the block ended before the trial was measured."""
    UNKNOWN = "unknown"
    """A gate of another version of this suite, whose name stands in the reason."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A gate that a trial failed, with the reason in words."""

    gate: GateName
    reason: str

    def __str__(self) -> str:
        """Return the doubt as the files of runs and checks have it: `gate: reason`."""
        return f"{self.gate}: {self.reason}"

    @classmethod
    def parse(cls, text: str) -> "Doubt":
        """Return the doubt of a file's `gate: reason`; an unknown gate stays in the reason."""
        name, _, reason = text.partition(": ")
        try:
            return cls(GateName(name), reason)
        except ValueError:
            return cls(GateName.UNKNOWN, text)


def as_text(doubts: Iterable[Doubt]) -> str:
    """Return doubts as one cell of a CSV file; no reason has the separator."""
    return SEPARATOR.join(map(str, doubts))


def from_text(text: str) -> tuple[Doubt, ...]:
    """Return the doubts in one cell of a CSV file; none where it is empty."""
    return tuple(Doubt.parse(doubt) for doubt in text.split(SEPARATOR) if doubt)


@dataclass(frozen=True, slots=True)
class CellDoubt:
    """A gate that a cell failed, with a reason for each of its `rounds` that failed it."""

    gate: GateName
    reasons: tuple[str, ...]
    rounds: int


@dataclass(frozen=True, slots=True)
class SideDoubt:
    """A gate that a deployment, one side of a comparison, failed in any round."""

    deployment: str
    gate: GateName

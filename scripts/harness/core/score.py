"""What was noticed of a fault that was put in on purpose: a row of the mutation score. Pure."""

from dataclasses import dataclass
from typing import Literal

Place = Literal["application", "load generator", "machine", "rows", "simulated turns"]


@dataclass(frozen=True, slots=True)
class Score:
    """In how many of its tries a fault was noticed, and how often equal sides alarmed for nothing.

    `judge` is what had to notice it, `by` what did, mostly. `inconclusive` tries named it without
    a verdict. A fault that both sides have cannot be noticed: it has no tries.
    """

    fault: str
    place: Place
    judge: str
    tries: int
    noticed: int
    inconclusive: int
    equal: int
    false_alarms: int
    by: str

    @property
    def is_noticed(self) -> bool:
        """Return whether most tries noticed it."""
        return 2 * self.noticed > self.tries

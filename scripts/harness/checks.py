"""The regression check as a value: what changed from BASE to HEAD, and what that comes to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.instructions import InstructionChange
from harness.paired import Change, Verdict
from harness.repeatability import Repeat


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict of a whole check and the status it exits with."""

    verdict: Verdict
    status: Literal[0, 1, 2, 3]
    reason: str


@dataclass(frozen=True, slots=True)
class Check:
    """HEAD judged against BASE; all documents are written from this and say no more.

    `repeatability` has BASE against itself, for the reader's eye: it decides nothing.
    """

    base: str
    head: str
    machine: Mapping[str, str]
    changes: tuple[Change, ...]
    instructions: tuple[InstructionChange, ...] = ()
    repeatability: tuple[Repeat, ...] = ()
    notes: tuple[str, ...] = ()
    strict: bool = False
    outcome: Outcome = field(init=False)

    def __post_init__(self) -> None:
        """Sum up once, from what the check holds."""
        verdicts = named_verdicts(self.changes, self.instructions)
        object.__setattr__(self, "outcome", overall(verdicts, self.strict))


def named_verdicts(
    changes: Iterable[Change], instructions: Iterable[InstructionChange]
) -> dict[str, Verdict]:
    """Give what was said of each metric and of each count."""
    verdicts: dict[str, Verdict] = {change.metric: change.verdict for change in changes}
    return verdicts | {count.name: count.verdict for count in instructions}


def overall(verdicts: Mapping[str, Verdict], strict: bool = False) -> Outcome:
    """Sum up named verdicts: one regression fails, a missing metric never passes.

    Status 0 no regression, 1 regression, 2 a metric is missing, 3 undecided and strict.
    """

    def named(verdict: Verdict) -> str:
        return ", ".join(name for name, found in verdicts.items() if found == verdict)

    if regressed := named("regressed"):
        return Outcome("regressed", 1, f"regressed: {regressed}")
    if (missing := named("missing")) or not verdicts:
        return Outcome("missing", 2, f"not measured: {missing or 'anything'}")
    if undecided := named("undecided"):
        reason = f"no regression seen, but undecided: {undecided}"
        return Outcome("undecided", 3 if strict else 0, reason)
    if improved := named("improved"):
        return Outcome("improved", 0, f"improved: {improved}; nothing regressed")
    return Outcome("unchanged", 0, "unchanged: every metric is within its margin of BASE")

"""The regression check as a value: what changed from BASE to HEAD, and what that comes to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from harness.checks.instructions import InstructionChange
from harness.checks.judge import Change, Verdict
from harness.checks.metric import judged, size
from harness.checks.self_comparison import Repeat
from harness.core.trial import CellMetric

CPU_TIME = "server_cpu_ms_per_request"


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
        outcome = summed_up(self.changes, self.instructions, self.strict)
        object.__setattr__(self, "outcome", outcome)


def summed_up(
    changes: Iterable[Change], instructions: Iterable[InstructionChange], strict: bool = False
) -> Outcome:
    """Sum up a check: one regression fails, a missing metric never passes.

    What is too blind to call unchanged leaves the check decided by the others, and is named.
    CPU time that stays undecided leaves it decided where the instructions of the same cell were
    counted and are unchanged: docs/decisions/0009.
    """
    of_cells, counts = tuple(changes), tuple(instructions)
    unchanged = [cell for count in counts if count.verdict == "unchanged" for cell in count.cells]
    counted = [CellMetric(CPU_TIME, cell) for cell in unchanged]
    blind = [change for change in of_cells if change.blind and change.metric not in counted]
    verdicts: dict[CellMetric | str, Verdict] = {
        c.metric: c.verdict for c in of_cells if not c.blind
    }
    verdicts |= {count.name: count.verdict for count in counts}
    beside = [name for name in counted if verdicts.get(name) == "undecided"]
    summed = overall({n: v for n, v in verdicts.items() if n not in beside}, strict)
    reason = summed.reason
    if beside and summed.verdict in ("improved", "unchanged"):
        reason += f"; undecided, though of unchanged instructions: {', '.join(map(str, beside))}"
    if blind and summed.verdict != "regressed":
        reason += f"; cannot see: {', '.join(map(_unseen, blind))}"
    return replace(summed, reason=reason)


def _unseen(change: Change) -> str:
    """Name a metric with the change that would have gone unseen."""
    seen = size(change.smallest_seen or 0.0, judged(change.metric))
    return f"{change.metric} (less than {seen})"


def overall(verdicts: Mapping[CellMetric | str, Verdict], strict: bool = False) -> Outcome:
    """Sum up named verdicts.

    Status 0 no regression, 1 regression, 2 a metric is missing, 3 undecided and strict.
    """

    def named(verdict: Verdict) -> str:
        return ", ".join(str(name) for name, found in verdicts.items() if found == verdict)

    if regressed := named("regressed"):
        return Outcome("regressed", 1, f"regressed: {regressed}")
    if (missing := named("missing")) or not verdicts:
        return Outcome("missing", 2, f"not measured: {missing or 'anything'}")
    if undecided := named("undecided"):
        reason = f"no regression seen, but undecided: {undecided}"
        return Outcome("undecided", 3 if strict else 0, reason)
    if improved := named("improved"):
        return Outcome("improved", 0, f"improved: {improved}; nothing regressed")
    return Outcome("unchanged", 0, "unchanged: every metric is within its bounds of BASE")

"""Phrases that several sentences of a report share: loads, bounds, flags, verdicts. Pure.

Files keep `doubt` and `undecided`; readers see `flagged` and `inconclusive`. Both stand here.
"""

from collections.abc import Callable, Sequence

from harness.checks.judge import Change, Verdict
from harness.checks.metric import judged, moved
from harness.core import units
from harness.core.gate import CellDoubt, SideDoubt
from harness.core.labels import clients
from harness.core.statistics import MARGIN, kind
from harness.core.summary import Sample, Spread
from harness.runs.compare import Stretch
from harness.runs.leaders import Leader

MARGIN_TEXT = units.threshold(MARGIN)

VERDICTS: dict[Verdict, str] = {
    "improved": "improved",
    "unchanged": "unchanged",
    "regressed": "regressed",
    "undecided": "inconclusive",
    "missing": "missing",
}
"""The verdict of a check as a reader sees it, keyed by the value in its files."""

KEY = "hollow = flagged, x = failed, ~ = inconclusive, ≥ = at least"
"""What the marks of charts and tables mean."""


def where(stretch: Stretch, levels: Sequence[int], every: str = "every") -> str:
    """Return at which loads of the staircase a stretch lies: at 64 clients and above.

    `every` names all loads at once: "any" reads better after a negation.
    """
    first = stretch.steps[0].users
    last = stretch.steps[-1].users
    if first == last:
        return f"at {clients(first)}"
    if (first, last) == (levels[0], levels[-1]):
        return f"at {every} load from {units.count(first)} to {clients(last)}"
    if last == levels[-1]:
        return f"at {clients(first)} and above"
    if first == levels[0]:
        return f"at {clients(last)} and below"
    return f"from {units.count(first)} to {clients(last)}"


def label(best: Leader) -> str:
    """Return the best deployment of an interface, and which others are level with it."""
    level = f", level with {' and '.join(best.level)}" if best.level else ""
    return f"{best.sample.deployment} ({best.sample.interface.upper()}{level})"


def per_slot(sample: Sample) -> str:
    """Return how many users share a slot: 4 users per slot, no limit of slots."""
    if sample.users_per_slot is None:
        return "no limit of slots"
    number = units.quotient(sample.users_per_slot)
    return f"{number} {'user' if number == '1' else 'users'} per slot"


def share_in_time(sample: Sample) -> str:
    """Return the share served in time: 82.5%, over several rounds 59.3% to 90.1%."""
    shares = [f"{100 * s:.1f}%" for s in sorted(s for s in sample.served_by_round if s is not None)]
    if not shares:
        return ""
    return shares[0] if shares[0] == shares[-1] else f"{shares[0]} to {shares[-1]}"


def over(rounds: int) -> str:
    """Return what is shown of so many rounds: median and range of 3 rounds."""
    if rounds == 1:
        return "1 round"
    summary = {"range": "median and range", "interval": "mean and 95% interval"}[kind(rounds)]
    return f"{summary} of {rounds} rounds"


def bounds(ratio: Spread, text: Callable[[float], str] = units.factor) -> str:
    """Return the bounds of a ratio and what they are: 95% interval 2.9 to 3.3 over 5 rounds."""
    if ratio.rounds == 1:
        return "one round"
    return f"{ratio.kind_name} {text(ratio.low)} to {text(ratio.high)} over {ratio.rounds} rounds"


def flag_reason(doubt: CellDoubt) -> str:
    """Return which gate a cell failed, why, in how many rounds; of several reasons the first."""
    example = "" if len(set(doubt.reasons)) == 1 else "e.g. "
    failures = len(doubt.reasons)
    rounds = "round" if doubt.rounds == 1 else "rounds"
    return f"{doubt.gate}: {example}{doubt.reasons[0]} ({failures} of {doubt.rounds} {rounds})"


def flag(doubts: Sequence[CellDoubt | SideDoubt]) -> str:
    """Return the mark of a number in a sentence that rests on flagged trials."""
    return ", flagged" if doubts else ""


def marked(text: str, flagged: bool, inconclusive: bool = False) -> str:
    """Return a number of a table with its marks: ○ ~ 0.99."""
    return f"{'○ ' if flagged else ''}{'~ ' if inconclusive else ''}{text}"


def move(change: Change, effect: float | None) -> str:
    """Return an effect as a change against BASE, in the unit of its metric; nothing for None."""
    return "" if effect is None else moved(effect, judged(change.metric))


def interval(change: Change) -> str:
    """Return the 95% interval of a change: +4.0% to +6.0%; nothing where it has none."""
    if change.low is None or change.high is None:
        return ""
    return f"{move(change, change.low)} to {move(change, change.high)}"


NO_VERDICT = (
    "This is a trend, not a verdict: what differs between two runs, hours or machines apart, hides "
    "small changes. For a verdict, which serves both sides at once: make check BASE=ref"
)

"""Phrases that several sentences of a report share: loads, bounds, doubts. Pure."""

from collections.abc import Sequence

from harness.core import units
from harness.core.gate import CellDoubt, SideDoubt
from harness.core.labels import clients
from harness.core.statistics import kind
from harness.core.summary import Spread
from harness.runs.compare import Stretch


def where(stretch: Stretch, levels: Sequence[int]) -> str:
    """Say at which loads of the staircase a stretch lies: from 64 clients on."""
    first, last = stretch.steps[0].users, stretch.steps[-1].users
    if first == last:
        return f"at {clients(first)}"
    if (first, last) == (levels[0], levels[-1]):
        return f"at every load from {units.count(first)} to {clients(last)}"
    if last == levels[-1]:
        return f"from {clients(first)} on"
    if first == levels[0]:
        return f"at {clients(last)} and fewer"
    return f"from {units.count(first)} to {clients(last)}"


def over(rounds: int) -> str:
    """Say what is shown of so many rounds: median and range of 3 rounds."""
    if rounds == 1:
        return "1 round"
    shown = {"range": "median and range", "interval": "mean and 95% interval"}[kind(rounds)]
    return f"{shown} of {rounds} rounds"


def bounds(ratio: Spread) -> str:
    """Print the bounds of a ratio and what they are: 95% interval 2.9 to 3.3 over 5 rounds."""
    if ratio.rounds == 1:
        return "one round"
    low, high = units.factor(ratio.low), units.factor(ratio.high)
    return f"{ratio.kind_name} {low} to {high} over {ratio.rounds} rounds"


def doubt(of: CellDoubt) -> str:
    """Say which gate a cell failed, why, and in how many rounds; of several reasons the first."""
    example = "" if len(set(of.reasons)) == 1 else "e.g. "
    return f"{of.gate}: {example}{of.reasons[0]} ({len(of.reasons)} of {of.rounds} rounds)"


def doubted(doubts: Sequence[CellDoubt | SideDoubt]) -> str:
    """Mark a number in a sentence that rests on doubted trials."""
    return ", doubted" if doubts else ""


# Simulated: what lies between two runs on a shared machine hides what is smaller than that.
NO_VERDICT = (
    "This is a trend and no verdict: what is stored sees changes of 11 to 27% at best, a paired "
    "check those of 1.9%; for a verdict: make check BASE=ref"
)

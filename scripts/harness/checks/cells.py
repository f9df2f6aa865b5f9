"""All cells of a check together: what they came to, and what flags do to a verdict. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.checks.judge import MIN_SHARE, Change, Side, Verdict, judge
from harness.checks.metric import judged
from harness.checks.self_comparison import Repeat, repeat
from harness.checks.starts import GATE, Quotient, Start, failures, of, sides
from harness.checks.turn import PAIRS_PER_START
from harness.core.gate import GateName
from harness.core.statistics import MARGIN
from harness.core.trial import CellKey, CellMetric

# The service did not do its work, or the machine was not ours: nothing measured holds.
TAINTING_ALL = (GateName.ERRORS, GateName.HOST)

# What no gate may leave undecided: who fails, loses or reopens is counted whatever the clocks say.
ALWAYS_COUNTED = (
    "error_share",
    "unanswered_share",
    "connections_per_request",
    "dropped_per_request",
)

THROUGHPUT = "throughput_rps"

Starts = Mapping[CellKey, Sequence[Start]]
"""The starts of each cell, at the highest step of its climb."""


def quotients(
    starts: Starts, objectives: Mapping[CellKey, float | None] | None = None
) -> tuple[Side, Side]:
    """Set out what either side came to, per metric of each cell."""
    base: dict[CellMetric, Sequence[Quotient | None]] = {}
    head: dict[CellMetric, Sequence[Quotient | None]] = {}
    for cell, taken in starts.items():
        both = sides(taken, (objectives or {}).get(cell))
        for whole, side in zip((base, head), both, strict=True):
            whole |= {CellMetric(name, cell): values for name, values in side.items()}
    return base, head


def verdicts(
    starts: Starts, counts: tuple[Side, Side], at: Sequence[int], margin: float = MARGIN
) -> tuple[Change, ...]:
    """Judge every metric of every cell that can be; what BASE's own flags taint is undecided."""
    base, head = counts
    names = [name for name in base if _measurable(name, base[name], head[name])]
    changes = judge(base, head, names, at, margin, PAIRS_PER_START)
    by_metric = {change.metric: change.verdict for change in changes}
    return tuple(_excused(_tainted(change, starts), by_metric) for change in changes)


def notes(starts: Starts, counts: tuple[Side, Side]) -> tuple[str, ...]:
    """Say what could not be judged, and what was flagged, if only in few turns."""
    base, head = counts
    lacking = [name for name in base if not _measurable(name, base[name], head[name])]
    said = [f"{name} is not judged: the turns have too few requests for it" for name in lacking]
    for cell, taken in starts.items():
        for role in ("base", "head"):
            turns = [turn for start in taken for turn in of(start, role)]
            said += [
                f"{cell}: {count} of {len(turns)} turns of {role.upper()} are flagged, first by "
                f"{doubt}"
                for count, doubt in failures(turns).values()
            ]
    return tuple(said)


def repeats(base: Side, share: float, seed: int) -> tuple[Repeat, ...]:
    """Compare BASE with itself in every metric of every cell that can be."""
    compared = (repeat(name, counted, share, seed) for name, counted in base.items())
    return tuple(each for each in compared if each)


def _measurable(name: CellMetric, base: Sequence[object], head: Sequence[object]) -> bool:
    """Hold unless turns are too short for the tail, which is not a loss to blame HEAD for.

    A HEAD that answers too few requests for it has lost its throughput, which is judged.
    """
    both = sum(None not in pair for pair in zip(base, head, strict=True))
    return not judged(name).of_many or both >= MIN_SHARE * len(base)


def _tainted(change: Change, starts: Starts) -> Change:
    """Let nothing be decided by turns that BASE is flagged for too: by the machine, or the plan.

    What only HEAD fails is a finding about HEAD, and leaves all else as it was measured.
    """
    turns = [turn for start in starts[change.metric.cell] for turn in of(start, "base")]
    for gate, (count, doubt) in failures(turns).items():
        too_often = len(turns) - count < MIN_SHARE * len(turns)
        if too_often and _taints(gate, change.metric) and change.verdict != "missing":
            reason = f"{count} of {len(turns)} turns of BASE are flagged, first by {doubt}"
            return replace(change, verdict="undecided", more_pairs=None, blind=False, reason=reason)
    return change


def _taints(gate: GateName, metric: CellMetric) -> bool:
    """Tell whether a gate that BASE fails says anything of a metric.

    The server's CPU time and memory are the kernel's word, which a generator that wakes up late
    does not change.
    """
    if metric.name in ALWAYS_COUNTED or metric.name.startswith(GATE):
        return False
    return judged(metric).entry.timed or gate in TAINTING_ALL


def _excused(change: Change, by_metric: Mapping[CellMetric, Verdict]) -> Change:
    """Let no HEAD be blamed for a generator that it keeps busier by answering more."""
    faster = by_metric.get(CellMetric(THROUGHPUT, change.metric.cell)) == "improved"
    generator = change.metric.name == f"{GATE}{GateName.GENERATOR}"
    if not (generator and faster and change.verdict == "regressed"):
        return change
    reason = "HEAD answers more than the generator can time; plan fewer users"
    return replace(change, verdict="undecided", more_pairs=None, reason=reason)

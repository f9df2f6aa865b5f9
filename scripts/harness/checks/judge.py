"""Judge HEAD against BASE from their starts: improved, unchanged, regressed or undecided.

Pure functions: values in, values out. docs/decisions/0007 has the rule, and how often it is right.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, exp, isfinite
from typing import Literal

import numpy as np
import numpy.typing as npt

from harness.checks.metric import Judged, Scale, judged, moved, size
from harness.checks.sequential import (
    Estimate,
    Flags,
    Quotients,
    difference,
    holm,
    looks,
    spent,
    total,
    typical,
)
from harness.checks.starts import Quotient
from harness.core.statistics import CONFIDENCE, MARGIN, Floats
from harness.core.trial import CellMetric
from harness.core.units import threshold

Side = Mapping[CellMetric, Sequence[Quotient | None]]
"""What one side came to: for each metric a quotient for each start, None where there is none."""

Verdict = Literal["improved", "unchanged", "regressed", "undecided", "missing"]

# False claims in one check, over all its metrics and looks: 1% of checks of equal sides may call
# one regressed, 1% improved.
ALPHA = 0.02

# A change is claimed where it is, with 95% confidence, more than this share of the margin; and by
# the estimate more than all of it. So a change of that share is called one in 1 check of 40.
SURE_OF = 0.75

# A change that is seen with 80% lies this many standard errors beyond what is needed.
POWER_Z = 0.8416

# A metric that lacks in more than a fifth of the starts lacks for a reason: the rest would be
# chosen by what they measure.
MIN_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one metric: HEAD / BASE, or HEAD - BASE where the scale is a difference.

    `low` and `high` bound it with 95% confidence over all looks. `base` and `head` are what either
    side came to by the same estimate: head = base x ratio, or base + ratio. `smallest_seen` is the
    change that these starts would have called regressed four times in five. `more_pairs` would
    decide what is undecided, if nothing moves; where `blind`, no more of them within the plan would
    let the metric see a change of a tenth. `margin` is the change from which on it is one.
    """

    metric: CellMetric
    verdict: Verdict
    ratio: float | None
    low: float | None
    high: float | None
    pairs: int
    smallest_seen: float | None
    more_pairs: int | None
    reason: str
    scale: Scale = "ratio"
    base: float | None = None
    head: float | None = None
    margin: float = MARGIN
    starts: int = 0
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Budget:
    """A look after so many starts: what it may spend of the error allowed, and what the last may.

    Each start gave so many `pairs`. A change is claimed where it is surely more than `sure_of` of
    its margin.
    """

    starts: int
    at: tuple[int, ...]
    margin: float = MARGIN
    pairs: int = 1
    sure_of: float = SURE_OF

    @property
    def share(self) -> float:
        """Return the share of the error that this look may spend."""
        return spent(self.starts, self.at)

    @property
    def last_share(self) -> float:
        """Return the share of the error that is left for the last look."""
        return spent(self.at[-1], self.at)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a look makes of estimates; the first axis runs over metrics, the others over checks."""

    verdicts: npt.NDArray[np.str_]
    blind: Flags
    levels: Floats
    halves: Floats
    seen: Floats

    @property
    def done(self) -> Flags:
        """Tell for each check whether more starts could not change what it says."""
        open_ = (self.verdicts == "undecided") & ~self.blind
        return np.asarray((self.verdicts == "regressed").any(axis=0) | ~open_.any(axis=0))


def estimated(kind: Judged, base: Quotients, head: Quotients) -> Estimate:
    """Estimate what became of a metric, by the way that it is judged."""
    if kind.by == "difference":
        return difference(base, head)
    return (total if kind.by == "total" else typical)(base, head, kind.least)


def decide(kinds: Sequence[Judged], estimates: Sequence[Estimate], budget: Budget) -> Decisions:
    """Decide all metrics of a check, or of many checks that are alike.

    Regressed (or improved) is a metric whose estimate lies beyond the margin, where Holm's
    procedure (1979) over all metrics that moved at all rejects "no change" and the near end of the
    interval lies beyond most of the margin. Unchanged is one whose interval lies within two, and
    that would have seen a change of a tenth.
    """
    chances = np.stack([each.chance for each in estimates])
    middles = np.stack([each.middle for each in estimates])
    moved_at_all = (chances < 1).sum(axis=0)
    levels = holm(chances, ALPHA * budget.share, np.maximum(moved_at_all, 1))
    halves = np.stack([each.half((1 - CONFIDENCE) * budget.share) for each in estimates])
    margins = _column([kind.effect(kind.within(budget.margin)) for kind in kinds], middles)
    apart = np.abs(middles)
    beyond = (apart > margins) & (chances <= levels) & (apart - halves > budget.sure_of * margins)
    tolerated = margins * _column([kind.tolerated for kind in kinds], middles)
    within = apart + halves <= tolerated
    seen = _seen(estimates, budget, moved_at_all, margins)
    must = _column([kind.effect(kind.must_see(budget.margin)) for kind in kinds], middles)
    now, last = (each <= must for each in seen)
    better = (middles > 0) == _column([kind.entry.more_is_better for kind in kinds], middles)
    verdicts = np.select(
        [beyond & better, beyond, within & now], ["improved", "regressed", "unchanged"], "undecided"
    )
    return Decisions(verdicts, within & ~beyond & ~now & ~last, levels, halves, seen[0])


def judge(
    base: Side,
    head: Side,
    metrics: Sequence[CellMetric] | None = None,
    at: Sequence[int] | None = None,
    margin: float = MARGIN,
    pairs: int = 1,
) -> tuple[Change, ...]:
    """Judge each metric by the starts so far; to be asked once at each look, at the end latest.

    Each start gave so many `pairs`. A metric is missing where more than a fifth of the starts do
    not have it.
    """
    names = tuple(base) if metrics is None else tuple(metrics)
    both = {
        name: both_sides(judged(name), base.get(name, ()), head.get(name, ())) for name in names
    }
    starts = max((len(side.get(name, ())) for side in (base, head) for name in names), default=0)
    budget = Budget(starts, tuple(at or looks(starts)), margin, pairs)
    enough = {n: b for n, b in both.items() if b and starts_of(b) >= max(2, MIN_SHARE * starts)}
    changes = dict(zip(enough, _changes(enough, budget), strict=True)) if enough else {}
    return tuple(changes.get(name) or _missing(name, both[name], budget) for name in names)


def finished(changes: Iterable[Change]) -> bool:
    """Tell whether more pairs could not change what the check says."""
    told = tuple(changes)
    open_ = any(change.verdict == "undecided" and not change.blind for change in told)
    return any(change.verdict == "regressed" for change in told) or not open_


def both_sides(
    kind: Judged, base: Sequence[Quotient | None], head: Sequence[Quotient | None]
) -> tuple[Quotients, Quotients] | None:
    """Return the starts whose sides can be compared; None where none can."""
    pairs = zip(base, head, strict=False)
    both = [(b, h) for b, h in pairs if _comparable(kind, b) and _comparable(kind, h)]
    if not both:
        return None
    of_base, of_head = np.array(both, dtype=np.float64).transpose(1, 2, 0)
    return Quotients(*of_base), Quotients(*of_head)


def _comparable(kind: Judged, side: Quotient | None) -> bool:
    """Hold for a number; of a ratio for one above 0, unless something stands for 0."""
    if side is None or not all(map(isfinite, side)):
        return False
    return kind.scale == "difference" or side[0] > 0 or kind.least > 0


def starts_of(both: tuple[Quotients, Quotients]) -> int:
    """Count the starts that have both sides."""
    return int(both[0].counted.shape[-1])


def interval(kind: Judged, middle: float, half: float) -> dict[str, float]:
    """Return `ratio`, `low` and `high` on the scale of the metric."""
    ends = {"ratio": middle, "low": middle - half, "high": middle + half}
    return {name: _told(kind, effect) for name, effect in ends.items()}


def _changes(
    both: Mapping[CellMetric, tuple[Quotients, Quotients]], budget: Budget
) -> Iterable[Change]:
    kinds = [judged(name) for name in both]
    estimates = [estimated(kind, *both[name]) for kind, name in zip(kinds, both, strict=True)]
    decisions = decide(kinds, estimates, budget)
    for row, (name, kind, found) in enumerate(zip(both, kinds, estimates, strict=True)):
        yield _change(name, kind, found, decisions, row, budget)


def _change(
    name: CellMetric, kind: Judged, found: Estimate, decisions: Decisions, row: int, budget: Budget
) -> Change:
    """Put one decision into words and onto the scale of the metric."""
    middle, half = float(found.middle), float(decisions.halves[row])
    verdict: Verdict = str(decisions.verdicts[row])  # type: ignore[assignment]
    blind = bool(decisions.blind[row])
    base, ends = float(found.base), interval(kind, middle, half)
    more = _more(found, float(decisions.levels[row]), kind, budget)
    change = Change(
        metric=name,
        verdict=verdict,
        **ends,
        pairs=found.starts * budget.pairs,
        smallest_seen=_told(kind, float(decisions.seen[row]), less=1),
        more_pairs=more * budget.pairs if verdict == "undecided" and not blind else None,
        reason="",
        scale=kind.scale,
        base=base,
        head=base * ends["ratio"] if kind.scale == "ratio" else base + middle,
        margin=kind.within(budget.margin),
        starts=found.starts,
        blind=blind,
    )
    reason = _reason(change, kind, float(found.chance), float(decisions.levels[row]))
    return replace(change, reason=reason)


def _missing(name: CellMetric, both: tuple[Quotients, Quotients] | None, budget: Budget) -> Change:
    have = starts_of(both) if both else 0
    needed = ceil(MIN_SHARE * budget.starts)
    reason = f"{have} of {budget.starts} starts have it on both sides, {needed} are needed"
    nothing = None, None, None
    pairs, scale = have * budget.pairs, judged(name).scale
    return Change(name, "missing", *nothing, pairs, None, None, reason, scale, starts=have)


def _seen(
    estimates: Sequence[Estimate], budget: Budget, tests: npt.NDArray[np.int_], margins: Floats
) -> tuple[Floats, Floats]:
    """Return the smallest changes seen with 80%, now and, if noise stays, at the last look."""
    shrunk = (budget.starts / budget.at[-1]) ** 0.5
    return (
        _seen_with(estimates, budget, budget.share, tests, margins),
        _seen_with(estimates, budget, budget.last_share, tests, margins, shrunk),
    )


def _seen_with(
    estimates: Sequence[Estimate],
    budget: Budget,
    share: float,
    tests: npt.NDArray[np.int_],
    margins: Floats,
    shrunk: float = 1.0,
) -> Floats:
    """Return what would be seen with a share of the error allowed, all errors that much smaller."""
    level = ALPHA * share / np.maximum(tests, 1)
    rejected = shrunk * np.stack([each.half(level) for each in estimates])
    sure = shrunk * np.stack([each.half((1 - CONFIDENCE) * share) for each in estimates])
    errors = shrunk * np.stack([each.error for each in estimates])
    needed = np.maximum(np.maximum(margins, rejected), budget.sure_of * margins + sure)
    return np.asarray(needed + POWER_Z * errors)


def _more(found: Estimate, level: float, kind: Judged, budget: Budget) -> int:
    """Return how many more starts would decide, middle and noise staying the same.

    Widths fall with the square root of the number. Nothing can be said of a middle that is nearer
    to a bound than a tenth of the margin, other than that it takes at least the starts of that.
    """
    margin = kind.effect(kind.within(budget.margin))
    middle = abs(float(found.middle))
    half = float(found.half((1 - CONFIDENCE) * budget.last_share))
    ratios = [half / max(kind.tolerated * margin - middle, margin / 10)]
    if middle > margin:
        rejected = float(found.half(level * budget.last_share / budget.share))
        ratios = [rejected / middle, half / (middle - SURE_OF * margin)]
    return max(1, ceil(found.starts * (max(ratios) ** 2 - 1)))


def _told(kind: Judged, effect: float, less: int = 0) -> float:
    """Return an effect as a ratio (`less` 1: as what it differs by) or a difference."""
    return exp(min(effect, 700.0)) - less if kind.scale == "ratio" else effect


def _column(values: Sequence[float], like: Floats) -> Floats:
    """Set one value for each metric beside arrays whose first axis runs over them."""
    return np.array(values).reshape(-1, *[1] * (like.ndim - 1))


def _reach(change: Change, kind: Judged) -> str:
    """Print how far from BASE the farther end of the interval lies."""
    low, high = change.low or 0.0, change.high or 0.0
    if kind.scale == "ratio":
        return size(max(high, 1 / low) - 1, kind)
    return size(max(high, -low), kind)


def _reason(change: Change, kind: Judged, chance: float, level: float) -> str:
    margin = size(change.margin, kind, threshold)
    sure = size(SURE_OF * change.margin, kind, threshold)
    if change.verdict == "unchanged":
        return f"within {_reach(change, kind)} of BASE with {threshold(CONFIDENCE)} confidence"
    if change.blind:
        return f"cannot see less than {size(change.smallest_seen or 0, kind)}"
    if change.verdict == "undecided":
        span = f"{moved(change.low or 0, kind)} to {moved(change.high or 0, kind)}"
        return f"{span}: about {change.more_pairs:,} more pairs would decide"
    return (
        f"by more than {margin}, surely by more than {sure}; "
        f"p = {chance:.1g}, where {level:.1g} is allowed"
    )

"""Judge HEAD against BASE from pairs of plateaus: improved, unchanged, regressed or undecided.

Pure functions: values in, values out. docs/decisions/0007 has the rule, and how often it is right.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, exp, isinf, log, log1p
from statistics import median
from typing import Literal

import numpy as np

from harness.checks.sequential import LOOKS, Estimate, estimate, holm, spent
from harness.core.errors import BenchError
from harness.core.metrics import Metric, Place, Scale, shown
from harness.core.statistics import CONFIDENCE, MARGIN
from harness.core.trial import CellMetric
from harness.core.units import percent

Verdict = Literal["improved", "unchanged", "regressed", "undecided", "missing"]
Side = Mapping[CellMetric, Sequence[float | None]]
"""What one side measured: for each metric one value per pair, None where there is none."""

# False claims in one check, over all its metrics and looks: half of them each way.
ALPHA = 0.01

# A change that is seen with 80% lies this many standard errors beyond what is needed.
POWER_Z = 0.8416

# A metric that lacks in more than a fifth of the pairs lacks for a reason: the rest would be
# chosen by what they measure.
MIN_SHARE = 0.8

# A tenth of the share of errors from which on latencies no longer describe the service.
ERROR_MARGIN = 0.001


METRICS: dict[str, Metric] = {metric.name: metric for metric in shown(Place.CHECK)}


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one metric: HEAD / BASE, for error_share HEAD - BASE.

    `low` and `high` bound it with 95% confidence over all looks; `base` and `head` are the medians
    of either side. `smallest_seen` is the change, as a share of BASE (of error_share: of requests),
    that these pairs would have called regressed four times in five. `more_pairs` would decide what
    is undecided, if nothing moves. `margin` is the share of BASE from which on it is a change.
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


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look may spend, of the error allowed in all, and what the last one may."""

    share: float
    last_share: float
    tests: int
    margin: float

    def beyond(self, kind: Metric) -> float:
        """Give the margin of a metric on the scale of the effects."""
        return log1p(self.within(kind)) if kind.scale == "ratio" else ERROR_MARGIN

    def within(self, kind: Metric) -> float:
        """Give the margin of a metric as a share: of BASE, of error_share of all requests."""
        return kind.margins * self.margin if kind.scale == "ratio" else ERROR_MARGIN


def judge(
    base: Side,
    head: Side,
    metrics: Sequence[CellMetric],
    looks: Sequence[int] = LOOKS,
    margin: float = MARGIN,
) -> tuple[Change, ...]:
    """Judge each metric by the pairs so far; to be asked once at each look, at the end latest.

    A metric is regressed (or improved) where its estimate lies beyond the margin and Holm's
    procedure (1979) over all metrics rejects "no change"; unchanged where its interval lies within
    the margin; missing where more than a fifth of the pairs do not have it.
    """
    sides = {
        name: both_sides(metric(name), base.get(name, ()), head.get(name, ())) for name in metrics
    }
    pairs = max((len(side.get(name, ())) for side in (base, head) for name in metrics), default=0)
    look = _Look(spent(pairs, looks), spent(looks[-1], looks), len(metrics), margin)
    enough = {name: both for name, both in sides.items() if len(both) >= max(2, MIN_SHARE * pairs)}
    found = {name: estimated(metric(name), both) for name, both in enough.items()}
    levels = holm({name: e.chance for name, e in found.items()}, ALPHA * look.share, len(metrics))
    return tuple(
        _change(name, sides[name], found[name], look, levels[name])
        if name in found
        else _missing(name, len(sides[name]), pairs)
        for name in metrics
    )


def finished(changes: Iterable[Change]) -> bool:
    """Tell whether more pairs could not change what the check says."""
    verdicts = [change.verdict for change in changes]
    return "regressed" in verdicts or "undecided" not in verdicts


def metric(of: CellMetric) -> Metric:
    """Return the entry of a metric; raise BenchError for one that is not judged."""
    entry = METRICS.get(of.name)
    if entry is None:
        raise BenchError(f"{of} cannot be judged; name one of {', '.join(METRICS)}")
    return entry


def moved(ratio: float, scale: Scale) -> str:
    """Print a change against BASE: +4.2%; of shares in points: +0.12 points."""
    return f"{100 * (ratio - 1):+.1f}%" if scale == "ratio" else f"{100 * ratio:+.2f} points"


def both_sides(
    kind: Metric, base: Sequence[float | None], head: Sequence[float | None]
) -> list[tuple[float, float]]:
    """List the pairs that have both sides; where they are divided, none that is 0."""
    both = [(b, h) for b, h in zip(base, head, strict=False) if b is not None and h is not None]
    return [p for p in both if min(p) > 0] if kind.scale == "ratio" else both


def estimated(kind: Metric, both: Sequence[tuple[float, float]]) -> Estimate:
    """Estimate ln(HEAD / BASE), or HEAD - BASE."""
    if kind.scale == "difference":
        return estimate(np.array([h - b for b, h in both]), kind.scale)
    return estimate(np.array([log(h / b) for b, h in both]), kind.scale)


def interval(kind: Metric, found: Estimate, share: float) -> dict[str, float | None]:
    """Give `ratio`, `low` and `high` at a look that may spend a share of the error allowed."""
    half = found.half((1 - CONFIDENCE) * share)
    ends = {"ratio": found.middle, "low": found.middle - half, "high": found.middle + half}
    return {name: _told(kind, effect) for name, effect in ends.items()}


def _change(
    name: CellMetric,
    both: Sequence[tuple[float, float]],
    found: Estimate,
    look: _Look,
    level: float,
) -> Change:
    """Put an estimate into words and onto the scale of the metric."""
    kind, half = metric(name), found.half((1 - CONFIDENCE) * look.share)
    beyond = look.beyond(kind)
    seen = max(beyond, found.half(ALPHA * look.share / look.tests)) + POWER_Z * found.error
    verdict = _verdict(kind, found, half, level, beyond)
    change = Change(
        metric=name,
        verdict=verdict,
        **interval(kind, found, look.share),
        pairs=found.pairs,
        smallest_seen=_told(kind, seen, less=1),
        more_pairs=_more(found, look, beyond) if verdict == "undecided" else None,
        reason="",
        scale=kind.scale,
        base=median(b for b, _ in both),
        head=median(h for _, h in both),
        margin=look.within(kind),
    )
    return replace(change, reason=_reason(change, found.chance, level, look))


def _missing(name: CellMetric, pairs: int, of: int) -> Change:
    reason = f"{pairs} of {of} pairs have it on both sides, {ceil(MIN_SHARE * of)} are needed"
    nothing = None, None, None
    return Change(name, "missing", *nothing, pairs, None, None, reason, metric(name).scale)


def _verdict(kind: Metric, found: Estimate, half: float, level: float, beyond: float) -> Verdict:
    if abs(found.middle) > beyond and found.chance <= level:
        return "improved" if (found.middle > 0) == kind.more_is_better else "regressed"
    return "unchanged" if abs(found.middle) + half <= beyond else "undecided"


def _more(found: Estimate, look: _Look, beyond: float) -> int:
    """Give how many more pairs would decide at the last look, middle and noise staying the same.

    Widths fall with the square root of the number. Nothing can be said of a middle that is nearer
    to the margin than a tenth of it, other than that it takes at least the pairs of that tenth.
    """
    apart = abs(found.middle) > beyond
    level = ALPHA / look.tests if apart else 1 - CONFIDENCE
    gap = abs(found.middle) if apart else max(beyond - abs(found.middle), beyond / 10)
    return max(1, ceil(found.pairs * ((found.half(level * look.last_share) / gap) ** 2 - 1)))


def _told(kind: Metric, effect: float, less: int = 0) -> float | None:
    """Give an effect as a ratio (`less` 1: as what it differs by) or a difference, if it is known.

    What lies infinitely far off is not known.
    """
    if isinf(effect):
        return None
    return exp(effect) - less if kind.scale == "ratio" else effect


def _reason(change: Change, chance: float, level: float, look: _Look) -> str:
    within = percent(look.within(metric(change.metric)))
    if change.low is None or change.high is None:
        return f"{change.pairs} pairs decide nothing"
    if change.verdict == "unchanged":
        return f"within {within} of BASE with {percent(CONFIDENCE)} confidence"
    if change.verdict == "undecided":
        span = f"{moved(change.low, change.scale)} to {moved(change.high, change.scale)}"
        return f"{span}: about {change.more_pairs:,} more pairs would decide"
    return f"beyond {within}; p = {chance:.1g}, where {level:.1g} is allowed"

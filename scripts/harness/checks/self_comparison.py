"""BASE against itself: what no difference looks like in this very check.

Pure functions: values in, values out. docs/method.md says what these comparisons do not contain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from harness.checks.judge import MIN_SHARE, both_sides, estimated, interval, starts_of
from harness.checks.metric import Scale, judged
from harness.checks.starts import Quotient
from harness.core.statistics import CONFIDENCE
from harness.core.trial import CellMetric


@dataclass(frozen=True, slots=True)
class Repeat:
    """One metric of BASE over itself (A/A): a ratio or a difference with its 95% interval.

    Fields are as in Change; `pairs` counts neighbouring starts of BASE.
    """

    metric: CellMetric
    ratio: float | None
    low: float | None
    high: float | None
    pairs: int
    scale: Scale = "ratio"


def repeat(
    of: CellMetric, starts: Sequence[Quotient | None], share: float, seed: int
) -> Repeat | None:
    """Compare each start of BASE with its next one, by the estimator of HEAD.

    `share` is what the look may spend. None where too few neighbours have the metric. A start
    belongs to two pairs; which of a pair is divided by the other is drawn, so that pairs which
    share a start are uncorrelated all the same.
    """
    kind, order = judged(of), Random(seed)
    neighbours = [pair if order.random() < 0.5 else pair[::-1] for pair in pairwise(starts)]
    both = both_sides(kind, [one for one, _ in neighbours], [other for _, other in neighbours])
    if both is None or starts_of(both) < max(2, MIN_SHARE * len(neighbours)):
        return None
    found = estimated(kind, *both)
    half = float(found.half((1 - CONFIDENCE) * share))
    ends = interval(kind, float(found.middle), half)
    return Repeat(of, **ends, pairs=found.starts, scale=kind.scale)

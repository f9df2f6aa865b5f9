"""BASE against itself: what no difference looks like in this very check.

Pure functions: values in, values out. docs/method.md says what these comparisons do not contain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from harness.checks.judge import MIN_SHARE, both_sides, estimated, interval, metric
from harness.core.metrics import Scale
from harness.core.trial import CellMetric


@dataclass(frozen=True, slots=True)
class Repeat:
    """One metric of BASE over itself (A/A): a ratio or a difference with its 95% interval.

    Fields are as in Change; `pairs` counts neighbouring turns of BASE.
    """

    metric: CellMetric
    ratio: float | None
    low: float | None
    high: float | None
    pairs: int
    scale: Scale = "ratio"


def repeat(
    of: CellMetric, starts: Sequence[Sequence[float | None]], share: float, seed: int
) -> Repeat | None:
    """Compare each turn of BASE with the next of the same start, by the estimator of HEAD.

    `starts` has the values of one metric, in the order of the turns, for each start of the servers;
    `share` is what the look may spend. None where too few neighbours have the metric. A turn
    belongs to two pairs; which of a pair is divided by the other is drawn, so that pairs which
    share a turn are uncorrelated all the same.
    """
    kind, order = metric(of), Random(seed)
    neighbours = [
        pair if order.random() < 0.5 else pair[::-1] for turns in starts for pair in pairwise(turns)
    ]
    both = both_sides(kind, [one for one, _ in neighbours], [other for _, other in neighbours])
    if len(both) < max(2, MIN_SHARE * len(neighbours)):
        return None
    found = estimated(kind, both)
    return Repeat(of, **interval(kind, found, share), pairs=len(both), scale=kind.scale)

"""Who stands for an interface: its best deployment by a metric, and who is level with it. Pure.

Of deployments that are level the first of the plan stands for all, of those that were repeated most
often, so that noise between equals does not choose another one in each run.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from harness.core.metrics import METRICS
from harness.core.plan import Deployment, Interface
from harness.core.statistics import MARGIN
from harness.core.summary import Sample
from harness.runs import compare

ALIKE = 0.10
"""What the middles of equals may differ by: rounds that scatter widely show no difference either,
of 503 and 649 requests/s for one, and the worse would stand for both."""


@dataclass(frozen=True, slots=True)
class Leader:
    """The sample in which a deployment was at its best; `level` names its equals."""

    sample: Sample
    level: tuple[str, ...] = ()


def leader(samples: Iterable[Sample], interface: Interface, metric: str) -> Leader | None:
    """Return the best deployment of an interface by a metric, at any load of one scenario.

    Level with the best is whoever shows no measurable difference at the load where that is best,
    and is within ALIKE of it.
    None where none was measured.
    """
    samples = [sample for sample in samples if sample.interface == interface]
    ranked = _ranked(samples, metric)
    if not ranked:
        return None
    best = ranked[0]
    beside = [sample for sample in samples if sample.users == best.users]
    level = [sample for sample in beside if sample == best or _equals(best, sample, metric)]
    # What was repeated stands for what was not; sorting keeps the order of the plan.
    first, *rest = (sample.deployment for sample in sorted(level, key=lambda s: -s.rounds))
    return Leader(next(sample for sample in ranked if sample.deployment == first), tuple(rest))


def first_labels(samples: Iterable[Sample], servers: Iterable[Deployment]) -> tuple[Sample, ...]:
    """Return the samples without those of deployments that stand beside another."""
    others = beside(servers)
    return tuple(sample for sample in samples if sample.deployment not in others)


def beside(servers: Iterable[Deployment]) -> frozenset[str]:
    """Return the deployments that are not compared on their own.

    These are further labels of a deployment that is there already (A/A), and servers as they come.
    """
    servers = tuple(servers)
    again = {second for _, second in compare.identical_pairs(servers)}
    return frozenset(again | {server.name for server in servers if server.default_of})


def ranks(sample: Sample, metric: str) -> bool:
    """Return whether a cell can be the best by a metric: a lower bound of a latency cannot.

    Nor can a cell in which too many requests failed.
    """
    return metric in sample.metrics and metric not in sample.lower_bounds and not sample.failing


def _ranked(samples: Sequence[Sample], metric: str) -> list[Sample]:
    """Return the samples that can be best, from the best down; equals go by the plan."""
    sign = -1 if METRICS[metric].more_is_better else 1
    measured = [sample for sample in samples if ranks(sample, metric)]
    return sorted(measured, key=lambda sample: sign * sample.metrics[metric].middle)


def _equals(best: Sample, other: Sample, metric: str) -> bool:
    """Return whether two samples show no measurable difference; one round shows the margin."""
    pair = compare.pair(best, other, metric) if ranks(other, metric) else None
    if pair is None:
        return False
    apart = abs(log(pair.ratio.middle))
    if pair.ratio.rounds == 1:
        return apart <= log(1 + MARGIN)
    return pair.sign == "~" and apart <= log(1 + ALIKE)

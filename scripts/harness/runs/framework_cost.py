"""What a framework costs: CPU time per request with it, beside that of its ground. Pure.

The ground is the same server with the same work in a bare callable, so the difference is routing,
request and response, and whatever else the framework does for each request.
"""

from collections.abc import Sequence

from harness.core.plan import Plan
from harness.core.summary import FrameworkCost, Sample, Spread
from harness.runs import compare

METRIC = "server_cpu_ms_per_request"


def framework_costs(plan: Plan, samples: Sequence[Sample]) -> tuple[FrameworkCost, ...]:
    """Return the cost of each cell whose deployment names its ground, in the order of samples."""
    grounds = {each.name: each.ground for each in plan.deployments if each.ground}
    cells = {(each.scenario, each.load, each.deployment): each for each in samples}
    costs = []
    for sample in samples:
        ground = cells.get((sample.scenario, sample.load, grounds.get(sample.deployment, "")))
        cost = _cost(sample, ground) if ground else None
        costs += [cost] if cost else []
    return tuple(costs)


def _cost(sample: Sample, ground: Sample) -> FrameworkCost | None:
    """Return how much of a cell's cost is beyond its ground; None without a round of both."""
    pair = compare.pair(sample, ground, METRIC)
    if pair is None:
        return None
    return FrameworkCost(
        scenario=sample.scenario,
        users=sample.users,
        deployment=sample.deployment,
        ground=ground.deployment,
        cpu_ms=sample.metrics[METRIC],
        ground_ms=ground.metrics[METRIC],
        share=_beyond(pair.ratio),
        decided=pair.sign != "~",
        flagged=bool(pair.doubts),
    )


def _beyond(ratio: Spread) -> Spread:
    """Return which part of the top is beyond the bottom: (top - bottom) / top = 1 - 1 / ratio."""
    middle, low, high = (1 - 1 / value for value in (ratio.middle, ratio.low, ratio.high))
    return Spread(middle, low, high, ratio.rounds, ratio.kind)

"""Say what more threads do: WSGI deployments with slots beside those with the next fewer. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from harness.core import units
from harness.core.bounds import Bound
from harness.core.labels import clients
from harness.core.summary import Comparison, Sample
from harness.report.wording import bounds, flag, per_slot
from harness.runs import compare
from harness.runs.leaders import ranks

P95 = "latency_p95_ms"

Step = tuple[Sample, Sample, Comparison]
"""A deployment over the one with the next fewer slots, and the ratio of their throughput."""


def sentence(samples: Sequence[Sample]) -> str:
    """Return what more slots of WSGI came to at the highest load of each two; empty without two.

    Of deployments with as many slots the plan's first stands for all.
    """
    limited = _limited(samples)
    clauses = [_clause(*step) for step in _steps(limited)]
    return f"with more slots, {'; '.join(clauses)}.{_useful(limited)}" if clauses else ""


def lead(samples: Sequence[Sample], name: str) -> str:
    """Return how far a WSGI deployment was ahead of the one with the next fewer slots.

    Empty where it was not, or where that rests on flagged trials.
    """
    for over, under, rate in _steps(_limited(samples)):
        if over.deployment == name and rate.sign == ">" and not rate.doubts:
            factor = units.factor(rate.ratio.middle)
            return (
                f"With fewer slots (workers x threads) WSGI fell behind: {name} served {factor} "
                f"times as many as {under.deployment} at {clients(over.users)}."
            )
    return ""


def _limited(samples: Sequence[Sample]) -> list[Sample]:
    return [sample for sample in samples if sample.slots and sample.interface == "wsgi"]


def _steps(limited: Sequence[Sample]) -> list[Step]:
    """Return more slots over the next fewer, for each two that have a ratio."""
    first: dict[int, str] = {}
    for sample in limited:
        first.setdefault(sample.slots or 0, sample.deployment)
    climbs = [
        [sample for sample in limited if sample.deployment == first[slots]]
        for slots in sorted(first)
    ]
    return [step for fewer, more in pairwise(climbs) if (step := _step(fewer, more))]


def _step(fewer: Sequence[Sample], more: Sequence[Sample]) -> Step | None:
    """Return the step at the highest load that both have."""
    both = [(over, under) for over in more for under in fewer if over.users == under.users]
    for over, under in reversed(both):
        rate = compare.pair(over, under, "throughput_rps")
        if rate:
            return over, under, rate
    return None


def _clause(over: Sample, under: Sample, rate: Comparison) -> str:
    """Return what more slots made of throughput and p95."""
    return (
        f"{over.deployment} ({per_slot(over)}) served {units.factor(rate.ratio.middle)} times as "
        f"many as {under.deployment} ({per_slot(under)}) at {clients(over.users)} "
        f"({_bounds(rate)}){_latency(over, under)}"
    )


def _bounds(rate: Comparison) -> str:
    inconclusive = "inconclusive, " if rate.sign == "~" else ""
    return f"{inconclusive}{bounds(rate.ratio)}{flag(rate.doubts)}"


def _latency(over: Sample, under: Sample) -> str:
    """Return the p95 of both, where neither is a lower bound."""
    if not (ranks(over, P95) and ranks(under, P95)):
        return ""
    more, fewer = (units.milliseconds(side.metrics[P95].middle) for side in (over, under))
    return f", with a p95 of {more} beside {fewer}"


def _useful(limited: Sequence[Sample]) -> str:
    """Return from how many slots on a core is full, by the deployment that has the most."""
    bound = max(limited, key=lambda sample: sample.slots or 0).bound
    return theory(bound) if bound else ""


def theory(bound: Bound) -> str:
    """Return from how many slots on a core is full; empty where that is unknown."""
    useful = bound.useful_slots
    if useful is None:
        return ""
    return (
        f" By theory (1 + D / S), a core that spends {units.milliseconds(bound.cpu_ms)} on a "
        f"request that waits {units.milliseconds(bound.wait_ms)} is full from "
        f"{units.count(useful)} slots on."
    )

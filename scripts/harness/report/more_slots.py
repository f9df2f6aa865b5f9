"""Say what more threads do: WSGI deployments with slots beside those with the next fewer. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from harness.core import units
from harness.core.labels import clients
from harness.core.summary import Comparison, Sample
from harness.report.wording import bounds, flag, per_slot
from harness.runs import compare
from harness.runs.leaders import ranks

P95 = "latency_p95_ms"


def sentence(samples: Sequence[Sample]) -> str:
    """Return what more slots of WSGI came to at the highest load of each two; empty without two."""
    limited = [sample for sample in samples if sample.slots and sample.interface == "wsgi"]
    climbs: dict[str, list[Sample]] = {}
    for sample in sorted(limited, key=lambda sample: sample.slots or 0):
        climbs.setdefault(sample.deployment, []).append(sample)
    clauses = [_clause(fewer, more) for fewer, more in pairwise(climbs.values())]
    written = "; ".join(filter(None, clauses))
    return f"with more slots, {written}.{_useful(limited)}" if written else ""


def _clause(fewer: Sequence[Sample], more: Sequence[Sample]) -> str:
    """Return what became of throughput and p95 at the highest load that both have."""
    both = [(over, under) for over in more for under in fewer if over.users == under.users]
    for over, under in reversed(both):
        rate = compare.pair(over, under, "throughput_rps")
        if rate:
            factor = units.factor(rate.ratio.middle)
            return (
                f"{over.deployment} ({per_slot(over)}) served {factor} times as many as "
                f"{under.deployment} ({per_slot(under)}) at {clients(over.users)} "
                f"({_bounds(rate)}){_latency(over, under)}"
            )
    return ""


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
    useful = bound.useful_slots if bound else None
    if bound is None or useful is None:
        return ""
    return (
        f" By theory (1 + D / S), a core that spends {units.milliseconds(bound.cpu_ms)} on a "
        f"request that waits {units.milliseconds(bound.wait_ms)} is full from "
        f"{units.count(useful)} slots on."
    )

"""Say what more threads do: WSGI deployments with slots beside those with the next fewer. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from harness.core import units
from harness.core.labels import clients
from harness.core.summary import Comparison, Sample
from harness.report.wording import bounds, flag, per_slot
from harness.runs import compare
from harness.runs.leaders import ranks


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
    for over in reversed(more):
        for under in fewer:
            rate = (
                compare.pair(over, under, "throughput_rps") if over.users == under.users else None
            )
            if rate:
                return (
                    f"{over.deployment} ({per_slot(over)}) served {_amount(rate)} times as many "
                    f"as {under.deployment} ({per_slot(under)}) at {clients(over.users)}"
                    f"{_latency(over, under)}"
                )
    return ""


def _latency(over: Sample, under: Sample) -> str:
    p95 = "latency_p95_ms"
    ratio = compare.pair(over, under, p95) if ranks(over, p95) and ranks(under, p95) else None
    if ratio is None:
        return ""
    return (
        f", with a p95 of {units.milliseconds(over.metrics[p95].middle)} beside "
        f"{units.milliseconds(under.metrics[p95].middle)}"
    )


def _amount(ratio: Comparison) -> str:
    mark = "~ " if ratio.sign == "~" else ""
    return f"{mark}{units.factor(ratio.ratio.middle)} ({bounds(ratio.ratio)}{flag(ratio.doubts)})"


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

"""Say what slow clients that hold connections did to the ordinary ones beside them. Pure."""

from collections.abc import Sequence

from harness.core import units
from harness.core.labels import clients
from harness.core.plan import Plan, Scenario
from harness.core.summary import Comparison, Sample
from harness.report.wording import bounds, flag
from harness.runs import compare

THROUGHPUT = "throughput_rps"
P95 = "latency_p95_ms"


def sentences(plan: Plan, samples: Sequence[Sample]) -> tuple[str, ...]:
    """Return a sentence for each scenario with slow clients that has a twin without; none else."""
    texts = []
    for scenario in plan.scenarios:
        twin = next((each for each in plan.scenarios if _is_twin(each, scenario)), None)
        if _slow(scenario) and twin is not None:
            texts.append(_sentence(scenario, twin, samples))
    return tuple(filter(None, texts))


def _slow(scenario: Scenario) -> int:
    """Return how many of a scenario's clients hold a connection."""
    return int(scenario.settings.get("slow", 0))


def _is_twin(other: Scenario, scenario: Scenario) -> bool:
    """Return whether the other differs by having no slow clients alone."""
    without = {**scenario.settings, "slow": 0}
    return (other.locustfile, other.settings) == (scenario.locustfile, without)


def _sentence(scenario: Scenario, twin: Scenario, samples: Sequence[Sample]) -> str:
    """Return how each deployment served the ordinary clients, beside slow ones over without."""
    alone = {sample.deployment: sample for sample in samples if sample.scenario == twin.name}
    crowded = [sample for sample in samples if sample.scenario == scenario.name]
    served = [
        text
        for sample in crowded
        if sample.deployment in alone and (text := _served(sample, alone[sample.deployment]))
    ]
    if not served:
        return ""
    ordinary = clients(crowded[0].users - _slow(scenario))
    return (
        f"For {ordinary} beside {units.count(_slow(scenario))} slow ones (`{scenario.name}` over "
        f"`{twin.name}`): {'; '.join(served)}."
    )


def _served(crowded: Sample, alone: Sample) -> str:
    """Return what is left for the ordinary clients of a deployment; nothing where unknown."""
    rate = crowded.metrics.get(THROUGHPUT)
    if rate is not None and rate.high == 0:
        return f"{crowded.deployment} answered none of them"
    pair = compare.pair(crowded, alone, THROUGHPUT)
    if pair is None:
        return ""
    latency = compare.pair(crowded, alone, P95)
    beside = f" at {_times(latency)} the p95" if latency else ""
    return (
        f"{crowded.deployment} answered {_times(pair)} as many requests per second{beside}"
        f"{flag(pair.doubts)}"
    )


def _times(pair: Comparison) -> str:
    return f"{units.factor(pair.ratio.middle)} times ({bounds(pair.ratio)})"

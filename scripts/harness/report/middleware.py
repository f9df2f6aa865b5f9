"""Say what each choice of middleware costs beyond none, under each interface and view. Pure."""

from collections.abc import Iterator, Sequence
from itertools import product

from harness.core import units
from harness.core.labels import clients
from harness.core.metrics import METRICS
from harness.core.plan import Deployment, Interface, Plan, Views
from harness.core.summary import Sample, Spread
from harness.runs.bridges import METRICS as COSTS
from harness.runs.bridges import difference

CHOICE = "DJANGO_MIDDLEWARE"
"""The variable by which a deployment of the suite's application chooses its middleware."""

KINDS: tuple[tuple[Interface, Views], ...] = tuple(product(("wsgi", "asgi"), ("sync", "async")))
ARTICLES: dict[Views, str] = {"sync": "a", "async": "an"}


def sentences(plan: Plan, samples: Sequence[Sample]) -> tuple[str, ...]:
    """Return a sentence for each scenario, interface, view and cost; none without a choice."""
    return tuple(
        _sentence(kind, metric, none, others)
        for scenario in plan.scenarios
        for kind in KINDS
        for none, others in _beside_none(plan, kind, _highest(samples, scenario.name))
        for metric in COSTS
        if metric in none.metrics
    )


def _highest(samples: Sequence[Sample], scenario: str) -> dict[str, Sample]:
    """Return the samples of a scenario's highest load, by deployment."""
    of_scenario = [sample for sample in samples if sample.scenario == scenario]
    highest = max((sample.load for sample in of_scenario), default=None)
    return {sample.deployment: sample for sample in of_scenario if sample.load == highest}


def _beside_none(
    plan: Plan, kind: tuple[Interface, Views], samples: dict[str, Sample]
) -> Iterator[tuple[Sample, dict[str, Sample]]]:
    """Yield the sample without middleware and, by their choice, those that differ in it alone."""
    alike = [each for each in plan.deployments if (each.interface, each.views) == kind]
    for bare in alike:
        if CHOICE in bare.environment or bare.name not in samples:
            continue
        others = {
            each.environment[CHOICE]: samples[each.name]
            for each in alike
            if each.name in samples and _chooses(each, bare)
        }
        if others:
            yield samples[bare.name], others


def _chooses(deployment: Deployment, bare: Deployment) -> bool:
    """Return whether a deployment is the bare one, with middleware."""
    chosen = deployment.environment.get(CHOICE)
    with_it = bare.environment | {CHOICE: chosen}
    return chosen is not None and (deployment.command, deployment.environment) == (
        bare.command,
        with_it,
    )


def _sentence(
    kind: tuple[Interface, Views], metric: str, none: Sample, others: dict[str, Sample]
) -> str:
    interface, views = kind
    added = [
        f"`{choice}` {_cost(cost)}{_flag(sample)}"
        for choice, sample in others.items()
        if (cost := difference(sample.per_round[metric], none.per_round[metric]))
    ]
    return (
        f"For `{none.scenario}` at {clients(none.users)}, {ARTICLES[views]} {views} view under "
        f"{interface.upper()} took {units.milliseconds(none.metrics[metric].middle)}{_flag(none)} "
        f"of {METRICS[metric].title} without middleware; on top of that: {', '.join(added)}."
    )


def _flag(sample: Sample) -> str:
    return " (flagged)" if sample.doubts else ""


def _cost(cost: Spread) -> str:
    sign = "+" if cost.middle >= 0 else ""
    low, high = units.milliseconds(cost.low), units.milliseconds(cost.high)
    within = "one round" if cost.rounds == 1 else f"{cost.kind_name} {low} to {high}"
    return f"{sign}{units.milliseconds(cost.middle)} ({within})"

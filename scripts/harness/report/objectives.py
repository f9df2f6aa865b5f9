"""Say up to which load each deployment met a scenario's objective. Pure."""

from collections.abc import Sequence

from harness.core import units
from harness.core.labels import clients
from harness.core.metrics import METRICS
from harness.core.plan import Objective, Plan, Scenario
from harness.core.summary import Attainment


def sentences(plan: Plan, attainments: Sequence[Attainment]) -> tuple[str, ...]:
    """Return a sentence for each scenario whose objective could be judged."""
    texts = []
    for scenario in plan.scenarios:
        here = [each for each in attainments if each.scenario == scenario.name]
        if scenario.objective and here:
            texts.append(f"For `{scenario.name}`, {_sentence(plan, scenario, here)}")
    return tuple(texts)


def wording(objective: Objective) -> str:
    """Return an objective in words: a p95 of at most 500 ms with at most 0.1% failed."""
    limits = " and ".join(
        f"a {METRICS[metric].short} of at most {units.milliseconds(limit_ms)}"
        for metric, limit_ms in objective.limits.items()
    )
    return f"{limits} with at most {units.threshold(objective.failed_share)} failed"


def _sentence(plan: Plan, scenario: Scenario, attainments: Sequence[Attainment]) -> str:
    assert scenario.objective
    steady = [each for each in attainments if each.highest is not None]
    by_load: dict[str, list[str]] = {}
    for each in sorted(steady, key=lambda each: -(each.highest or 0)):
        mark = " (flagged)" if each.flagged else ""
        by_load.setdefault(_reach(plan, scenario, each), []).append(f"{each.deployment}{mark}")
    never = [each.deployment for each in attainments if each.highest is None]
    parts = [f"{load} by {', '.join(names)}" for load, names in by_load.items()]
    if never:
        parts.append(f"at no load by {', '.join(never)}")
    return f"{wording(scenario.objective)} was met in every round {'; '.join(parts)}."


def _reach(plan: Plan, scenario: Scenario, each: Attainment) -> str:
    """Return up to which load, and whether a higher one was tried."""
    load = plan.load_of(scenario)
    assert each.highest is not None
    if load.model == "closed":
        reach = clients(int(each.highest))
    elif load.fractions:
        reach = f"{units.percent(each.highest)} of its capacity"
    else:
        reach = f"{units.significant(each.highest)} requests/s"
    return f"up to {reach}" + ("" if each.missed is not None else ", the most that it was given,")

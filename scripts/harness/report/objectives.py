"""Say up to which load each deployment met a scenario's objective. Pure.

The loads of a climb bracket it: the highest that met it in every round, and the next, which did
not. A closed loop has the requests per second that were served at both.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from harness.core import units
from harness.core.labels import clients
from harness.core.metrics import METRICS
from harness.core.plan import Objective, Plan, Scenario
from harness.core.summary import Attainment


def headline(scenario: Scenario, attainments: Sequence[Attainment]) -> str:
    """Return in one short sentence up to which rate each deployment met the objective.

    Empty where no load was missed: below saturation the plan alone sets the rates.
    """
    if scenario.objective is None or all(each.missed is None for each in attainments):
        return ""
    ranked = _ranked(attainments)
    none = [each.deployment for each in attainments if each.highest is None]
    parts = [f"up to {_rates(ranked)}"] if ranked else []
    if none:
        parts.append(f"at no load tried with {', '.join(none)}")
    return f"`{scenario.name}` meets {brief(scenario.objective)} {'; '.join(parts)}."


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


def brief(objective: Objective) -> str:
    """Return the limits of an objective: p95 <= 500 ms."""
    return " and ".join(
        f"{METRICS[metric].short} <= {units.milliseconds(limit_ms)}"
        for metric, limit_ms in objective.limits.items()
    )


def _ranked(attainments: Iterable[Attainment]) -> list[Attainment]:
    """Return those that met the objective anywhere, from the highest rate down."""
    held = [each for each in attainments if each.highest is not None]
    return sorted(held, key=lambda each: (-(each.highest or 0), -(each.highest_rps or 0)))


def _rates(attainments: Iterable[Attainment]) -> str:
    """Return up to which rate each deployment met the objective; the first has the unit."""
    first, *others = attainments
    return ", ".join([_rate(first, " requests/s"), *(_rate(each) for each in others)])


def _rate(each: Attainment, unit: str = "") -> str:
    """Return the rates of a bracket: 210 with threads (not 252), 310 or more with a loop."""
    held = units.significant(each.highest_rps or 0)
    more = "" if each.below_rps else " or more"
    below = f"not {units.significant(each.below_rps)}" if each.below_rps else ""
    notes = ", ".join(filter(None, [below, "flagged" if each.flagged else ""]))
    return f"{held}{unit}{more} with {each.deployment}{f' ({notes})' if notes else ''}"


def _sentence(plan: Plan, scenario: Scenario, attainments: Sequence[Attainment]) -> str:
    assert scenario.objective
    load = _load_words(plan, scenario)
    parts = [
        f"up to {_rates(group)} ({_outcome(load, *bracket)})"
        for bracket, group in groupby(_ranked(attainments), key=lambda a: (a.highest, a.missed))
    ]
    none = [each for each in attainments if each.highest is None and each.missed is not None]
    parts += [
        f"at no load by {each.deployment}, not even {load(each.missed or 0)}" for each in none
    ]
    return f"{wording(scenario.objective)} was met in every round {'; '.join(parts)}."


def _outcome(load: Callable[[float], str], highest: float | None, missed: float | None) -> str:
    """Return which loads the rates are those of."""
    if missed is None:
        return f"{load(highest or 0)}, the most that was tried"
    return f"{load(highest or 0)} met it, {load(missed)} did not"


def _load_words(plan: Plan, scenario: Scenario) -> Callable[[float], str]:
    """Return what puts a step of a scenario's load in words."""
    load = plan.load_of(scenario)
    if load.model == "closed":
        return lambda step: clients(int(step))
    if load.fractions:
        return lambda step: f"{units.percent(step)} of its capacity"
    return lambda step: f"{units.significant(step)} requests/s"

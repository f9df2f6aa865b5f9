"""Put the judgement into plain sentences: who served more, from where on, by how much. Pure.

Every load of the plan is accounted for, also the undecided ones, those of a single round and
those not measured. The sentences say what was measured, never why it came out so.
"""

from collections.abc import Sequence
from itertools import pairwise

from harness.core import units
from harness.core.labels import clients, loads
from harness.core.plan import Interface, Plan, Scenario
from harness.core.statistics import MARGIN, exceeds_margin
from harness.core.summary import Comparison, Kind, Sample
from harness.report import open_loop
from harness.report.wording import bounds, doubted, where
from harness.runs import compare
from harness.runs.compare import Finding, Stretch

SIDES: tuple[Interface, ...] = ("wsgi", "asgi")
BEYOND = f"beyond {units.significant(100 * MARGIN, 1)}%"
NONE_FOUND: dict[Kind, str] = {
    "range": f"none {BEYOND} held in every round",
    "interval": f"no 95% interval lay wholly {BEYOND}",
}


def answers(
    plan: Plan, samples: Sequence[Sample], comparisons: Sequence[Comparison]
) -> tuple[str, ...]:
    """Say which side served more from where on: a claim per scenario, then the details.

    The first is the headline; it is about the plan's first scenario.
    """
    claims: list[str] = []
    details: list[str] = []
    for scenario in plan.scenarios:
        here = [sample for sample in samples if sample.scenario == scenario.name]
        if plan.load_of(scenario).model == "open":
            details += open_loop.answers(scenario, here)
            continue
        wsgi, asgi = (compare.best(here, scenario.name, side) for side in SIDES)
        if wsgi and asgi:
            pairs = [c for c in comparisons if c.scenario == scenario.name]
            against = [c for c in pairs if c.bottom == wsgi.deployment]
            claim, *more = _compared(plan, scenario, here, asgi, wsgi, against)
        else:
            claim, more = _one_sided(plan, wsgi or asgi), []
        claims.append(f"{_opening(plan, scenario)} {claim}")
        details += (f"For `{scenario.name}`, {said}" for said in more if said)
    return (*claims, *details) or ("Nothing was measured.",)


def _compared(
    plan: Plan,
    scenario: Scenario,
    samples: Sequence[Sample],
    asgi: Sample,
    wsgi: Sample,
    against: Sequence[Comparison],
) -> list[str]:
    both = (asgi.deployment, wsgi.deployment)
    users = plan.load_of(scenario).users
    levels = [n for n in users if all(scenario.climbs(name, n) for name in both)]
    served = [c for c in against if c.metric == "throughput_rps"]
    climbs = {
        name: compare.stretches(levels, [c for c in served if c.top == name])
        for name in (asgi.deployment, *_others(plan, scenario, asgi.deployment))
    }
    found = climbs.pop(asgi.deployment)
    claim = _claim(asgi, wsgi, found, levels) + _remarks(found, levels)
    others = "; ".join(f"{name} {_briefly(rest, levels)}" for name, rest in climbs.items())
    return [
        claim,
        _crossings(asgi, wsgi, found),
        _latency(samples, [c for c in against if c.top == asgi.deployment]),
        f"against the same {wsgi.deployment}: {others}." if others else "",
    ]


def _others(plan: Plan, scenario: Scenario, told: str) -> list[str]:
    """List the other ASGI deployments of a scenario, each under one label only.

    harness.report.noise_floor has the rest.
    """
    others: list[str] = []
    labels = compare.identical_pairs(plan.deployments)
    for server in plan.against(scenario):
        known = {name for pair in labels for name in pair if server.name in pair} | {server.name}
        if server.interface == "asgi" and known.isdisjoint({told, *others}):
            others.append(server.name)
    return others


def _opening(plan: Plan, scenario: Scenario) -> str:
    about = "about " if plan.upstream and plan.upstream.spread != "constant" else ""
    facts = []
    if scenario.wait_ms:
        facts.append(f"every request waits {about}{scenario.wait_ms:,g} ms")
    if scenario.think_ms:
        facts.append(f"clients pause {scenario.think_ms:,g} ms on average")
    return f"For `{scenario.name}`" + (f" ({'; '.join(facts)})," if facts else ",")


def _one_sided(plan: Plan, measured: Sample | None) -> str:
    if measured is None:
        return "nothing can be compared: no deployment has a measurement."
    missing = "asgi" if measured.interface == "wsgi" else "wsgi"
    planned = any(deployment.interface == missing for deployment in plan.deployments)
    why = f"no {missing.upper()} deployment {'has a measurement' if planned else 'is planned'}"
    most = units.significant(measured.metrics["throughput_rps"].middle)
    return (
        f"nothing can be compared: {why}. {_named(measured)} served the most, "
        f"{most} requests per second at {clients(measured.users)}{doubted(measured.doubts)}."
    )


def _claim(asgi: Sample, wsgi: Sample, found: Sequence[Stretch], levels: Sequence[int]) -> str:
    if not any(stretch.decided for stretch in found):
        return _undecided(asgi, wsgi, found, levels)
    beside = f" requests per second than {_named(wsgi)}"
    return f"{_named(asgi)} served {_decided(found, levels, beside)}."


def _decided(found: Sequence[Stretch], levels: Sequence[int], beside: str = "") -> str:
    said = ""
    before: Finding | None = None
    for stretch in found:
        if stretch.decided:
            more = "more" if stretch.finding == ">" else "fewer"
            joint = "" if before is None else ", and " if before == stretch.finding else ", but "
            than = beside if before is None else ""
            brief = f" ({_times(stretch)}{doubted(stretch.evidence.doubts)})"
            amount = f": {_amount(stretch)}" if beside else brief
            said += f"{joint}{more}{than} {where(stretch, levels)}{amount}"
            before = stretch.finding
    return said


def _undecided(asgi: Sample, wsgi: Sample, found: Sequence[Stretch], levels: Sequence[int]) -> str:
    last = {stretch.finding: stretch for stretch in found}
    if "~" in last:
        return (
            f"no difference in requests per second was found between {_named(asgi)} and "
            f"{_named(wsgi)} {_places(found, '~', levels)}: {_why(found)}. "
            f"ASGI served {_amount(last['~'])}."
        )
    if "once" in last:
        return (
            "nothing can be decided: no load was measured on both sides in more than one round. "
            f"{_named(asgi)} beside {_named(wsgi)} served {_amount(last['once'])}."
        )
    return (
        f"nothing can be compared: {_named(asgi)} and {_named(wsgi)} "
        "were never measured at the same load in the same round."
    )


def _remarks(found: Sequence[Stretch], levels: Sequence[int]) -> str:
    kinds = {stretch.finding for stretch in found}
    said = ""
    if "~" in kinds and kinds & {"<", ">"}:
        said += f" No difference was found {_places(found, '~', levels)}: {_why(found)}."
    if "once" in kinds and kinds & {"<", "~", ">"}:
        said += f" One round, which decides nothing, was measured {_places(found, 'once', levels)}."
    if "missing" in kinds and len(kinds) > 1:
        said += f" Nothing could be compared {_places(found, 'missing', levels)}."
    return said + _rests_on(found)


def _why(found: Sequence[Stretch]) -> str:
    undecided = [s.comparison for stretch in found for s in stretch.steps if s.finding == "~"]
    ratios = [comparison.ratio for comparison in undecided if comparison]
    few = [c.users for c in undecided if c and exceeds_margin(c.ratio)]
    said = [
        NONE_FOUND[kind] for kind in dict.fromkeys(r.kind for r in ratios if not exceeds_margin(r))
    ]
    if few:
        said.append(f"so few requests were counted at {loads(few)} that chance explains the ratio")
    return "; ".join(said)


def _rests_on(found: Sequence[Stretch]) -> str:
    compared = [step.comparison for stretch in found for step in stretch.steps if step.comparison]
    weak = [comparison for comparison in compared if comparison.doubts]
    if not weak:
        return ""
    named = loads([comparison.users for comparison in weak])
    gates = dict.fromkeys(side for comparison in weak for side in comparison.doubts)
    reasons = "; ".join(f"{side.deployment}: {side.gate}" for side in gates)
    return f" What is said of {named} rests on doubted trials ({reasons})."


def _crossings(asgi: Sample, wsgi: Sample, found: Sequence[Stretch]) -> str:
    said = []
    for before, stretch in pairwise(found):
        if stretch.decided and before.finding in ("<", "~", ">"):
            low, high = before.steps[-1].users, stretch.steps[0].users
            verb = "drew ahead" if stretch.finding == ">" else "fell behind"
            step = f"between {units.count(low)} and {clients(high)}"
            said.append(f"{asgi.deployment} {verb} {step}{_slots(wsgi, low, high)}")
    return f"{'; '.join(said)}." if said else ""


def _slots(wsgi: Sample, low: int, high: int) -> str:
    if wsgi.slots is None:
        return ""
    lie = "below that step" if wsgi.slots < low else "above that step"
    lie = "within that step" if low <= wsgi.slots <= high else lie
    return f" (the {units.count(wsgi.slots)} slots of {wsgi.deployment} lie {lie})"


def _latency(samples: Sequence[Sample], pair: Sequence[Comparison]) -> str:
    compared = [comparison for comparison in pair if comparison.metric == "latency_p95_ms"]
    if not compared:
        return ""
    highest = compared[-1]
    here = [sample for sample in samples if sample.users == highest.users]
    p95 = {sample.deployment: sample.metrics.get(highest.metric) for sample in here}
    asgi, wsgi = p95[highest.top], p95[highest.bottom]
    if asgi is None or wsgi is None:
        return ""
    undecided = "undecided, " if highest.sign == "~" else ""
    return (
        f"at {clients(highest.users)} 95% of the successful requests took at most "
        f"{units.milliseconds(asgi.middle)} with {highest.top} and "
        f"{units.milliseconds(wsgi.middle)} with {highest.bottom} "
        f"({undecided}{units.factor(highest.ratio.middle)} times as long, "
        f"{bounds(highest.ratio)}{doubted(highest.doubts)})."
    )


def _briefly(found: Sequence[Stretch], levels: Sequence[int]) -> str:
    if any(stretch.decided for stretch in found):
        return f"served {_decided(found, levels)}"
    if any(stretch.finding == "~" for stretch in found):
        return f"showed no difference {_places(found, '~', levels)}"
    return "cannot be judged"


def _named(sample: Sample) -> str:
    return f"{sample.deployment} ({sample.interface.upper()})"


def _places(found: Sequence[Stretch], finding: Finding, levels: Sequence[int]) -> str:
    return " and ".join(where(s, levels) for s in found if s.finding == finding)


def _amount(stretch: Stretch) -> str:
    cited = stretch.evidence
    return f"{_times(stretch)} ({bounds(cited.ratio)}{doubted(cited.doubts)})"


def _times(stretch: Stretch) -> str:
    cited = stretch.evidence
    at = f" at {clients(cited.users)}" if len(stretch.steps) > 1 else ""
    return f"{units.factor(cited.ratio.middle)} times as many{at}"

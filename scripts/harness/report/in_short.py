"""The answer in at most three short sentences: who, by how much and where, and how sure. Pure.

They are about the first scenario of the plan that was measured; `answers` has all the rest. Where
it states an objective that some load missed, what each deployment holds comes first; where that was
searched, what the search came to.
"""

from collections.abc import Sequence

from harness.core import units
from harness.core.labels import clients, load
from harness.core.plan import Plan, Scenario
from harness.core.summary import Attainment, Comparison, Sample, Summary
from harness.report import capacity, latency_answers, more_slots, objectives, threads
from harness.report.answers import answers, waiting
from harness.report.contest import NO_DIFFERENCE, Contest, contest
from harness.report.wording import bounds, share_in_time, where
from harness.runs import in_time
from harness.runs.compare import Finding, Stretch
from harness.runs.leaders import Leader, first_labels

VERBS: dict[Finding, str] = {
    ">": "it served more",
    "<": "it served fewer",
    "~": f"there was {NO_DIFFERENCE}",
    "once": "a single round was measured",
}

TRUSTED = "no gate (test of a measurement) flagged it"
FLAGGED = "flagged by a gate (test of a measurement), see the report"


def sentences(plan: Plan, summary: Summary) -> tuple[str, ...]:
    """Return who served more and where, what became of the rest, and how sure that is."""
    searched = tuple(map(capacity.headline, capacity.by_scenario(summary.holdings).values()))
    for scenario in plan.scenarios:
        samples = [sample for sample in summary.samples if sample.scenario == scenario.name]
        once = first_labels(samples, plan.deployments)
        pairs = [each for each in summary.comparisons if each.scenario == scenario.name]
        if any(sample.metrics for sample in once):
            held = searched[:1] or _held(scenario, once, summary.attainments)
            return _answer(plan, scenario, once, pairs, held)
    if searched:
        return (*searched[:2], *threads.sentences(summary.holdings)[:1])
    return ("Nothing was measured.",)


def _held(
    scenario: Scenario, samples: Sequence[Sample], attainments: Sequence[Attainment]
) -> tuple[str, ...]:
    """Return what the deployments of some samples hold, where that is to be said."""
    names = {sample.deployment for sample in samples}
    here = [a for a in attainments if a.scenario == scenario.name and a.deployment in names]
    return tuple(filter(None, [objectives.headline(scenario, here)]))


def _answer(
    plan: Plan,
    scenario: Scenario,
    samples: Sequence[Sample],
    pairs: Sequence[Comparison],
    held: tuple[str, ...],
) -> tuple[str, ...]:
    """Return the sentences on one scenario; `held` is the first of them, where there is any."""
    both = contest(plan, scenario, samples, pairs)
    if plan.load_of(scenario).model == "open":
        return (*held, *_latency(samples, f"In `{scenario.name}` (open loop), "))
    if both is None or not both.findings - {"missing"}:
        alone = plan.model_copy(update={"scenarios": (scenario,)})
        return (*held, answers(alone, samples, pairs)[0])
    cited = _cited(both)
    claim = f"{_place(plan, scenario)}, {_claim(both, cited)}."
    if held:
        return (*held, claim, _certainty(cited))
    rest = _elsewhere(both, cited) if cited.decided else ""
    more = [rest] if rest else _in_time(samples) or _fewer_slots(samples, both) or _latency(samples)
    return (claim, *more, _certainty(cited))


def _fewer_slots(samples: Sequence[Sample], both: Contest) -> tuple[str, ...]:
    return tuple(filter(None, [more_slots.lead(samples, both.wsgi.sample.deployment)]))


def _place(plan: Plan, scenario: Scenario) -> str:
    wait = waiting(plan, scenario)
    return f"In `{scenario.name}`" + (f" ({wait})" if wait else "")


def _cited(both: Contest) -> Stretch:
    """Return the stretch that the answer is about: decided rather than not, at the highest load."""
    measured = [each for each in both.stretches if each.finding != "missing"]
    return max(reversed(measured), key=lambda each: (each.decided, each.finding == "~"))


def _claim(both: Contest, cited: Stretch) -> str:
    asgi, wsgi = _side(both.asgi), _side(both.wsgi)
    if cited.finding == "~":
        places = where(cited, both.levels, "any")
        return f"{asgi} and {wsgi} showed {NO_DIFFERENCE} in requests per second {places}"
    return f"{asgi} served {_factor(cited)} requests per second as {wsgi} {_at(cited)}"


def _side(best: Leader) -> str:
    return f"{best.sample.deployment} ({best.sample.interface.upper()})"


def _factor(cited: Stretch) -> str:
    return f"{units.factor(cited.evidence.ratio.middle)} times as many"


def _at(cited: Stretch) -> str:
    return f"at {clients(cited.evidence.users)}"


def _elsewhere(both: Contest, cited: Stretch) -> str:
    """Return at which loads the cited finding holds, and what the other loads showed."""
    several = len(cited.steps) > 1
    rest = [each for each in reversed(both.stretches) if each is not cited or several]
    clauses = [
        f"{VERBS[each.finding]} {where(each, both.levels)}"
        for each in rest
        if each.finding in VERBS
    ]
    text = "; ".join(clauses)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _in_time(samples: Sequence[Sample]) -> tuple[str, ...]:
    """Return the largest and the smallest share in time at the highest load, of several rounds."""
    timed = [sample for sample in samples if sample.served and sample.model == "closed"]
    most = max((sample.users for sample in timed), default=0)
    ranked = in_time.ranked([sample for sample in timed if sample.users == most])
    if not in_time.orders(ranked):
        return ()
    best, worst = ranked[0], ranked[-1]
    return (
        f"Within {units.milliseconds(best.objective_ms or 0)}, {best.deployment} served "
        f"{share_in_time(best)} of its requests at {load(best)}, {worst.deployment} "
        f"{share_in_time(worst)}.",
    )


def _latency(samples: Sequence[Sample], opening: str = "") -> tuple[str, ...]:
    """Return the best p95 of either interface at the highest load that has one."""
    best = latency_answers.at_the_top(samples)
    if best is None:
        return ()
    asgi, wsgi = (f"{latency_answers.p95(each)} with {_side(each)}" for each in best)
    text = f"{opening}the best p95 at {load(best[0].sample)} was {asgi} and {wsgi}."
    return (text[0].upper() + text[1:],)


def _certainty(cited: Stretch) -> str:
    evidence = cited.evidence
    flags = FLAGGED if evidence.doubts else TRUSTED
    if evidence.ratio.rounds == 1:
        return f"One round decides nothing; {flags}."
    ratio = f"{_factor(cited)} {_at(cited)}, " if cited.finding == "~" else ""
    return f"How sure: {ratio}{bounds(evidence.ratio)}; {flags}."

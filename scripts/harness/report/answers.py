"""Put the comparison into plain sentences: who served more, at which loads, by how much. Pure.

Every load of the plan is accounted for, also the inconclusive ones, those of a single round and
those not measured. The sentences say what was measured, never why it came out so.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from harness.core import units
from harness.core.labels import clients, loads
from harness.core.plan import Plan, Scenario
from harness.core.statistics import exceeds_margin
from harness.core.summary import Comparison, Sample
from harness.measure.gates import MOST_ERRORS
from harness.report import in_time, latency_answers, more_slots, open_loop
from harness.report.contest import NO_DIFFERENCE, THROUGHPUT, Contest, contest, places
from harness.report.wording import MARGIN_TEXT, bounds, flag, label, share_in_time, where
from harness.runs.compare import Stretch
from harness.runs.leaders import beside, first_labels, leader


def answers(
    plan: Plan, samples: Sequence[Sample], comparisons: Sequence[Comparison]
) -> tuple[str, ...]:
    """Return which side served more at which loads: a claim per scenario, then the details.

    The first is the headline; it is about the plan's first scenario.
    """
    claims: list[str] = []
    details: list[str] = []
    once = first_labels(samples, plan.deployments)
    for scenario in plan.scenarios:
        if plan.load_of(scenario).search:
            continue  # harness.report.capacity has what it holds
        here = [sample for sample in once if sample.scenario == scenario.name]
        pairs = [each for each in comparisons if each.scenario == scenario.name]
        if plan.load_of(scenario).model == "open":
            details += open_loop.answers(scenario, here)
        else:
            claim, *more = _closed_loop(plan, scenario, here, pairs)
            opening = _opening(plan, scenario)
            claims += (f"{opening} {text}" for text in (in_time.sentence(here), claim) if text)
            details += (f"For `{scenario.name}`, {detail}" for detail in more)
    climbs = any(not plan.load_of(scenario).search for scenario in plan.scenarios)
    return (*claims, *details) or (("Nothing was measured.",) if climbs else ())


def _closed_loop(
    plan: Plan, scenario: Scenario, samples: Sequence[Sample], pairs: Sequence[Comparison]
) -> list[str]:
    """Return the claim about one scenario, then its details."""
    both = contest(plan, scenario, samples, pairs)
    if both is None:
        return [_one_sided(plan, samples)]
    details = (
        _crossings(both),
        latency_answers.sentence(samples, pairs),
        more_slots.sentence(samples),
        _rivals(plan, scenario, both),
    )
    return [_claim(both) + _remarks(both), *filter(None, details)]


def _opening(plan: Plan, scenario: Scenario) -> str:
    facts = conditions(plan, scenario)
    return f"For `{scenario.name}`" + (f" ({facts})," if facts else ",")


def conditions(plan: Plan, scenario: Scenario) -> str:
    """Return how long requests wait and clients pause in a scenario; empty where none does."""
    pause = f"clients pause {scenario.think_ms:,g} ms on average" if scenario.think_ms else ""
    return "; ".join(filter(None, (waiting(plan, scenario), pause)))


def waiting(plan: Plan, scenario: Scenario) -> str:
    """Return how long each request of a scenario waits in the server; empty where none does."""
    about = "about " if plan.upstream and plan.upstream.spread != "constant" else ""
    wait_ms = scenario.wait_ms
    return f"every request waits {about}{wait_ms:,g} ms" if wait_ms else ""


def _one_sided(plan: Plan, samples: Sequence[Sample]) -> str:
    best = leader(samples, "wsgi", THROUGHPUT) or leader(samples, "asgi", THROUGHPUT)
    if best is None:
        return f"nothing can be compared: no deployment {_lack(samples)}."
    measured = best.sample
    missing = "asgi" if measured.interface == "wsgi" else "wsgi"
    planned = any(deployment.interface == missing for deployment in plan.deployments)
    lack = _lack([sample for sample in samples if sample.interface == missing])
    why = f"no {missing.upper()} deployment {lack if planned else 'is planned'}"
    most = units.significant(measured.metrics["throughput_rps"].middle)
    return (
        f"nothing can be compared: {why}. {label(best)} served the most, "
        f"{most} requests per second at {clients(measured.users)}{_within(measured)}"
        f"{flag(measured.doubts)}."
    )


def _within(sample: Sample) -> str:
    """Return how many were served in time, where a scenario has a time for it."""
    limit = units.milliseconds(sample.objective_ms or 0)
    return f", {share_in_time(sample)} of them within {limit}" if sample.served else ""


def _lack(samples: Sequence[Sample]) -> str:
    """Return what no deployment of these has: anything to compare."""
    if any(sample.failing for sample in samples):
        return f"has a load at which at most {units.threshold(MOST_ERRORS)} of its requests failed"
    return "has a measurement"


def _claim(contest: Contest) -> str:
    if contest.findings & {"<", ">"}:
        return f"{label(contest.asgi)} served {_lead(contest)}."
    return _inconclusive(contest)


def _lead(contest: Contest) -> str:
    """Return where one side served more or fewer, and by how much, with bounds."""
    text = ""
    previous: Stretch | None = None
    for stretch in (each for each in contest.stretches if each.decided):
        text += _joint(previous, stretch) + _direction(stretch)
        if previous is None:
            text += f" requests per second than {label(contest.wsgi)}"
        text += f" {where(stretch, contest.levels)}: {_amount(stretch, contest)}"
        previous = stretch
    return text


def _short_lead(stretches: Sequence[Stretch], contest: Contest) -> str:
    """Return the same of another deployment as a remark, without bounds."""
    text = ""
    previous: Stretch | None = None
    for stretch in (each for each in stretches if each.decided):
        text += _joint(previous, stretch) + _direction(stretch)
        text += f" {where(stretch, contest.levels)} ({_short_amount(stretch, contest)})"
        previous = stretch
    return text


def _direction(stretch: Stretch) -> str:
    return "more" if stretch.finding == ">" else "fewer"


def _joint(previous: Stretch | None, stretch: Stretch) -> str:
    if previous is None:
        return ""
    return ", and " if previous.finding == stretch.finding else ", but "


def _inconclusive(contest: Contest) -> str:
    asgi = label(contest.asgi)
    wsgi = label(contest.wsgi)
    last = {stretch.finding: stretch for stretch in contest.stretches}
    if "~" in last:
        return (
            f"there was {NO_DIFFERENCE} in requests per second between {asgi} and {wsgi} "
            f"{contest.places('~', 'any')}{_criterion(contest)}. "
            f"ASGI served {_amount(last['~'], contest)}."
        )
    if "once" in last:
        once = last["once"]
        return (
            f"in a single round, which decides nothing, {asgi} served {_factor(once)} requests per "
            f"second as {wsgi}{_load(once)} ({_bounds(once, contest)})."
        )
    return (
        f"nothing can be compared: {asgi} and {wsgi} "
        "were never measured at the same load in the same round."
    )


def _remarks(contest: Contest) -> str:
    """Return what else is to be said of the loads beside the claim."""
    findings = contest.findings
    text = ""
    if "~" in findings and findings & {"<", ">"}:
        places = contest.places("~", "any")
        text += f" There was {NO_DIFFERENCE} {places}{_criterion(contest)}."
    if "once" in findings and findings & {"<", "~", ">"}:
        text += f" A single round, which decides nothing, was measured {contest.places('once')}."
    if "missing" in findings and len(findings) > 1:
        text += f" No comparison was possible {contest.places('missing')}."
    return text + _flagged_loads(contest)


def _criterion(contest: Contest) -> str:
    """Return by which margin, and where too few requests were counted to decide."""
    steps = [step for stretch in contest.stretches for step in stretch.steps]
    ratios = [step.comparison for step in steps if step.finding == "~" and step.comparison]
    few = [ratio.users for ratio in ratios if exceeds_margin(ratio.ratio)]
    chance = f"; too few requests at {loads(few)} to rule out chance" if few else ""
    return f" (margin {MARGIN_TEXT}{chance})"


def _flagged_loads(contest: Contest) -> str:
    steps = [step for stretch in contest.stretches for step in stretch.steps]
    weak = [step.comparison for step in steps if step.comparison and step.comparison.doubts]
    if not weak:
        return ""
    gates = dict.fromkeys(side for comparison in weak for side in comparison.doubts)
    reasons = "; ".join(f"{side.deployment}: {side.gate}" for side in gates)
    subject = "The result" if len(weak) == 1 else "The results"
    verb = "rests" if len(weak) == 1 else "rest"
    places = loads([comparison.users for comparison in weak])
    return f" {subject} at {places} {verb} on flagged trials ({reasons})."


def _crossings(contest: Contest) -> str:
    """Return between which loads the lead changed, beside the slots of the reference."""
    crossings = []
    for before, stretch in pairwise(contest.stretches):
        if stretch.decided and before.finding in ("<", "~", ">"):
            low = before.steps[-1].users
            high = stretch.steps[0].users
            verb = "drew ahead" if stretch.finding == ">" else "fell behind"
            step = f"between {units.count(low)} and {clients(high)}"
            slots = _slots(contest.wsgi.sample, low, high)
            crossings.append(f"{contest.asgi.sample.deployment} {verb} {step}{slots}")
    return f"{'; '.join(crossings)}." if crossings else ""


def _slots(wsgi: Sample, low: int, high: int) -> str:
    if wsgi.slots is None:
        return ""
    if wsgi.slots < low:
        place = "below"
    elif wsgi.slots > high:
        place = "above"
    else:
        place = "within"
    return f" (the {units.count(wsgi.slots)} slots of {wsgi.deployment} are {place} that step)"


def _rivals(plan: Plan, scenario: Scenario, contest: Contest) -> str:
    """Return how the other ASGI deployments did against the same reference."""
    clauses = [
        f"{name} {_rival(contest.stretches_of(name), contest)}"
        for name in _other_deployments(plan, scenario, contest.asgi.sample.deployment)
    ]
    if not clauses:
        return ""
    return f"compared with the same {contest.wsgi.sample.deployment}, {'; '.join(clauses)}."


def _other_deployments(plan: Plan, scenario: Scenario, best: str) -> Iterator[str]:
    """Yield the other ASGI deployments of a scenario, each under its first label only.

    harness.report.noise_floor and harness.report.league have the rest.
    """
    others = beside(plan.deployments)
    for server in plan.against(scenario):
        if server.interface == "asgi" and server.name not in {best, *others}:
            yield server.name


def _rival(stretches: Sequence[Stretch], contest: Contest) -> str:
    if any(stretch.decided for stretch in stretches):
        return f"served {_short_lead(stretches, contest)}"
    if any(stretch.finding == "~" for stretch in stretches):
        return f"showed {NO_DIFFERENCE} {places(stretches, '~', contest.levels, 'any')}"
    return "cannot be judged"


def _amount(stretch: Stretch, contest: Contest) -> str:
    return f"{_factor(stretch)}{_load(stretch)} ({_bounds(stretch, contest)})"


def _bounds(stretch: Stretch, contest: Contest) -> str:
    cited = stretch.evidence
    return f"{contest.slots(cited.users)}, {bounds(cited.ratio)}{flag(cited.doubts)}"


def _short_amount(stretch: Stretch, contest: Contest) -> str:
    cited = stretch.evidence
    slots = contest.slots(cited.users)
    return f"{_factor(stretch)}{_load(stretch)}, {slots}{flag(cited.doubts)}"


def _factor(stretch: Stretch) -> str:
    return f"{units.factor(stretch.evidence.ratio.middle)} times as many"


def _load(stretch: Stretch) -> str:
    """Return the load that is cited, where the stretch has several."""
    return f" at {clients(stretch.evidence.users)}" if len(stretch.steps) > 1 else ""

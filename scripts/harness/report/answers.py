"""Put the comparison into plain sentences: who served more, at which loads, by how much. Pure.

Every load of the plan is accounted for, also the inconclusive ones, those of a single round and
those not measured. The sentences say what was measured, never why it came out so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.core import units
from harness.core.labels import clients, loads
from harness.core.plan import Plan, Scenario
from harness.core.statistics import exceeds_margin
from harness.core.summary import Comparison, Sample
from harness.report import open_loop
from harness.report.wording import MARGIN_TEXT, bounds, flag, where
from harness.runs import compare
from harness.runs.compare import Finding, Stretch

NO_DIFFERENCE = "no measurable difference"


@dataclass(frozen=True, slots=True)
class _Contest:
    """The best deployment of each interface in one scenario, compared load by load."""

    asgi: Sample
    wsgi: Sample
    levels: tuple[int, ...]
    stretches: tuple[Stretch, ...]

    @property
    def findings(self) -> set[Finding]:
        """Return which findings occur at any load."""
        return {stretch.finding for stretch in self.stretches}

    def places(self, finding: Finding, every: str = "every") -> str:
        """Return the loads of one finding in words."""
        return _places(self.stretches, finding, self.levels, every)


def answers(
    plan: Plan, samples: Sequence[Sample], comparisons: Sequence[Comparison]
) -> tuple[str, ...]:
    """Return which side served more at which loads: a claim per scenario, then the details.

    The first is the headline; it is about the plan's first scenario.
    """
    claims: list[str] = []
    details: list[str] = []
    for scenario in plan.scenarios:
        here = [sample for sample in samples if sample.scenario == scenario.name]
        pairs = [each for each in comparisons if each.scenario == scenario.name]
        if plan.load_of(scenario).model == "open":
            details += open_loop.answers(scenario, here)
        else:
            claim, *more = _closed_loop(plan, scenario, here, pairs)
            claims.append(f"{_opening(plan, scenario)} {claim}")
            details += (f"For `{scenario.name}`, {detail}" for detail in more)
    return (*claims, *details) or ("Nothing was measured.",)


def _closed_loop(
    plan: Plan, scenario: Scenario, samples: Sequence[Sample], pairs: Sequence[Comparison]
) -> list[str]:
    """Return the claim about one scenario, then its details."""
    wsgi = compare.best(samples, scenario.name, "wsgi")
    asgi = compare.best(samples, scenario.name, "asgi")
    if wsgi is None or asgi is None:
        return [_one_sided(plan, wsgi or asgi)]
    against = [pair for pair in pairs if pair.bottom == wsgi.deployment]
    contest = _contest(plan, scenario, asgi, wsgi, against)
    details = (
        _crossings(contest),
        _latency(samples, [pair for pair in against if pair.top == asgi.deployment]),
        _rivals(plan, scenario, contest, against),
    )
    return [_claim(contest) + _remarks(contest), *filter(None, details)]


def _contest(
    plan: Plan, scenario: Scenario, asgi: Sample, wsgi: Sample, against: Sequence[Comparison]
) -> _Contest:
    """Return the comparison of two deployments at the loads that both climb."""
    levels = tuple(
        users
        for users in plan.load_of(scenario).users
        if scenario.climbs(asgi.deployment, users) and scenario.climbs(wsgi.deployment, users)
    )
    return _Contest(asgi, wsgi, levels, _stretches(levels, against, asgi.deployment))


def _stretches(
    levels: Sequence[int], against: Sequence[Comparison], name: str
) -> tuple[Stretch, ...]:
    """Return the findings on one deployment's throughput, neighbouring loads joined."""
    rates = [pair for pair in against if pair.metric == "throughput_rps" and pair.top == name]
    return compare.stretches(levels, rates)


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
        f"nothing can be compared: {why}. {_label(measured)} served the most, "
        f"{most} requests per second at {clients(measured.users)}{flag(measured.doubts)}."
    )


def _claim(contest: _Contest) -> str:
    if contest.findings & {"<", ">"}:
        opponent = f" requests per second than {_label(contest.wsgi)}"
        lead = _lead(contest.stretches, contest.levels, opponent)
        return f"{_label(contest.asgi)} served {lead}."
    return _inconclusive(contest)


def _lead(stretches: Sequence[Stretch], levels: Sequence[int], opponent: str = "") -> str:
    """Return where one side served more or fewer and by how much.

    With an `opponent`, named once, each amount has its bounds; without, it is a short remark.
    """
    text = ""
    previous: Stretch | None = None
    for stretch in (each for each in stretches if each.decided):
        text += _joint(previous, stretch)
        text += "more" if stretch.finding == ">" else "fewer"
        text += opponent if previous is None else ""
        text += f" {where(stretch, levels)}"
        text += f": {_amount(stretch)}" if opponent else f" ({_short_amount(stretch)})"
        previous = stretch
    return text


def _joint(previous: Stretch | None, stretch: Stretch) -> str:
    if previous is None:
        return ""
    return ", and " if previous.finding == stretch.finding else ", but "


def _inconclusive(contest: _Contest) -> str:
    asgi = _label(contest.asgi)
    wsgi = _label(contest.wsgi)
    last = {stretch.finding: stretch for stretch in contest.stretches}
    if "~" in last:
        return (
            f"there was {NO_DIFFERENCE} in requests per second between {asgi} and {wsgi} "
            f"{contest.places('~', 'any')}{_criterion(contest)}. "
            f"ASGI served {_amount(last['~'])}."
        )
    if "once" in last:
        return (
            "nothing can be decided: no load was measured on both sides in more than one round. "
            f"Compared with {wsgi}, {asgi} served {_amount(last['once'])}."
        )
    return (
        f"nothing can be compared: {asgi} and {wsgi} "
        "were never measured at the same load in the same round."
    )


def _remarks(contest: _Contest) -> str:
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


def _criterion(contest: _Contest) -> str:
    """Return by which margin, and where too few requests were counted to decide."""
    steps = [step for stretch in contest.stretches for step in stretch.steps]
    ratios = [step.comparison for step in steps if step.finding == "~" and step.comparison]
    few = [ratio.users for ratio in ratios if exceeds_margin(ratio.ratio)]
    chance = f"; too few requests at {loads(few)} to rule out chance" if few else ""
    return f" (margin {MARGIN_TEXT}{chance})"


def _flagged_loads(contest: _Contest) -> str:
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


def _crossings(contest: _Contest) -> str:
    """Return between which loads the lead changed, beside the slots of the reference."""
    crossings = []
    for before, stretch in pairwise(contest.stretches):
        if stretch.decided and before.finding in ("<", "~", ">"):
            low = before.steps[-1].users
            high = stretch.steps[0].users
            verb = "drew ahead" if stretch.finding == ">" else "fell behind"
            step = f"between {units.count(low)} and {clients(high)}"
            slots = _slots(contest.wsgi, low, high)
            crossings.append(f"{contest.asgi.deployment} {verb} {step}{slots}")
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


def _latency(samples: Sequence[Sample], pair: Sequence[Comparison]) -> str:
    """Return the p95 of both sides at the highest load that both have."""
    compared = [comparison for comparison in pair if comparison.metric == "latency_p95_ms"]
    if not compared:
        return ""
    highest = compared[-1]
    here = [sample for sample in samples if sample.users == highest.users]
    p95 = {sample.deployment: sample.metrics.get(highest.metric) for sample in here}
    asgi = p95[highest.top]
    wsgi = p95[highest.bottom]
    if asgi is None or wsgi is None:
        return ""
    inconclusive = "inconclusive, " if highest.sign == "~" else ""
    return (
        f"at {clients(highest.users)}, 95% of the successful requests took at most "
        f"{units.milliseconds(asgi.middle)} with {highest.top} and "
        f"{units.milliseconds(wsgi.middle)} with {highest.bottom} "
        f"({inconclusive}{units.factor(highest.ratio.middle)} times as long, "
        f"{bounds(highest.ratio)}{flag(highest.doubts)})."
    )


def _rivals(
    plan: Plan, scenario: Scenario, contest: _Contest, against: Sequence[Comparison]
) -> str:
    """Return how the other ASGI deployments did against the same reference."""
    clauses = [
        f"{name} {_rival(_stretches(contest.levels, against, name), contest.levels)}"
        for name in _other_deployments(plan, scenario, contest.asgi.deployment)
    ]
    if not clauses:
        return ""
    return f"compared with the same {contest.wsgi.deployment}, {'; '.join(clauses)}."


def _other_deployments(plan: Plan, scenario: Scenario, best: str) -> Iterator[str]:
    """Yield the other ASGI deployments of a scenario, each under one label only.

    harness.report.noise_floor has the rest.
    """
    labels = compare.identical_pairs(plan.deployments)
    listed = {best}
    for server in plan.against(scenario):
        synonyms = {name for pair in labels for name in pair if server.name in pair}
        if server.interface == "asgi" and listed.isdisjoint({server.name, *synonyms}):
            listed.add(server.name)
            yield server.name


def _rival(stretches: Sequence[Stretch], levels: Sequence[int]) -> str:
    if any(stretch.decided for stretch in stretches):
        return f"served {_lead(stretches, levels)}"
    if any(stretch.finding == "~" for stretch in stretches):
        return f"showed {NO_DIFFERENCE} {_places(stretches, '~', levels, 'any')}"
    return "cannot be judged"


def _label(sample: Sample) -> str:
    return f"{sample.deployment} ({sample.interface.upper()})"


def _places(
    stretches: Sequence[Stretch], finding: Finding, levels: Sequence[int], every: str
) -> str:
    places = (where(each, levels, every) for each in stretches if each.finding == finding)
    return " and ".join(places)


def _amount(stretch: Stretch) -> str:
    cited = stretch.evidence
    return f"{_times(stretch)} ({bounds(cited.ratio)}{flag(cited.doubts)})"


def _short_amount(stretch: Stretch) -> str:
    return f"{_times(stretch)}{flag(stretch.evidence.doubts)}"


def _times(stretch: Stretch) -> str:
    cited = stretch.evidence
    load = f" at {clients(cited.users)}" if len(stretch.steps) > 1 else ""
    return f"{units.factor(cited.ratio.middle)} times as many{load}"

"""The best deployment of each interface in one scenario, compared load by load. Pure.

The sentences of `answers` and of `in_short` are about this.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.core.plan import Plan, Scenario
from harness.core.summary import Comparison, Sample
from harness.report.wording import per_slot, where
from harness.runs import compare
from harness.runs.compare import Finding, Stretch
from harness.runs.leaders import Leader, leader

THROUGHPUT = "throughput_rps"
NO_DIFFERENCE = "no measurable difference"


@dataclass(frozen=True, slots=True)
class Contest:
    """Two deployments at the loads that both climb.

    `against` are the comparisons of all ASGI deployments with this WSGI one.
    """

    asgi: Leader
    wsgi: Leader
    levels: tuple[int, ...]
    stretches: tuple[Stretch, ...]
    against: tuple[Comparison, ...]

    @property
    def findings(self) -> set[Finding]:
        """Return which findings occur at any load."""
        return {stretch.finding for stretch in self.stretches}

    def places(self, finding: Finding, every: str = "every") -> str:
        """Return the loads of one finding in words."""
        return places(self.stretches, finding, self.levels, every)

    def slots(self, users: int) -> str:
        """Return how many users share a slot of the WSGI deployment."""
        return per_slot(replace(self.wsgi.sample, users=users))

    def stretches_of(self, name: str) -> tuple[Stretch, ...]:
        """Return the findings on one ASGI deployment's throughput, neighbouring loads joined."""
        rates = [each for each in self.against if each.metric == THROUGHPUT and each.top == name]
        return compare.stretches(self.levels, rates)


def contest(
    plan: Plan, scenario: Scenario, samples: Sequence[Sample], pairs: Sequence[Comparison]
) -> Contest | None:
    """Return the contest of a scenario, of its samples and comparisons; None with one side only."""
    wsgi = leader(samples, "wsgi", THROUGHPUT)
    asgi = leader(samples, "asgi", THROUGHPUT)
    if wsgi is None or asgi is None:
        return None
    names = (asgi.sample.deployment, wsgi.sample.deployment)
    levels = tuple(
        users
        for users in plan.load_of(scenario).users
        if all(scenario.climbs(name, users) for name in names)
    )
    against = tuple(pair for pair in pairs if pair.bottom == wsgi.sample.deployment)
    unjudged = Contest(asgi, wsgi, levels, (), against)
    return replace(unjudged, stretches=unjudged.stretches_of(asgi.sample.deployment))


def places(
    stretches: Sequence[Stretch], finding: Finding, levels: Sequence[int], every: str
) -> str:
    """Return at which loads stretches with one finding lie, in words."""
    loads = (where(each, levels, every) for each in stretches if each.finding == finding)
    return " and ".join(loads)

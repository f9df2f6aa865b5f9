"""Count what one request costs each deployment of a plan, in instructions."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue

from harness.checks.instructions import counts
from harness.core.errors import BenchError
from harness.core.plan import Deployment, Plan, Scenario
from harness.host.machine import Cores
from harness.rig.valgrind import lacking


@dataclass(frozen=True, slots=True)
class RequestCost:
    """The instructions of one request of some paths, by one deployment, and of its start."""

    scenario: str
    deployment: str
    paths: str
    per_request: int
    to_start: int


def request_costs(plan: Plan, cores: Cores) -> Iterator[RequestCost]:
    """Yield the cost of each deployment, in the order of the plan: as many at once as have a core.

    Raise BenchError where nothing can be counted: valgrind is missing, or no scenario names paths
    by `instructions`.
    """
    if reason := lacking():
        raise BenchError(reason)
    asked = [
        (scenario, deployment)
        for scenario in plan.scenarios
        if scenario.instructions
        for deployment in plan.against(scenario)
    ]
    if not asked:
        raise BenchError(
            f"plan {plan.name}: no scenario says what to count; set for instance "
            'instructions = ["/{views}/plain/?n={n}"]'
        )
    places = list(dict.fromkeys((cores.server, cores.load)))
    free: SimpleQueue[Sequence[int]] = SimpleQueue()
    for place in places:
        free.put(place)
    with ThreadPoolExecutor(len(places)) as threads:
        yield from threads.map(lambda each: _at(free, partial(_cost, plan, *each)), asked)


def _at(
    free: "SimpleQueue[Sequence[int]]", count: Callable[[Sequence[int]], RequestCost]
) -> RequestCost:
    """Count on cores that nobody else counts on."""
    place = free.get()
    try:
        return count(place)
    finally:
        free.put(place)


def _cost(plan: Plan, scenario: Scenario, deployment: Deployment, on: Sequence[int]) -> RequestCost:
    paths = deployment.asked(scenario.instructions)
    (count,) = counts([plan.application], deployment, paths, places=[on])
    return RequestCost(
        scenario=scenario.name,
        deployment=deployment.name,
        paths=", ".join(paths),
        per_request=round(count.per_request),
        to_start=round(count.to_start),
    )

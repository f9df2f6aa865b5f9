"""What requests take behind each server, from a climb with few users: S, D, Z, and the fit. Pure.

S is that of the highest load step with enough requests that no gate flagged: a core that is idle in
between spends more on each. D is what the server says of its waits (Server-Timing), else what the
plan does, else the latency of a lone user without its CPU time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from harness.core.bounds import Bound
from harness.core.candidates import Demand
from harness.core.closed_network import ClosedNetwork
from harness.core.plan import Objective, Scenario
from harness.core.record import Record
from harness.core.summary import Sample
from harness.runs import service_demand
from harness.runs.predictions import THROUGHPUT, Step, has_queue, steps, usable_cores, wait_ms

# Latency and CPU time are told apart by what a client's own time, and a clock tick, do not hide.
LEAST_WAIT_MS, LEAST_WAIT_SHARE = 1.0, 0.2

# With fewer requests CPU time is a matter of single clock ticks.
FEW_REQUESTS = 20

# Endpoints that differ by so much have no typical request.
UNLIKE = 100


def demands(
    scenario: Scenario, objective: Objective, samples: Iterable[Sample], records: Iterable[Record]
) -> tuple[Demand, ...]:
    """Return the demand behind each deployment of which an S could be measured.

    `samples` are those of one scenario, in the order of the plan.
    """
    climbs = groupby(steps(samples, records), lambda step: step.sample.deployment)
    each = (_demand(scenario, objective, tuple(climb)) for _, climb in climbs)
    return tuple(demand for demand in each if demand)


def unlike_paths(samples: Iterable[Sample]) -> dict[str, float]:
    """Return the slowest and the fastest kind of request with their p50 in ms, where they differ.

    UNLIKE times at least, at the first load step that tells. Empty where they do not.
    """
    for sample in samples:
        latencies = {
            each.label: each.metrics["latency_p50_ms"].middle
            for each in sample.names
            if not each.fired and "latency_p50_ms" in each.metrics
        }
        if len(latencies) > 1:
            *_, fastest = ranked = sorted(latencies, key=lambda name: -latencies[name])
            if latencies[ranked[0]] >= UNLIKE * latencies[fastest]:
                return {name: latencies[name] for name in (ranked[0], fastest)}
    return {}


def _demand(scenario: Scenario, objective: Objective, climb: Sequence[Step]) -> Demand | None:
    """Return what requests take, by one climb; None where even all of its loads do not tell S."""
    costs = ((step, service_demand.at_step_ms(step.records)) for step in reversed(climb))
    source = next((step for step, cpu_ms in costs if cpu_ms), None)
    trusted = [step.sample for step in climb if not step.sample.doubts]
    steps_of_s = [source.sample] if source else trusted
    cpu_ms = service_demand.mean_ms(steps_of_s, FEW_REQUESTS)
    if not cpu_ms:
        return None
    waits_ms, apparent = _wait(scenario, climb)
    system = replace(climb[0].bound, wait_ms=waits_ms, cpu_ms=cpu_ms, cores=usable_cores(climb))
    return Demand(
        deployment=climb[0].sample.deployment,
        system=system,
        alone_ms=_alone_ms(objective, climb),
        tells_wait=apparent,
        error=_error(source.sample, system) if source else None,
    )


def _wait(scenario: Scenario, climb: Sequence[Step]) -> tuple[float, bool]:
    """Return D, and whether it can be told from the CPU time; 0 where it cannot."""
    enough = (step for step in climb if _requests(step) >= service_demand.ENOUGH_REQUESTS)
    parts = next(enough, climb[0]).sample.parts
    if "part_wait_ms" in parts:
        return parts["part_wait_ms"], True
    if scenario.wait_ms:
        return scenario.wait_ms, True
    waits_ms = wait_ms(scenario, climb[0])
    latency = climb[0].sample.metrics.get("latency_mean_ms")
    if waits_ms is None or latency is None:
        return 0.0, False
    apparent = waits_ms >= max(LEAST_WAIT_MS, LEAST_WAIT_SHARE * latency.middle)
    return (waits_ms, True) if apparent else (0.0, False)


def _requests(step: Step) -> int:
    return sum(record.measurement.requests or 0 for record in step.records)


def _alone_ms(objective: Objective, climb: Iterable[Step]) -> dict[str, float]:
    """Return each percentile of the objective at the lowest trusted load step without a queue."""
    alone: dict[str, float] = {}
    for step in climb:
        if not step.sample.doubts and not has_queue(step):
            for metric in objective.limits:
                if spread := step.sample.metrics.get(metric):
                    alone.setdefault(metric, spread.middle)
    return alone


def _error(sample: Sample, system: Bound) -> float | None:
    """Return how far the model is off the throughput of the load step that it has S from.

    S is CPU time alone, so throughput may well be another: locks, pools and services limit it too.
    """
    measured = sample.metrics.get(THROUGHPUT)
    if measured is None:
        return None
    network = ClosedNetwork(system, sample.users)
    return network.throughput_rps(sample.users) / measured.middle - 1

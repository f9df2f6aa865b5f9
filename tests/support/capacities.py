"""Capacity searches that never took place: targets, and records of trials on simulated servers."""

from collections.abc import Callable
from pathlib import Path

from harness.core.gate import Doubt, GateName
from harness.core.holding import Holding
from harness.core.metrics import Measurement
from harness.core.plan import Deployment, Objective, Plan, Quantity, Scenario
from harness.core.record import Extra, Record
from harness.core.trial import Trial
from harness.runs import capacity
from harness.runs.capacity import Target
from tests.support.builders import DEPLOYMENTS, plan

OBJECTIVE = Objective(p95_ms=500)
SCENARIO = Scenario(
    name="wait", locustfile=Path("wait.py"), settings={"wait_ms": 250}, objective=OBJECTIVE
)
PLAN: Plan = plan(deployments=DEPLOYMENTS[1:4], scenarios=[SCENARIO])
GTHREAD, UVICORN, SHARED = PLAN.deployments

Judge = Callable[[float], tuple[Measurement, tuple[GateName, ...]]]


def target(
    deployment: Deployment = GTHREAD, quantity: Quantity = "rate", objective: Objective = OBJECTIVE
) -> Target:
    """Build a target that is not calibrated."""
    aimed = SCENARIO.model_copy(update={"objective": objective})
    return capacity.target(deployment, aimed, capacity.in_place_of(PLAN.load, quantity))


def measured(load: float, p95_ms: float, served_rps: float = 0) -> Measurement:
    """Build what was measured at a load; by default all of it was served."""
    return Measurement(
        measured_s=5,
        requests=1000,
        error_share=0.0,
        throughput_rps=served_rps or load,
        latency_p95_ms=p95_ms,
        server_cpu_ms_per_request=0.8,
    )


def record(trial: Trial, measurement: Measurement, *gates: GateName, grew: bool = False) -> Record:
    """Build the record of a trial that failed some gates."""
    doubts = tuple(Doubt(gate, "a reason") for gate in gates)
    extra = Extra(grew=grew, server_pss_mib=60.0)
    return Record(trial, "2026-01-01T00:00:00+00:00", measurement, extra, doubts)


def holds(capacity_rps: float) -> Judge:
    """Build a server that answers within 260 ms up to its capacity, and beyond it in 2 s."""

    def judge(load: float) -> tuple[Measurement, tuple[GateName, ...]]:
        if load <= capacity_rps:
            return measured(load, 260), ()
        return measured(load, 2000, capacity_rps), (GateName.STEADY, GateName.UNANSWERED)

    return judge


def flagged_from(load_rps: float) -> Judge:
    """Build a server of which no trial from a load on can be trusted."""

    def judge(load: float) -> tuple[Measurement, tuple[GateName, ...]]:
        return measured(load, 260), (GateName.GENERATOR,) if load >= load_rps else ()

    return judge


def searched(judge: Judge, of: Target) -> Holding:
    """Return what a whole search comes to."""
    (holding,) = capacity.holdings([of], records_of_search(judge, of))
    return holding


def records_of_search(judge: Judge, of: Target) -> list[Record]:
    """Return the records of a whole search, in the order of its trials."""
    records: list[Record] = []
    while block := capacity.next_block(of, records):
        (trial,) = block.trials
        measurement, gates = judge(trial.step)
        records.append(record(trial, measurement, *gates))
    return records

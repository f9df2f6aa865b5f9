"""Up to which load each deployment met a scenario's objective, in every round. Pure."""

from collections.abc import Iterable, Sequence

from harness.core import statistics
from harness.core.metrics import METRICS
from harness.core.plan import Deployment, Objective, Plan, Scenario
from harness.core.record import Record
from harness.core.summary import Attainment


def attainments(plan: Plan, records: Iterable[Record]) -> tuple[Attainment, ...]:
    """Return an attainment for each deployment of each scenario that states an objective.

    A deployment without a load step that could be judged has none; what a search comes to is in
    harness.runs.capacity.
    """
    stored = list(records)
    each = (
        _attainment(scenario, deployment, scenario.objective, stored)
        for scenario in plan.scenarios
        if scenario.objective and not plan.load_of(scenario).search
        for deployment in plan.against(scenario)
    )
    return tuple(attainment for attainment in each if attainment)


def meets(record: Record, objective: Objective) -> bool | None:
    """Return whether one trial met an objective; None where a percentile cannot be judged.

    That is where it had too few requests for the percentile, or is a lower bound within the limit.
    A trial that failed met nothing.
    """
    measurement, extra = record.measurement, record.extra
    if measurement.requests is None:
        return False
    unanswered = extra.unanswered_share or 0.0
    if (measurement.error_share or 0.0) + unanswered > objective.failed_share:
        return False
    verdicts = {
        _within(getattr(measurement, name), limit_ms, METRICS[name].is_lower_bound(unanswered))
        for name, limit_ms in objective.limits.items()
    }
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _within(value_ms: float | None, limit_ms: float, lower_bound: bool) -> bool | None:
    if value_ms is None:
        return None
    if value_ms > limit_ms:
        return False
    return None if lower_bound else True


def _attainment(
    scenario: Scenario, deployment: Deployment, objective: Objective, records: Sequence[Record]
) -> Attainment | None:
    """Return up to which load a deployment met the objective, with all loads below.

    A load is met where each of its rounds met it. One that cannot be judged is passed over.
    """
    loads: dict[float | None, list[Record]] = {}
    for record in records:
        if (record.trial.deployment, record.trial.scenario) == (deployment.name, scenario.name):
            loads.setdefault(record.trial.step, []).append(record)
    highest = missed = None
    for load, trials in sorted(loads.items()):
        verdicts = {meets(record, objective) for record in trials}
        if False in verdicts:
            missed = load
            break
        if None not in verdicts:
            highest = load
    if highest is None and missed is None:
        return None
    at_highest, at_missed = loads.get(highest, []), loads.get(missed, [])
    return Attainment(
        scenario=scenario.name,
        deployment=deployment.name,
        highest=highest,
        missed=missed,
        flagged=any(record.doubts for record in at_highest),
        highest_rps=_rate_rps(at_highest),
        missed_rps=_rate_rps(at_missed),
    )


def _rate_rps(trials: Iterable[Record]) -> float | None:
    """Return the requests per second of a load over its rounds, as its sample has them."""
    rates = [record.trial.rate_rps or record.measurement.throughput_rps for record in trials]
    measured = [rate for rate in rates if rate is not None]
    spread = statistics.spread(measured, METRICS["throughput_rps"].mean.within)
    return spread.middle if spread else None

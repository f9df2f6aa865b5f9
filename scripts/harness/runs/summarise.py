"""From a run's records to the numbers that a report may show. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import inf
from statistics import median

from harness.core import statistics
from harness.core.bounds import Bound
from harness.core.cpu_profile import CpuProfile
from harness.core.gate import CellDoubt, GateName
from harness.core.holding import Holding
from harness.core.metrics import MEMORY, METRICS, OF_STREAMS, SERVED, Metric
from harness.core.plan import Deployment, Plan, Scenario
from harness.core.record import Extra, Record
from harness.core.summary import HeatMap, Lanes, Sample, Spread, StopTally, Summary, Timeline
from harness.core.trial import CellKey
from harness.measure import gates
from harness.measure.breakdown import OUTSIDE, PARTS
from harness.runs import (
    bridges,
    by_name,
    compare,
    connection_cost,
    framework_cost,
    memory,
    objectives,
    predictions,
    service_demand,
)
from harness.runs.database_use import database_use
from harness.runs.leaders import first_labels
from harness.runs.league import league
from harness.runs.lower_bounds import informative
from harness.runs.worker_families import worker_families
from harness.runs.workers import worker_spreads

# Up to so many requests for each task are one: the window's edges cut off tasks.
ONE_REQUEST = 1.1


def summarise(
    run: str,
    plan: Plan,
    machine: dict[str, str],
    records: Sequence[Record],
    timelines: Sequence[Timeline] = (),
    calibrated: bool = False,
    stopped: Sequence[StopTally] = (),
    lanes: Sequence[Lanes] = (),
    heat_maps: Sequence[HeatMap] = (),
    profiles: Sequence[CpuProfile] = (),
    holdings: Sequence[Holding] = (),
) -> Summary:
    """Return the summary of a run; samples stand in the order of the plan.

    Args:
        run: its name.
        plan: its plan.
        machine: the facts of the machine; `server_cores` is how many cores serve, 1 without it.
        records: its records in any order; what has none yet is left out.
        timelines: blocks second by second, passed on as they are.
        calibrated: whether the gate envelope had a calibration to judge by.
        stopped: how often servers with a probe stopped, passed on as it is.
        lanes: requests over time, passed on as they are.
        heat_maps: latencies over time, passed on as they are.
        profiles: where the CPU time of servers went, passed on as it is.
        holdings: what was searched for, passed on as it is.
    """
    cores = int(machine.get("server_cores", "1"))
    samples = _samples(plan, cores, records)
    return Summary(
        run=run,
        plan=plan.name,
        machine=dict(machine),
        rounds=plan.rounds,
        samples=samples,
        comparisons=compare.compare(first_labels(samples, plan.deployments)),
        alike=compare.compare_identical(samples, compare.identical_pairs(plan.deployments)),
        gates=gates.tally(records, calibrated),
        timelines=tuple(timelines),
        stopped=tuple(stopped),
        lanes=tuple(lanes),
        heat_maps=tuple(heat_maps),
        prices=connection_cost.prices(plan, records),
        attainments=objectives.attainments(plan, records),
        bridges=bridges.bridges(samples),
        frameworks=framework_cost.framework_costs(plan, samples),
        league=league(plan, samples),
        workers=worker_spreads(plan, records),
        families=worker_families(plan, cores),
        predictions=predictions.predictions(plan, samples, records),
        memory_uses=memory.memory_uses(plan, records),
        profiles=tuple(profiles),
        holdings=tuple(holdings),
    )


def _samples(plan: Plan, cores: float, records: Iterable[Record]) -> tuple[Sample, ...]:
    """Return a sample for each cell that has records, in the order of the plan."""
    cells: dict[CellKey, dict[int, Record]] = {}
    for record in records:
        cells.setdefault(record.trial.cell, {})[record.trial.round] = record
    samples: list[Sample] = []
    for scenario in plan.scenarios:
        for deployment in plan.against(scenario):
            keys = [
                CellKey(deployment.name, scenario.name, step)
                for step in plan.load_of(scenario).steps
            ]
            climb = [cells[key] for key in keys if key in cells]
            samples += _climb(plan, scenario, deployment, climb, cores)
    return tuple(samples)


def _climb(
    plan: Plan,
    scenario: Scenario,
    deployment: Deployment,
    climb: Sequence[dict[int, Record]],
    cores: float,
) -> list[Sample]:
    """Return the samples of one deployment in one scenario, with their bounds.

    `climb` has the records of each load by round, from the lowest load up.
    """
    samples = [_sample(plan, scenario, deployment, cell) for cell in climb]
    cpu_ms = service_demand.least_ms(samples) or service_demand.mean_ms(samples)
    records = [record for cell in climb for record in cell.values()]
    waits = (record.extra.wait_ms for record in records)
    wait_ms = next((wait for wait in waits if wait is not None), None)
    if wait_ms is None:
        return informative(samples)
    # An unknown cost bounds nothing.
    bound = Bound(wait_ms, cpu_ms or 0, _think_ms(scenario, records), deployment.slots, cores)
    bounded = [
        _with_bound(sample, bound, cell) for sample, cell in zip(samples, climb, strict=True)
    ]
    return informative(bounded)


def _think_ms(scenario: Scenario, records: Sequence[Record]) -> float:
    """Return Z, the pause before a request: the plan's is one between tasks, however many each has.

    Without one it is the mean of those that the locustfile had of its own.
    """
    if not scenario.think_ms:
        return _median(record.extra.think_ms for record in records) or 0.0
    tasks = sum(record.extra.tasks or 0 for record in records)
    requests = sum(record.measurement.requests or 0 for record in records if record.extra.tasks)
    per_task = requests / tasks if tasks else 1.0
    return scenario.think_ms / (per_task if per_task > ONE_REQUEST else 1.0)


def _with_bound(sample: Sample, bound: Bound, cell: dict[int, Record]) -> Sample:
    """Return a sample with what theory allows at its load, to those users that are not silent."""
    silent = max((record.extra.silent_users or 0 for record in cell.values()), default=0)
    most = min(bound.throughput_rps(sample.users - silent), sample.rate_rps or inf)
    whole = sample.model == "closed" and not silent
    return replace(
        sample,
        bound_rps=most if most < inf else None,
        bound=bound if whole else None,
    )


def _sample(
    plan: Plan, scenario: Scenario, deployment: Deployment, cell: dict[int, Record]
) -> Sample:
    """Return the sample of one cell, whose records are keyed by round."""
    trials = [record.trial for record in cell.values()]
    measured = {n: r for n, r in cell.items() if r.measurement.requests is not None}
    by_round = {name: _by_round(plan, measured, name) for name in METRICS}
    per_round = {
        name: values
        for name, values in by_round.items()
        if _suffices(METRICS[name], values, len(measured))
    }
    # A round without a measurement has nothing of these either.
    rounds = range(1, plan.rounds + 1)
    extras = [measured[n].extra if n in measured else Extra() for n in rounds]
    return Sample(
        scenario=scenario.name,
        deployment=deployment.name,
        interface=deployment.interface,
        views=deployment.views,
        slots=deployment.slots,
        users=trials[0].users,
        rounds=len(measured),
        failed_rounds=len(cell) - len(measured),
        metrics={
            name: spread
            for name, values in per_round.items()
            if (spread := _spread(METRICS[name], values))
        },
        per_round=per_round,
        bound_rps=None,
        doubts=_doubts(cell, plan.rounds_of(scenario, deployment)),
        model=trials[0].model,
        rate_rps=_median([trial.rate_rps for trial in trials]),
        fraction=trials[0].fraction,
        objective_ms=scenario.objective_ms,
        served=_served(record.extra for record in measured.values()),
        served_by_round=tuple(extra.served_share for extra in extras),
        connections_by_round=tuple(extra.server_connections for extra in extras),
        parts=_parts([record.extra for record in measured.values()]),
        core_speeds=tuple(extra.server_core_speed for extra in extras),
        names=by_name.samples([record.names for record in measured.values()]),
        lower_bounds=_lower_bounds(per_round, [record.extra for record in measured.values()]),
        memory=_spread(MEMORY, (extra.server_pss_mib for extra in extras)),
        memory_by_round=tuple(extra.server_pss_mib for extra in extras),
        database=database_use(trials[0], [record.extra for record in measured.values()]),
        streams=_streams([record.extra for record in measured.values()]),
    )


def _lower_bounds(names: Iterable[str], extras: Iterable[Extra]) -> tuple[str, ...]:
    """Return the metrics that are lower bounds in any round, by the share left unanswered."""
    unanswered = max((extra.unanswered_share or 0 for extra in extras), default=0)
    return tuple(name for name in names if METRICS[name].is_lower_bound(unanswered))


def _median(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that are there; None without any."""
    numbers = [value for value in values if value is not None]
    return median(numbers) if numbers else None


def _by_round(plan: Plan, measured: dict[int, Record], metric: str) -> tuple[float | None, ...]:
    """Return a metric's value for each round of the plan; None where it was not measured."""
    rounds = range(1, plan.rounds + 1)
    return tuple(
        getattr(measured[number].measurement, metric) if number in measured else None
        for number in rounds
    )


def _served(extras: Iterable[Extra]) -> Spread | None:
    return _spread(SERVED, (extra.served_share for extra in extras))


def _streams(extras: Sequence[Extra]) -> dict[str, Spread]:
    """Return each metric of streams that any round has, keyed by its name."""
    spreads = {
        each.name: _spread(each, (getattr(e, each.name) for e in extras)) for each in OF_STREAMS
    }
    return {name: spread for name, spread in spreads.items() if spread}


def _parts(extras: Sequence[Extra]) -> dict[str, float]:
    """Return the median over rounds of each part; a server reports all of them or none.

    Where the clocks of its host and the clients' were apart in most rounds, queue and back are one.
    """
    apart = sum(extra.part_outside_ms is not None for extra in extras) * 2 > len(extras)
    two = ("part_queue_ms", "part_back_ms")
    names = [part for part in PARTS if not (apart and part in two)] + [OUTSIDE] * apart
    medians = {part: _median(getattr(extra, part) for extra in extras) for part in names}
    return {part: middle for part, middle in medians.items() if middle is not None}


def _suffices(metric: Metric, values: Iterable[float | None], measured: int) -> bool:
    """Return whether enough of so many measured rounds have the metric: any, or every one."""
    rounds = sum(value is not None for value in values)
    return rounds == measured > 0 if metric.every_round else rounds > 0


def _spread(metric: Metric, values: Iterable[float | None]) -> Spread | None:
    """Return the spread of a metric over the rounds that have it."""
    within = metric.mean.within
    return statistics.spread([value for value in values if value is not None], within)


def _doubts(cell: dict[int, Record], rounds: int) -> tuple[CellDoubt, ...]:
    """Return each gate that any round failed, once, with the first reason of each such round."""
    reasons: dict[GateName, dict[int, str]] = {}
    for number, record in sorted(cell.items()):
        for doubt in record.doubts:
            reasons.setdefault(doubt.gate, {}).setdefault(number, doubt.reason)
    return tuple(
        CellDoubt(gate, tuple(by_round.values()), rounds) for gate, by_round in reasons.items()
    )

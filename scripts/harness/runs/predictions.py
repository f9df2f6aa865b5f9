"""What the CPU time at one load step predicts of the others, and how far off that is. Pure.

S is that of the highest load step below the top one, on whose trials no gate has put a flag. The
top is what a prediction is for, so nothing of it goes into one. A lower step would say less: a core
that is idle in between spends more on each request.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from harness.core.bounds import Bound
from harness.core.closed_network import ClosedNetwork
from harness.core.metrics import METRICS
from harness.core.plan import Plan, Scenario
from harness.core.prediction import Cause, Prediction, StepPrediction
from harness.core.record import Record
from harness.core.summary import Sample
from harness.runs import service_demand
from harness.runs.leaders import ranks

# What a model of this kind is usually trusted with: 10% for throughput, more for latency
# (Lazowska et al. 1984, ch. 2). One limit for both is the stricter one.
WITHIN = 0.10

# A step that is to tell the wait must have no queue: up to half of a core few requests meet.
HALF_BUSY = 0.5

THROUGHPUT, P95 = "throughput_rps", "latency_p95_ms"


@dataclass(frozen=True, slots=True)
class Step:
    """One load step of a climb, with its records."""

    sample: Sample
    bound: Bound
    records: tuple[Record, ...]


def predictions(
    plan: Plan, samples: Iterable[Sample], records: Iterable[Record]
) -> tuple[Prediction, ...]:
    """Return one for each deployment of each closed scenario with an S and a step to judge by.

    `samples` stand in the order of the plan.
    """
    scenarios = {scenario.name: scenario for scenario in plan.scenarios}
    climbs = groupby(
        steps(samples, records), lambda step: (step.sample.scenario, step.sample.deployment)
    )
    each = (_prediction(plan, scenarios[scenario], tuple(climb)) for (scenario, _), climb in climbs)
    return tuple(prediction for prediction in each if prediction)


def steps(samples: Iterable[Sample], records: Iterable[Record]) -> Iterator[Step]:
    """Yield the load steps whose users ask one at a time, again and again, and were answered.

    Where all ask at once there is no steady state, and so no drift either.
    """
    cells: dict[tuple[str, str, int], list[Record]] = {}
    for record in records:
        trial = record.trial
        cells.setdefault((trial.scenario, trial.deployment, trial.users), []).append(record)
    for sample in samples:
        own = cells[sample.scenario, sample.deployment, sample.users]
        measured = tuple(record for record in own if record.measurement.requests)
        loops = all(
            record.extra.drift_share is not None and not record.extra.parallel_requests
            for record in measured
        )
        if sample.bound and measured and loops:
            yield Step(sample, sample.bound, measured)


def _prediction(plan: Plan, scenario: Scenario, climb: Sequence[Step]) -> Prediction | None:
    """Return what one climb's S predicts; None without an S, a wait, or a step to judge by."""
    source = _source(climb[:-1])
    waits_ms = wait_ms(scenario, climb[0])
    if source is None or waits_ms is None:
        return None
    step, cpu_ms = source
    system = replace(step.bound, wait_ms=waits_ms, cpu_ms=cpu_ms, cores=usable_cores(climb))
    percentiles = _alike(plan, scenario, climb)
    return Prediction(
        scenario=scenario.name,
        deployment=step.sample.deployment,
        system=system,
        source_users=step.sample.users,
        workers=_workers(climb),
        percentiles=percentiles,
        steps=tuple(_judge(each, system, percentiles) for each in climb),
    )


def _source(climb: Sequence[Step]) -> tuple[Step, float] | None:
    """Return the highest step that has an S, and that S."""
    demands = ((step, service_demand.at_step_ms(step.records)) for step in reversed(climb))
    return next(((step, cpu_ms) for step, cpu_ms in demands if cpu_ms), None)


def wait_ms(scenario: Scenario, lightest: Step) -> float | None:
    """Return D: what the plan or the server says, else what the lightest step leaves for it.

    That is its mean latency less its CPU time; None where requests may have queued there.
    """
    if "wait_ms" in scenario.settings or "part_wait_ms" in lightest.sample.parts:
        return lightest.bound.wait_ms
    metrics = lightest.sample.metrics
    needed = ("latency_mean_ms", "server_cpu_ms_per_request")
    if any(name not in metrics for name in needed) or has_queue(lightest):
        return None
    latency_ms, cpu_ms = (metrics[name].middle for name in needed)
    return max(0.0, latency_ms - cpu_ms)


def has_queue(step: Step) -> bool:
    """Return whether requests may have queued for a slot or a core, or nothing tells.

    Those of a lone user never do.
    """
    users, busy = step.sample.users, step.sample.metrics.get("server_cpu_share")
    if users == 1:
        return False
    crowded = users > (step.bound.slots or users)
    return busy is None or crowded or busy.middle > HALF_BUSY * usable_cores([step])


def usable_cores(climb: Iterable[Step]) -> float:
    """Return how many cores requests can use: of each process one, by the interpreter's lock."""
    steps = list(climb)
    cores, workers = steps[0].bound.cores, _workers(steps)
    return min(cores, workers) if workers else cores


def _workers(climb: Iterable[Step]) -> int | None:
    """Return the most worker processes at any step; None where nobody counted them."""
    counts = (record.extra.workers for step in climb for record in step.records)
    return max((count for count in counts if count), default=None)


def _alike(plan: Plan, scenario: Scenario, climb: Iterable[Step]) -> bool:
    """Return whether all requests of a scenario are of one kind and wait for as long."""
    constant = plan.upstream is None or plan.upstream.spread == "constant"
    names = {name.label for step in climb for name in step.sample.names if not name.fired}
    return len(names) <= 1 and (constant or "wait_ms" in scenario.settings)


def _judge(step: Step, system: Bound, percentiles: bool) -> StepPrediction:
    """Return what is predicted of a step, held against what was measured there."""
    sample = step.sample
    values = _values(system, sample.users, percentiles)
    errors = _errors(values, sample)
    cpu_ms = _cpu_ms(sample)
    misses = tuple(name for name, error in errors.items() if abs(error) > WITHIN)
    own = replace(system, cpu_ms=cpu_ms or system.cpu_ms)
    remainder = _errors(_values(own, sample.users, percentiles), sample) if misses else {}
    shift: Cause = "less CPU" if own.cpu_ms < system.cpu_ms else "more CPU"
    causes = (
        cause
        for name in misses
        for cause in _causes(sample, name, values[name], remainder[name], shift)
    )
    return StepPrediction(
        users=sample.users,
        values=values,
        errors=errors,
        misses=misses,
        causes=tuple(dict.fromkeys(causes)),
        cpu_ms=cpu_ms,
        flagged=bool(sample.doubts),
    )


def _cpu_ms(sample: Sample) -> float | None:
    """Return the S of a step itself; None where nothing of it was measured."""
    spread = sample.metrics.get("server_cpu_ms_per_request")
    return spread.middle if spread and spread.middle > 0 else None


def _values(system: Bound, users: int, percentiles: bool) -> dict[str, float]:
    """Return what is predicted at one load, keyed by metric."""
    network = ClosedNetwork(system, users)
    values = {THROUGHPUT: network.throughput_rps(users)}
    quantile = METRICS[P95].quantile
    if percentiles and quantile:
        values[P95] = network.percentile_ms(users, quantile.share)
    return values


def _errors(values: Mapping[str, float], sample: Sample) -> dict[str, float]:
    """Return how far each value is off what was measured; a lower bound judges nothing."""
    return {
        name: value / sample.metrics[name].middle - 1
        for name, value in values.items()
        if ranks(sample, name) and sample.metrics[name].middle
    }


def _causes(
    sample: Sample, metric: str, value: float, remainder: float, shift: Cause
) -> Sequence[Cause]:
    """Return what the figures of a step show of why one of its metrics was missed.

    `remainder` is the error that the step's own S leaves, `shift` how that S differs.
    """
    measured = sample.metrics[metric]
    causes: list[Cause] = []
    if sample.doubts:
        causes.append("flagged")
    if measured.low <= value <= measured.high:
        causes.append("rounds")
    if abs(remainder) <= WITHIN:
        causes.append(shift)
    if causes:
        return causes
    if metric == P95:
        return ["delays" if remainder < 0 else "even"]
    return ["delays" if remainder > 0 else "unexplained"]

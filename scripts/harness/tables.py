"""Gather a run's records into what a report may say, and set it out in rows of text. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness import bounds, gates, stats, units, verdict
from harness.answers import answers
from harness.caveats import holes, limits, unequal
from harness.findings import METRICS, Comparison, Extra, Record, Sample, Spread, Summary
from harness.model import Deployment, Plan, Scenario
from harness.parts import PARTS

# S is the least CPU per request at any load whose rounds all have this many requests. Fewer, and
# what the server does when idle weighs in. The least, because each request costs more where the
# core wakes up for every one of them: with the S of a light load the bound would be no bound.
ENOUGH_REQUESTS = 100

FAR_PERCENTILES = ("latency_p99_ms", "latency_p999_ms")

HEADINGS = (
    "deployment",
    "users",
    "doubted",
    "throughput (requests/s)",
    "range over rounds",
    "ASGI/WSGI ratio",
    "p50 latency",
    "p95 latency",
    "p99 latency",
    "errors",
    "server CPU per request",
)


def summarise(run: str, plan: Plan, machine: dict[str, str], records: Sequence[Record]) -> Summary:
    """Condense a run into its Summary; rows stand in the order of the plan."""
    samples = _samples(plan, float(machine.get("server_cores", "1")), records)
    comparisons = verdict.compare(samples)
    return Summary(
        run=run,
        plan=plan.name,
        machine=dict(machine),
        rounds=plan.rounds,
        samples=samples,
        comparisons=comparisons,
        gates=gates.tally(records),
        answers=answers(plan, samples, comparisons),
        limits=limits(plan, machine, samples),
        unequal=unequal(plan, samples),
        holes=holes(plan, records),
    )


def scenarios(summary: Summary) -> tuple[str, ...]:
    """List the scenarios that have samples, in the order of the plan."""
    return tuple(dict.fromkeys(sample.scenario for sample in summary.samples))


def rows(summary: Summary, scenario: str) -> tuple[tuple[str, ...], ...]:
    """Set out one scenario under HEADINGS, a row per cell; an empty text means not measured."""
    here = [sample for sample in summary.samples if sample.scenario == scenario]
    reference = verdict.best(here, scenario, "wsgi")
    wsgi = reference.deployment if reference else ""
    ratios = {
        (c.asgi, c.users): _ratio(c)
        for c in summary.comparisons
        if (c.scenario, c.metric, c.wsgi) == (scenario, "throughput_rps", wsgi)
    }
    ratios |= {(s.deployment, s.users): "reference" for s in here if s.deployment == wsgi}
    return tuple(_row(sample, ratios.get((sample.deployment, sample.users), "")) for sample in here)


def _samples(plan: Plan, cores: float, records: Iterable[Record]) -> tuple[Sample, ...]:
    cells: dict[tuple[str, str, int], dict[int, Record]] = {}
    for record in records:
        trial = record.trial
        cell = cells.setdefault((trial.scenario, trial.deployment, trial.users), {})
        cell[trial.round] = record
    samples: list[Sample] = []
    for scenario in plan.scenarios:
        for deployment in plan.deployments:
            climb = {
                users: cells[scenario.name, deployment.name, users]
                for users in (scenario.load or plan.load).users
                if (scenario.name, deployment.name, users) in cells
            }
            samples += _climb(plan, scenario, deployment, climb, cores)
    return tuple(samples)


def _climb(
    plan: Plan,
    scenario: Scenario,
    deployment: Deployment,
    climb: dict[int, dict[int, Record]],
    cores: float,
) -> list[Sample]:
    samples = [_sample(plan, scenario, deployment, n, cell) for n, cell in climb.items()]
    cpu_ms = _least_cpu_ms(samples)
    told = [record.extra for cell in climb.values() for record in cell.values()]
    wait_ms = next((extra.wait_ms for extra in told if extra.wait_ms is not None), None)
    if cpu_ms is None or wait_ms is None:
        return samples
    return [
        replace(
            s,
            bound_rps=bounds.throughput_rps(
                s.users, wait_ms, cpu_ms, scenario.think_ms, s.slots, cores
            ),
        )
        for s in samples
    ]


def _sample(
    plan: Plan, scenario: Scenario, deployment: Deployment, users: int, cell: dict[int, Record]
) -> Sample:
    measured = {n: r for n, r in cell.items() if r.measurement.requests is not None}
    by_round = {metric: _by_round(plan, measured, metric) for metric in METRICS}
    known = {m: values for m, values in by_round.items() if _known(m, values, len(measured))}
    return Sample(
        scenario=scenario.name,
        deployment=deployment.name,
        interface=deployment.interface,
        views=deployment.views,
        slots=deployment.slots,
        users=users,
        rounds=len(measured),
        failed_rounds=len(cell) - len(measured),
        metrics={m: spread for m, values in known.items() if (spread := _spread(values))},
        per_round=known,
        bound_rps=None,
        doubts=_doubts(cell, plan.rounds),
        parts=_parts([record.extra for record in measured.values()]),
    )


def _by_round(plan: Plan, measured: dict[int, Record], metric: str) -> tuple[float | None, ...]:
    rounds = range(1, plan.rounds + 1)
    return tuple(
        getattr(measured[number].measurement, metric) if number in measured else None
        for number in rounds
    )


def _parts(told: Sequence[Extra]) -> dict[str, float]:
    """Give the median over rounds of each part; a server tells all of them or none."""
    spreads = {part: _spread(getattr(extra, part) for extra in told) for part in PARTS}
    return {part: spread.median for part, spread in spreads.items() if spread}


def _known(metric: str, values: Iterable[float | None], measured: int) -> bool:
    # A far percentile that only some rounds could tell may come out below a nearer one of all.
    rounds = sum(value is not None for value in values)
    return rounds == measured > 0 if metric in FAR_PERCENTILES else rounds > 0


def _spread(values: Iterable[float | None]) -> Spread | None:
    return stats.spread([value for value in values if value is not None])


def _doubts(cell: dict[int, Record], rounds: int) -> tuple[str, ...]:
    reasons: dict[str, dict[int, str]] = {}
    for number, record in sorted(cell.items()):
        for doubt in record.doubts:
            reasons.setdefault(doubt.gate, {}).setdefault(number, doubt.reason)
    return tuple(
        f"{gate}: {_first(tuple(by_round.values()))} ({len(by_round)} of {rounds} rounds)"
        for gate, by_round in reasons.items()
    )


def _first(reasons: Sequence[str]) -> str:
    return reasons[0] if len(set(reasons)) == 1 else f"e.g. {reasons[0]}"


def _least_cpu_ms(climb: Iterable[Sample]) -> float | None:
    costs = []
    for sample in climb:
        requests = [n for n in sample.per_round.get("requests", ()) if n is not None]
        cpu = sample.metrics.get("server_cpu_ms_per_request")
        if cpu and cpu.low > 0 and requests and min(requests) >= ENOUGH_REQUESTS:
            costs.append(cpu.low)
    return min(costs, default=None)


def _row(sample: Sample, ratio: str) -> tuple[str, ...]:
    found = sample.metrics
    rate = found.get("throughput_rps")
    errors, cpu = found.get("error_share"), found.get("server_cpu_ms_per_request")
    latencies = (found.get(f"latency_{p}_ms") for p in ("p50", "p95", "p99"))
    least = "≥ " if sample.latency_at_least else ""
    return (
        sample.deployment,
        units.count(sample.users),
        "○" if sample.doubts else "",
        units.significant(rate.median) if rate else "failed" if sample.failed_rounds else "",
        f"{units.significant(rate.low)} to {units.significant(rate.high)}" if rate else "",
        ratio,
        *(least + units.milliseconds(latency.median) if latency else "" for latency in latencies),
        units.percent(errors.median) if errors else "",
        units.milliseconds(cpu.median) if cpu else "",
    )


def _ratio(comparison: Comparison) -> str:
    ratio = comparison.ratio
    low, high = units.factor(ratio.low), units.factor(ratio.high)
    sign = "~ " if comparison.sign == "~" else ""
    return f"{sign}{units.factor(ratio.median)} ({low} to {high})"

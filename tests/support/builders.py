"""Plans and records of runs that never took place, from the bounds with a little noise."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from harness.core import statistics
from harness.core.bounds import Bound
from harness.core.gate import CellDoubt, GateName
from harness.core.metrics import Measurement
from harness.core.plan import Application, Deployment, Interface, Load, Plan, Scenario, Views
from harness.core.record import Extra, NameFigures, Record
from harness.core.summary import Sample, Summary
from harness.core.trial import Block, CellKey, CellMetric, Trial
from harness.runs.summarise import summarise

USERS = (1, 16, 64, 256, 1024)

# Server CPU per request in ms: with a wait of 250 ms, a core is full at 1000 / S requests/s.
CPU_MS = {
    "gunicorn-sync": 0.9,
    "gunicorn-gthread-64": 0.8,
    "uvicorn": 1.3,
    "uvicorn-shared": 0.65,
    "uvicorn-sync-views": 1.6,
}
MEASURED_S = 8.0


def deployment(
    name: str, interface: Interface, slots: int | None = None, views: Views = "sync"
) -> Deployment:
    """Build a deployment with a command that names it."""
    return Deployment(
        name=name, interface=interface, views=views, slots=slots, command=("{python}", "-m", name)
    )


DEPLOYMENTS = (
    deployment("gunicorn-sync", "wsgi", slots=4),
    deployment("gunicorn-gthread-64", "wsgi", slots=64),
    deployment("uvicorn", "asgi", views="async"),
    deployment("uvicorn-shared", "asgi", views="async"),
    deployment("uvicorn-sync-views", "asgi"),
)


def scenario(name: str, **settings: int) -> Scenario:
    """Build a scenario with its settings in milliseconds."""
    return Scenario(name=name, locustfile=Path(f"{name}.py"), settings=dict(settings))


SCENARIOS = (scenario("wait", wait_ms=250), scenario("plain", think_ms=250))


def plan(
    rounds: int = 3,
    users: tuple[int, ...] = USERS,
    deployments: Sequence[Deployment] = DEPLOYMENTS,
    scenarios: Sequence[Scenario] = SCENARIOS,
) -> Plan:
    """Build a plan: by default five deployments, two scenarios, five loads, three rounds."""
    return Plan(
        name="synthetic",
        rounds=rounds,
        application=Application(directory=Path("app")),
        deployments=tuple(deployments),
        scenarios=tuple(scenarios),
        load=Load(users=users, settle_s=2, measure_s=MEASURED_S),
    )


def records(
    plan: Plan, cpu_ms: dict[str, float] | None = None, noise: float = 0.01, seed: int = 1
) -> tuple[Record, ...]:
    """Build the records of a whole plan: 97 % of the bounds, give or take the noise."""
    random = Random(seed)
    return tuple(
        record(trial, scenario, (cpu_ms or CPU_MS)[trial.deployment], random.gauss(0.97, noise / 3))
        for number in range(1, plan.rounds + 1)
        for scenario in plan.scenarios
        for deployment in plan.against(scenario)
        for trial in Block(deployment, scenario, plan.load_of(scenario), number).trials
    )


MACHINE = {"server_cores": "1"}

# Two rivals at three loads of one scenario: enough for a table or a chart.
SMALL = plan(users=(1, 16, 256), deployments=DEPLOYMENTS[1:3], scenarios=SCENARIOS[:1])


def summary(change: Callable[[Record], Record] = lambda record: record) -> Summary:
    """Return the summary of SMALL over three rounds, after a change to each record."""
    return summarise("run", SMALL, MACHINE, [change(r) for r in records(SMALL)])


def record(trial: Trial, scenario: Scenario, cpu_ms: float, share: float) -> Record:
    """Build the record of a trial that reached a share of what the bounds allow on one core."""
    wait_ms, think_ms = scenario.wait_ms, scenario.think_ms
    bound = Bound(wait_ms, cpu_ms, think_ms, trial.slots, 1)
    rate = share * bound.throughput_rps(trial.users)
    latency_ms = trial.users / rate * 1000 - think_ms
    requests = round(rate * MEASURED_S)
    keeps_alive = trial.deployment != "gunicorn-sync"
    return Record(
        trial=trial,
        started="2026-01-01T00:00:00+00:00",
        measurement=Measurement(
            measured_s=MEASURED_S,
            requests=requests,
            errors=0,
            error_share=0.0,
            throughput_rps=rate,
            latency_p50_ms=latency_ms,
            latency_p95_ms=1.2 * latency_ms,
            latency_p99_ms=1.5 * latency_ms if requests >= 500 else None,
            connections_opened=trial.users if keeps_alive else requests,
            server_cpu_ms_per_request=cpu_ms,
            server_rss_mib=60 + trial.users / 32,
        ),
        extra=Extra(
            wait_ms=wait_ms,
            think_ms=think_ms,
            server_connections=trial.users,
            **_parts(wait_ms, cpu_ms, latency_ms),
        ),
        doubts=(),
    )


def _parts(wait_ms: float, cpu_ms: float, latency_ms: float) -> dict[str, Any]:
    """Split a latency into its parts: what is neither wait nor CPU time is time in the queue."""
    connect_ms = 0.1 * cpu_ms
    view_ms = 0.5 * cpu_ms
    back_ms = 0.2 * cpu_ms
    return {
        "part_late_ms": 0.0,
        "part_connect_ms": connect_ms,
        "part_queue_ms": latency_ms - wait_ms - connect_ms - view_ms - back_ms,
        "part_view_ms": view_ms,
        "part_wait_ms": wait_ms,
        "part_back_ms": back_ms,
    }


def with_names(record: Record, p50_ms: dict[str, float]) -> Record:
    """Give a record pages, each with an equal part of its requests and p95 twice its p50."""
    requests = record.measurement.requests or 0
    part = 1 / len(p50_ms)
    pages = tuple(
        NameFigures(
            name=name,
            method="GET",
            fired=False,
            requests=round(requests * part),
            errors=0,
            error_share=0.0,
            asked_share=part,
            served_share=part,
            throughput_rps=(record.measurement.throughput_rps or 0) * part,
            latency_p50_ms=ms,
            latency_p95_ms=2 * ms,
            latency_p99_ms=None,
        )
        for name, ms in p50_ms.items()
    )
    return replace(record, names=pages)


def judged(name: str) -> CellMetric:
    """Build the metric `deployment.scenario.metric`; of one cell where it is named alone."""
    *cell, metric = name.split(".")
    return CellMetric(metric, CellKey(*(cell or ("uvicorn", "plain"))))


def sample(
    deployment: Deployment,
    users: int,
    rates: Sequence[float | None],
    gates: Sequence[GateName] = (),
    scenario: str = "wait",
) -> Sample:
    """Build a cell from its throughput in each round, of which the first failed some gates.

    p95 follows from a closed loop's N / X.
    """
    per_round = {
        "measured_s": tuple(rate and MEASURED_S for rate in rates),
        "throughput_rps": tuple(rates),
        "latency_p95_ms": tuple(rate and 1000 * users / rate for rate in rates),
    }
    spreads = {
        metric: statistics.spread([value for value in values if value is not None])
        for metric, values in per_round.items()
    }
    rounds = sum(rate is not None for rate in rates)
    return Sample(
        scenario=scenario,
        deployment=deployment.name,
        interface=deployment.interface,
        views=deployment.views,
        slots=deployment.slots,
        users=users,
        rounds=rounds,
        failed_rounds=len(rates) - rounds,
        metrics={metric: spread for metric, spread in spreads.items() if spread},
        per_round=per_round if rounds else {},
        bound_rps=None,
        doubts=tuple(CellDoubt(gate, ("of its own",), len(rates)) for gate in gates),
    )

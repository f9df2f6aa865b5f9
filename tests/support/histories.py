"""Finished runs on disk, and entries of runs that never took place."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from harness.core.gate import Doubt, GateName
from harness.core.labels import clients
from harness.core.metrics import Place, metrics_at
from harness.core.plan import Interface
from harness.core.plan_file import read
from harness.core.summary import Spread
from harness.runs.entry import Cell, Entry
from harness.runs.store import Run
from tests.support.builders import records

PLAN, TEXT = read(Path("loadtests/plans/smoke.toml"))
NAME = "uvicorn.wait.64"
FACTS = {"processor": "Example 3000", "cores": "2", "python": "CPython 3.11.2", "uvicorn": "0.54"}
NEWER = FACTS | {"python": "CPython 3.12.1"}


def finished_run(
    results: Path,
    name: str,
    facts: dict[str, str] = FACTS,
    text: str = TEXT,
    faster: float = 1.0,
    missing: int = 0,
    doubted: str = "",
) -> Run:
    """Write a run of two rounds without its last `missing` trials; return it.

    A gate failed in all trials of the deployment `doubted`.

    `faster` divides the server's CPU time per request, on which a full core's throughput depends.
    """
    text = text.replace("rounds = 1", "rounds = 2")
    run = Run.create(results / name, text, facts, "abc123", [])
    cpu_ms = {each.name: 1.5 / faster for each in PLAN.deployments}
    trials = records(run.plan, cpu_ms, seed=len(name))
    for record in trials[: len(trials) - missing]:
        doubts = (Doubt(GateName.GENERATOR, "busy"),) if record.trial.deployment == doubted else ()
        run.append(replace(record, doubts=doubts))
    return run


def entry(number: int, values: dict[str, float], facts: dict[str, str] = FACTS) -> Entry:
    """Build the entry of a run on a day, from one value for all metrics of each cell."""
    started = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)
    return Entry(
        schema=1,
        run=f"run-{number}",
        started=started.isoformat(timespec="seconds"),
        commit="abc123",
        plan="default",
        facts=facts,
        meaning={},
        cells=tuple(cell(name, value) for name, value in values.items()),
    )


def cell(
    name: str, value: float, doubted: bool = False, off: float = 0.02, rounds: int = 3
) -> Cell:
    """Build `deployment.scenario.users`, whose metrics all have one value, give or take a share."""
    deployment, scenario, users = name.split(".")
    interface: Interface = "asgi" if deployment.startswith("uvicorn") else "wsgi"
    spread = Spread(value, value * (1 - off), value * (1 + off), rounds, "range")
    metrics = dict.fromkeys((metric.name for metric in metrics_at(Place.HISTORY)), spread)
    load, step = clients(int(users)), float(users)
    return Cell(scenario, deployment, interface, load, step, doubted, metrics)


def noisy(runs: int, noise: float, seed: int, step: float = 1, at: int = 0) -> Iterator[float]:
    """Yield a value around 100 for each run, from the run `at` on times a step."""
    random = Random(seed)
    for number in range(runs):
        yield 100 * (step if number >= at else 1) * (1 + random.gauss(0, noise))


def steady(runs: int, change: int = 0, step: float = 1, at: int = 0) -> list[Entry]:
    """Build runs with 2% of noise, with a newer Python from `change` on and a step from `at` on."""
    values = noisy(runs, 0.02, 1, step, at)
    facts = (NEWER if change and n >= change else FACTS for n in range(runs))
    return [entry(n, {NAME: v}, f) for (n, v), f in zip(enumerate(values), facts, strict=True)]

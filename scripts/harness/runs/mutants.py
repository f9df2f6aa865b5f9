"""Trials with a fault that was put in on purpose: which of them does a run notice?

Each is one load step of a few seconds, with real servers and Locust, put through the gates.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Literal

from harness.core.errors import BenchError
from harness.core.gate import GateName
from harness.core.plan_file import parse
from harness.core.record import Record
from harness.core.schedule import blocks
from harness.core.score import Place, Score
from harness.host import machine, processes
from harness.measure import gates
from harness.rig import mutations
from harness.rig.mutations import UNCHANGED, Mutation
from harness.rig.places import Here
from harness.runs.execute import carry_out
from harness.runs.store import Run

PLAN = """
name = "mutant"

[application]
directory = "{application}"
asgi = "config.asgi_shared:application"
ready = "/ready/"

[[deployments]]
name = "uvicorn"
interface = "asgi"
views = "async"
command = [
    "{{python}}", "-m", "uvicorn", "{{asgi}}", "--host={{host}}", "--port={{port}}",
    "--loop=uvloop", "--http=httptools", "--lifespan=off", "--timeout-keep-alive=75",
    "--no-access-log", "--log-level=warning",
]

[[scenarios]]
name = "wait"
locustfile = "loadtests/wait.py"
settings = {{ wait_ms = 20, think_ms = {think_ms} }}

[load]
{load}
settle_s = 1
measure_s = 3
"""
CLOSED = "users = [20]"

JUDGE = "trials of a run"

CPU = "server_cpu_ms_per_request"

# So many busy processes leave the generator a ninth of its core.
STARVING = 8


@dataclass(frozen=True, slots=True)
class GateSign:
    """A trial shows the fault by failing a gate."""

    gate: GateName

    @property
    def name(self) -> str:
        """Name it in a table."""
        return f"gate {self.gate}"

    def shows(self, record: Record, usual: Sequence[Record]) -> bool:
        """Return whether a trial failed it."""
        return any(doubt.gate == self.gate for doubt in record.doubts)


@dataclass(frozen=True, slots=True)
class ShiftSign:
    """A trial shows the fault by a metric that is up by at least half of what was put in."""

    metric: str
    put_in: float

    @property
    def name(self) -> str:
        """Name it in a table."""
        return self.metric

    def shows(self, record: Record, usual: Sequence[Record]) -> bool:
        """Return whether the metric is so much over the median of unchanged trials."""
        value = getattr(record.measurement, self.metric)
        return value is not None and value >= middle(self.metric, usual) + self.put_in / 2


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault of the application, or busy processes on a core, and how a trial shows it."""

    sign: GateSign | ShiftSign
    mutation: Mutation
    place: Place = "application"
    busy: int = 0
    core: Literal["server", "load"] = "load"


SLOWED = Mutant(GateSign(GateName.HOST), Mutation("the server's core at half speed"), "rows")
"""What at_half_speed makes of unchanged trials."""


def mutants(cpu_ms: float) -> tuple[Mutant, ...]:
    """Return the mutants that are tried; `cpu_ms` is what an unchanged request costs."""
    starved = Mutation(f"a load generator beside {STARVING} busy processes")
    foreign = Mutation("a foreign process on the server's core")
    return (
        Mutant(ShiftSign("latency_p50_ms", mutations.SLOWER_MS), mutations.SLOWER),
        Mutant(ShiftSign("latency_max_ms", 1000), mutations.FROZEN_ONCE),
        Mutant(ShiftSign(CPU, cpu_ms), mutations.costly(cpu_ms / 1000)),
        Mutant(GateSign(GateName.CONSERVATION), mutations.CLOSING),
        Mutant(GateSign(GateName.CONSERVATION), mutations.COUNTING_TWICE),
        Mutant(GateSign(GateName.ERRORS), mutations.WRONG),
        Mutant(GateSign(GateName.GENERATOR), starved, "load generator", STARVING),
        Mutant(GateSign(GateName.HOST), foreign, "machine", 1, "server"),
    )


def scores(folder: Path, times: int, without: Collection[str] = ()) -> Iterator[Score]:
    """Yield the score of each mutant after so many trials; unchanged trials are its equal sides.

    `without` are the names of faults that are left out.
    """
    if {mutant.mutation.name for mutant in (*mutants(cpu_ms=1), SLOWED)} <= set(without):
        return
    usual = [trial(folder / f"unchanged-{number}", UNCHANGED) for number in range(times)]
    for count, mutant in enumerate(mutants(middle(CPU, usual)), 1):
        if mutant.mutation.name not in without:
            records = [_mutant(folder / f"{count}-{number}", mutant) for number in range(times)]
            yield _score(mutant, records, usual)
    if SLOWED.mutation.name not in without:
        yield _score(SLOWED, [at_half_speed(record, usual) for record in usual], usual)


def trial(folder: Path, mutation: Mutation, load: str = CLOSED, think_ms: int = 20) -> Record:
    """Measure one load step of the application with a fault, in a new folder."""
    application = mutation.copy(Path("app"), folder / "app")
    text = PLAN.format(application=application, load=load, think_ms=think_ms)
    run = Run.create(folder / "run", text, {}, "", [])
    cores = machine.cores()
    try:
        (record,) = carry_out(run, blocks(parse(text, "mutant.toml")), Here(cores))
    finally:  # a run binds this process to the cores of the load
        processes.pin(os.getpid(), (*cores.server, *cores.load))
    return record


def at_half_speed(record: Record, usual: Sequence[Record]) -> Record:
    """Judge a trial anew as if the canary had taken twice as long on the server's core."""
    speeds = [each.extra.server_core_speed for each in usual if each.extra.server_core_speed]
    speed = record.extra.server_core_speed
    if not speed:
        raise BenchError("the canary measured no speed of the server's core; use two cores or more")
    extra = replace(record.extra, server_core_speed=speed / 2, usual_server_speed=median(speeds))
    doubts = gates.judge(record.trial, record.measurement, extra, len(machine.cores().server))
    return replace(record, extra=extra, doubts=doubts)


def middle(metric: str, usual: Sequence[Record]) -> float:
    """Return the median of a metric over unchanged trials; raise BenchError where one lacks it."""
    values = [getattr(record.measurement, metric) for record in usual]
    if None in values:
        reasons = ", ".join(str(doubt) for record in usual for doubt in record.doubts)
        raise BenchError(f"an unchanged trial has no {metric} ({reasons}); use a quieter machine")
    return float(median(values))


def _mutant(folder: Path, mutant: Mutant) -> Record:
    """Measure one load step with the fault, its busy processes beside it."""
    with ExitStack() as stack:
        if mutant.busy:
            cores = getattr(machine.cores(), mutant.core)
            stack.enter_context(mutations.busy(cores, mutant.busy))
        return trial(folder, mutant.mutation)


def _score(mutant: Mutant, records: Sequence[Record], usual: Sequence[Record]) -> Score:
    noticed = sum(mutant.sign.shows(record, usual) for record in records)
    return Score(
        fault=mutant.mutation.name,
        place=mutant.place,
        judge=JUDGE,
        tries=len(records),
        noticed=noticed,
        inconclusive=0,
        equal=len(usual),
        false_alarms=sum(mutant.sign.shows(record, usual) for record in usual),
        by=mutant.sign.name if noticed else "",
    )

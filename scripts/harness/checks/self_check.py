"""Put the check itself to the test: equal sides, and sides that are slower by a known share."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median
from typing import Literal

import harness
from harness.checks import execute
from harness.checks.judge import Change, Verdict
from harness.checks.outcome import summed_up
from harness.checks.revisions import Revision
from harness.core.errors import BenchError
from harness.core.plan import Interface, Plan
from harness.core.trial import CellKey, CellMetric
from harness.core.units import percent, seconds
from harness.host.machine import Cores
from harness.rig.slowdown import work

Kind = Literal["nothing", "cpu", "latency"]

# Long enough that reading the clock is nothing beside it.
TURNS_TIMED = 1_000_000


@dataclass(frozen=True, slots=True)
class Slowdown:
    """What HEAD gets more of than BASE: CPU time or latency, by a share of BASE's own."""

    kind: Kind
    share: float = 0.0

    @property
    def slug(self) -> str:
        """Name it, fit for a file name."""
        return f"{self.kind}-{100 * self.share:g}" if self.share else self.kind

    @property
    def named(self) -> str:
        """Name it in a table."""
        return f"{percent(self.share)} more {self.kind}" if self.share else "nothing changed"


SLOWDOWNS = (
    Slowdown("nothing"),
    *(Slowdown(kind, share) for kind in ("cpu", "latency") for share in (0.03, 0.05, 0.10)),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one request takes from BASE under one interface: CPU time and the median latency."""

    interface: Interface
    cpu_ms: float
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Result:
    """What one check said of a slow-down that was put in, and how long it took."""

    slowdown: Slowdown
    verdict: Verdict
    reason: str
    pairs: int
    took_s: float


def rehearse(
    chosen: Plan,
    sides: tuple[Revision, Revision],
    cores: Cores,
    folder: Path,
    margin: float,
    times: int,
) -> Iterator[Result]:
    """Check each slow-down so many times; equal sides come first, whose costs are the measure."""
    base, head = sides
    costs: Sequence[Cost] = ()
    for number in range(1, times + 1):
        for slowdown in SLOWDOWNS:
            begun = time.monotonic()
            changed = slower(head, slowdown, costs) if slowdown.share else head
            place = folder / f"{number}-{slowdown.slug}"
            look, counts = execute.contest(chosen, (base, changed), cores, place, margin)
            costs = costs or costs_of(chosen, look.changes)
            said = summed_up(look.changes, counts)
            took_s = time.monotonic() - begun
            yield Result(slowdown, said.verdict, said.reason, look.pairs, took_s)


def costs_of(chosen: Plan, changes: Iterable[Change]) -> tuple[Cost, ...]:
    """Sum up what BASE's requests took, per interface the median over its cells."""
    base = {change.metric: change.base for change in changes}

    def typical(interface: Interface, metric: str) -> float:
        found = [
            value
            for deployment in chosen.deployments
            for scenario in chosen.scenarios
            if deployment.interface == interface
            and (value := base.get(CellMetric(metric, CellKey(deployment.name, scenario.name))))
        ]
        if not found:
            raise BenchError(f"no {metric} of {interface} was measured, so nothing can be added")
        return median(found)

    return tuple(
        Cost(
            interface,
            typical(interface, "server_cpu_ms_per_request"),
            typical(interface, "latency_p50_ms"),
        )
        for interface in sorted(
            {d.interface for scenario in chosen.scenarios for d in chosen.against(scenario)}
        )
    )


def slower(side: Revision, slowdown: Slowdown, costs: Iterable[Cost]) -> Revision:
    """Put the slow-down in front of the application's entry points."""
    application = side.application
    changes: dict[str, object] = {}
    added = {"PYTHONPATH": str(Path(harness.__file__).parents[1])}
    for cost in costs:
        name = f"SLOWED_{cost.interface.upper()}"
        cpu_ms = slowdown.share * cost.cpu_ms if slowdown.kind == "cpu" else 0
        wait_ms = slowdown.share * cost.latency_ms if slowdown.kind == "latency" else 0
        added[name] = getattr(application, cost.interface)
        added |= {f"{name}_TURNS": f"{cpu_ms / turn_ms():.0f}", f"{name}_MS": f"{wait_ms:.6g}"}
        changes[cost.interface] = f"harness.rig.slowdown:{cost.interface}"
    changes["environment"] = application.environment | added
    return replace(side, application=application.model_copy(update=changes))


def turn_ms() -> float:
    """Measure what a turn of the loop that is put in takes, in milliseconds."""
    begun = time.process_time()
    work(TURNS_TIMED)
    return (time.process_time() - begun) * 1000 / TURNS_TIMED


def rates(results: Sequence[Result]) -> list[dict[str, str]]:
    """Tell for each slow-down how many checks said what; a regression of nothing is an alarm."""
    rows = []
    for slowdown in dict.fromkeys(result.slowdown for result in results):
        found = [result for result in results if result.slowdown == slowdown]
        said = {
            verdict: f"{sum(result.verdict == verdict for result in found)} of {len(found)}"
            for verdict in ("regressed", "undecided", "unchanged", "improved")
        }
        took = f"{mean(result.pairs for result in found):.0f} pairs, "
        took += seconds(mean(result.took_s for result in found))
        rows.append({"HEAD has": slowdown.named, **said, "a check took": took})
    return rows

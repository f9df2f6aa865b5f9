"""Count the instructions that a server executes for one request, under valgrind.

The count hardly depends on what else the machine does: it shows a change of a hundredth that time
would need thousands of pairs to show. docs/decisions/0008 has how well two counts agree.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.checks.judge import Verdict
from harness.checks.revisions import Revision
from harness.core.errors import BenchError
from harness.core.plan import Application, Deployment, Plan
from harness.core.trial import CellKey
from harness.host import machine
from harness.host.launches import launch
from harness.rig.servers import serve
from harness.rig.valgrind import Count, count, lacking, with_one_worker

# Requests after which a server is asked for its count, and asked again.
FEW, MANY = 50, 250

# Nearly four times the most by which five counts of the same code differed, 0.26%.
MARGIN = 0.01

BLIND = (
    "Instructions are those of the server's processes outside the kernel: waiting, system calls, "
    "locks and slow memory do not show, so an equal count is no proof of equal speed."
)


@dataclass(frozen=True, slots=True)
class InstructionChange:
    """The instructions of both sides, for one deployment: per request of some paths, or to start.

    `cells` are those of the load whose scenarios name the paths.
    """

    deployment: str
    path: str
    base: float
    head: float
    verdict: Verdict
    cells: tuple[CellKey, ...] = ()
    unit: Literal["per request", "to start"] = "per request"

    @property
    def name(self) -> str:
        """Name it among the metrics of a check."""
        return f"{self.deployment}.{self.path}.instructions"

    @property
    def ratio(self) -> float:
        """Return HEAD / BASE."""
        return self.head / self.base


def compare(base: float, head: float, margin: float = MARGIN) -> Verdict:
    """Judge two counts: they hold next to no chance, so a margin is enough."""
    if head > base * (1 + margin):
        return "regressed"
    return "improved" if head * (1 + margin) < base else "unchanged"


def uncounted(chosen: Plan) -> tuple[str, ...]:
    """Say why instructions that the plan wants counted are not."""
    wanted = any(scenario.instructions for scenario in chosen.scenarios)
    return (reason,) if wanted and (reason := lacking()) else ()


def counted(chosen: Plan, sides: tuple[Revision, Revision]) -> Iterator[InstructionChange]:
    """Compare what one request executes, of the paths that scenarios name, and what a start does.

    What comes out dearer is counted once more, and is dearer only where it is so both times.
    """
    for deployment in chosen.deployments if lacking() is None else ():
        for number, (paths, cells) in enumerate(_asked(chosen, deployment).items()):
            changes = _compared(sides, deployment, paths, cells)
            if any(change.verdict == "regressed" for change in changes):
                changes = milder(changes, _compared(sides, deployment, paths, cells))
            yield from changes if number == 0 else changes[:1]  # a start is one, whatever is asked


def milder(
    first: Sequence[InstructionChange], second: Sequence[InstructionChange]
) -> tuple[InstructionChange, ...]:
    """Return of two counts of the same the one that is less dear for HEAD."""
    return tuple(
        min(both, key=lambda change: change.ratio) for both in zip(first, second, strict=True)
    )


def _compared(
    sides: tuple[Revision, Revision],
    deployment: Deployment,
    paths: Sequence[str],
    cells: Sequence[CellKey],
) -> tuple[InstructionChange, ...]:
    """Count both sides, and compare a request and a start of them."""
    base, head = counts([side.application for side in sides], deployment, paths)
    per_request = compare(base.per_request, head.per_request)
    to_start = compare(base.to_start, head.to_start)
    name, named = deployment.name, ", ".join(paths)
    of_request = base.per_request, head.per_request, per_request, tuple(cells)
    of_start = base.to_start, head.to_start, to_start, ()
    return (
        InstructionChange(name, named, *of_request),
        InstructionChange(name, "start", *of_start, unit="to start"),
    )


def _asked(chosen: Plan, deployment: Deployment) -> Mapping[tuple[str, ...], Sequence[CellKey]]:
    """List for the paths that are counted together the cells whose scenarios name them."""
    asked: dict[tuple[str, ...], list[CellKey]] = {}
    for scenario in chosen.scenarios:
        if scenario.instructions and deployment in chosen.against(scenario):
            paths = deployment.asked(scenario.instructions)
            asked.setdefault(paths, []).append(CellKey(deployment.name, scenario.name))
    return asked


def counting(chosen: Plan, path: str | None) -> Plan:
    """Let the scenarios count `path` instead of what they name; nothing where it is empty."""
    if path is None:
        return chosen
    paths = (path,) if path else ()
    scenarios = (
        scenario.model_copy(update={"instructions": paths}) for scenario in chosen.scenarios
    )
    return chosen.model_copy(update={"scenarios": tuple(scenarios)})


def counts(
    applications: Sequence[Application],
    deployment: Deployment,
    paths: Sequence[str],
    few: int = FEW,
    many: int = MANY,
    places: Sequence[Sequence[int]] | None = None,
) -> tuple[Count, ...]:
    """Count what each application executes for one request, and to start.

    A request is what a server executes from its request `few` to its request `many`, one at a time,
    over their number; the rest is the start. All applications are counted at once, each on cores of
    its own where there are two, or on those of `places`: what slows the machine down meets all. A
    server of several workers gets one: the others would only start and end.
    """
    if reason := lacking():
        raise BenchError(reason)
    for application in applications:
        _refuse_short_lives(application, deployment, many)
    with ThreadPoolExecutor(len(applications)) as threads:
        # What Python compiles at the very first start belongs to no count.
        tuple(threads.map(lambda application: _started(application, deployment), applications))
        counted_at_once = threads.map(
            lambda application, cores: count(application, deployment, paths, (few, many), cores),
            applications,
            places or _places(len(applications)),
        )
        return tuple(counted_at_once)


def _places(servers: int) -> list[tuple[int, ...]]:
    """Give servers that are counted at once cores in turn."""
    cores = machine.cores()
    return [(cores.server, cores.load)[number % 2] for number in range(servers)]


def _started(application: Application, deployment: Deployment) -> None:
    """Start a server once as it will be counted, without counting."""
    lone = with_one_worker(application, deployment)
    with tempfile.TemporaryDirectory(prefix="instructions-") as folder:
        log = Path(folder) / "server.log"
        with serve(application, lone, log, machine.cores().server, {}):
            pass


def _refuse_short_lives(application: Application, deployment: Deployment, requests: int) -> None:
    """Refuse workers that would end while they are counted: another start would be in the count."""
    lifetime = launch(application, deployment).lifetime
    if lifetime is not None and 0 < lifetime <= requests:
        raise BenchError(
            f"deployment {deployment.name}: its workers end after {lifetime} requests, within the "
            f"{requests} that are counted; leave that out of the check's plan, or check without "
            "instructions"
        )

"""Count the instructions that a server executes for one request, under valgrind.

The count hardly depends on what else the machine does: it shows a change of a hundredth that time
would need thousands of pairs to show. docs/decisions/0008 has how well two counts agree.
"""

import http.client
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from harness.checks.judge import Verdict
from harness.checks.revisions import Revision
from harness.core.command import command
from harness.core.errors import BenchError
from harness.core.launch import Launch
from harness.core.plan import Application, Deployment, Plan
from harness.core.trial import CellKey
from harness.host import machine
from harness.host.launches import launch
from harness.host.processes import Child
from harness.host.sockets import HOST, free_port
from harness.rig.servers import serve

# Requests of the two counts whose difference is taken: starting costs as much as 4,000 requests.
FEW, MANY = 50, 250

# Nearly four times the most by which five counts of the same code differed, 0.26%.
MARGIN = 0.01

# The numbers of requests have as many digits each: a longer one takes longer to parse.
FIRST = 1_000

# A server takes about 20 times as long to start, and to end.
READY_S = 180.0
STOP_S = 30.0
POLL_S = 0.05

BLIND = (
    "Instructions are those of the server's processes outside the kernel: waiting, system calls, "
    "locks and slow memory do not show, so an equal count is no proof of equal speed."
)
TOTAL = re.compile(r"I\s+refs:\s+([\d,]+)")


@dataclass(frozen=True, slots=True)
class Count:
    """What a server executes: for one request, and to start, answer its first one and end."""

    per_request: float
    to_start: float


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


def lacking() -> str | None:
    """Say in one line why nothing can be counted here; None where it can."""
    if shutil.which("valgrind"):
        return None
    return "instructions not counted: valgrind is missing (Debian, Ubuntu: apt install valgrind)"


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

    The slope between two servers that answer `few` and `many` requests, one at a time, is what a
    request takes; the rest is the start. All applications are counted at once, each on cores of its
    own where there are two, or on those of `places`: what slows the machine down meets all. A
    server of several workers gets one: the others would only start and end.
    """
    if reason := lacking():
        raise BenchError(reason)
    for application in applications:
        _refuse_short_lives(application, deployment, many)
    with ThreadPoolExecutor(len(applications)) as threads:

        def at_once(requests: int) -> Iterable[int]:
            return threads.map(
                lambda application, cores: _count(application, deployment, paths, requests, cores),
                applications,
                places or _places(len(applications)),
            )

        # What Python compiles at the very first start belongs to neither count.
        tuple(threads.map(lambda application: _started(application, deployment), applications))
        less, more = tuple(at_once(few)), tuple(at_once(many))
    return tuple(
        _slope(f"{deployment.name}: {', '.join(paths)}", (few, many), both)
        for both in zip(less, more, strict=True)
    )


def _places(servers: int) -> list[tuple[int, ...]]:
    """Give servers that are counted at once cores in turn."""
    cores = machine.cores()
    return [(cores.server, cores.load)[number % 2] for number in range(servers)]


def _started(application: Application, deployment: Deployment) -> None:
    """Start a server once as it will be counted, without counting."""
    lone = _with_one_worker(application, deployment)
    with tempfile.TemporaryDirectory(prefix="instructions-") as folder:
        log = Path(folder) / "server.log"
        with serve(application, lone, log, machine.cores().server, {}):
            pass


def _with_one_worker(application: Application, deployment: Deployment) -> Deployment:
    """Return the deployment with a single worker: who answers then depends on no chance."""
    command = launch(application, deployment).with_one_worker()
    return deployment.model_copy(update={"command": command})


def _refuse_short_lives(application: Application, deployment: Deployment, requests: int) -> None:
    """Refuse workers that would end while they are counted: another start would be in the count."""
    lifetime = launch(application, deployment).lifetime
    if lifetime is not None and 0 < lifetime <= requests:
        raise BenchError(
            f"deployment {deployment.name}: its workers end after {lifetime} requests, within the "
            f"{requests} that are counted; leave that out of the check's plan, or check without "
            "instructions"
        )


def _slope(named: str, requests: tuple[int, int], totals: tuple[int, int]) -> Count:
    """Part two totals into what a request takes and what does not depend on their number."""
    (few, many), (less, more) = requests, totals
    slope = (more - less) / (many - few)
    if slope <= 0:
        raise BenchError(
            f"{named}: {many} requests took no more instructions than {few}; count more requests, "
            "of a path that does some work"
        )
    return Count(slope, less - few * slope)


def _count(
    application: Application,
    deployment: Deployment,
    paths: Sequence[str],
    requests: int,
    cores: Sequence[int],
) -> int:
    """Serve so many requests from start to end; give the instructions of all processes."""
    with tempfile.TemporaryDirectory(prefix="instructions-") as name:
        folder, port = Path(name), free_port()
        server = launch(application, deployment)
        lone = _with_one_worker(application, deployment)
        argv = (*_valgrind(folder), *command(application, lone, HOST, port))
        # Strings hash alike in every start, or dictionaries would collide differently.
        extra = dict(server.variables) | {"PYTHONHASHSEED": "0"}
        log = folder / "server.log"
        with (
            Child(argv, log, cores, application.directory, extra, STOP_S) as child,
            closing(_connected(child, deployment.name, port)) as connection,
        ):
            ask = partial(_ask, connection, child, deployment.name, application.request_headers)
            ask(application.ready)
            for number in range(requests):
                path = paths[number % len(paths)].replace("{n}", str(FIRST + number))
                ask(path)
            # A worker that were asked twice, by us and by its master, might die at the second time
            # before it has cleaned up, which takes as much as 100 requests.
            child.finish()
            _check_end(server, child, deployment.name)
        return _total(folder, child, deployment.name)


def _check_end(server: Launch, child: Child, name: str) -> None:
    """Refuse a server that crashed when it was asked to end: it left out what an end executes."""
    if child.status is not None and server.ends_cleanly(child.status) is False:
        raise BenchError(
            f"{name} under valgrind {child.exit_reason} when it was asked to end, which is not how "
            f"{server.program.module or server.program.script} ends; mend what its log says, or "
            f"check without instructions:\n{child.tail()}"
        )


def _valgrind(folder: Path) -> tuple[str, ...]:
    """Count with Cachegrind, without its caches: of valgrind's tools that count, the fastest."""
    return (
        *("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"),
        *("--trace-children=yes", f"--log-file={folder}/valgrind-%p.log"),
    )


def _connected(child: Child, name: str, port: int) -> http.client.HTTPConnection:
    """Wait for the port without asking: how often one asks must not differ from start to start."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and child.exit_reason is None:
        connection = http.client.HTTPConnection(HOST, port, timeout=READY_S)
        try:
            connection.connect()
            return connection
        except OSError:
            time.sleep(POLL_S)
    raise BenchError(
        f"{name} under valgrind {child.exit_reason or f'took no connection within {READY_S:g} s'}; "
        f"mend what its log says, or check without instructions:\n{child.tail()}"
    )


def _ask(
    connection: http.client.HTTPConnection,
    child: Child,
    name: str,
    headers: Mapping[str, str],
    path: str,
) -> None:
    """Ask once, on the same connection where the server keeps it."""
    try:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
        said = f"status {answer.status}"
    except (OSError, http.client.HTTPException) as error:
        said = f"no answer ({type(error).__name__})"
    if said != "status 200":
        raise BenchError(
            f"{name} under valgrind: {path} gave {said}; name a path that answers 200:\n"
            f"{child.tail()}"
        )


def _total(folder: Path, child: Child, name: str) -> int:
    """Add up what each process of the server has executed; those that forked bring their past."""
    logs = [path.read_text() for path in folder.glob("valgrind-*.log")]
    totals = [TOTAL.search(log) for log in logs]
    if not totals or not all(totals):
        raise BenchError(
            f"{name} under valgrind {child.exit_reason} without telling its instructions within "
            f"{STOP_S:g} s; check without instructions, or see why it does not end:\n"
            f"{child.tail()}"
        )
    return sum(int(total[1].replace(",", "")) for total in totals if total)

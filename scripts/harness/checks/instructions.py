"""Count the instructions that a server executes for one request, under valgrind.

The count hardly depends on what else the machine does: it shows a change of a hundredth that time
would need thousands of pairs to show. docs/decisions/0008 has how well two counts agree.
"""

import http.client
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

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

# Requests of the two counts whose difference is taken: starting costs as much as 4,000 requests.
FEW, MANY = 50, 250

# Nearly four times the most by which five counts of the same code differed, 0.26%.
MARGIN = 0.01

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
class InstructionChange:
    """The instructions per request of both sides, for one deployment and path.

    `cells` are those of the load whose scenarios name the path.
    """

    deployment: str
    path: str
    base: float
    head: float
    verdict: Verdict
    cells: tuple[CellKey, ...] = ()

    @property
    def name(self) -> str:
        """Name it among the metrics of a check."""
        return f"{self.deployment}.{self.path}.instructions"

    @property
    def ratio(self) -> float:
        """Give HEAD / BASE."""
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
    """Compare what one request executes, of each path that a scenario names for a deployment."""
    for deployment in chosen.deployments if lacking() is None else ():
        for path, cells in _asked(chosen, deployment).items():
            base, head = (
                instructions_per_request(side.application, deployment, path) for side in sides
            )
            verdict = compare(base, head)
            yield InstructionChange(deployment.name, path, base, head, verdict, tuple(cells))


def _asked(chosen: Plan, deployment: Deployment) -> Mapping[str, Sequence[CellKey]]:
    """List for each path that is counted the cells whose scenarios name it."""
    paths: dict[str, list[CellKey]] = {}
    for scenario in chosen.scenarios:
        if scenario.instructions and deployment in chosen.against(scenario):
            path = scenario.instructions.replace("{views}", deployment.views)
            paths.setdefault(path, []).append(CellKey(deployment.name, scenario.name))
    return paths


def counting(chosen: Plan, path: str | None) -> Plan:
    """Let the scenarios count `path` instead of what they name; nothing where it is empty."""
    if path is None:
        return chosen
    scenarios = (
        scenario.model_copy(update={"instructions": path or None}) for scenario in chosen.scenarios
    )
    return chosen.model_copy(update={"scenarios": tuple(scenarios)})


def instructions_per_request(
    application: Application, deployment: Deployment, path: str, few: int = FEW, many: int = MANY
) -> float:
    """Give the slope between two servers that answer `few` and `many` requests, one at a time.

    What starting and ending execute cancels out. The two run at once, each on cores of its own
    where there are two. A server of several workers gets one: the others would only start and end.
    """
    if reason := lacking():
        raise BenchError(reason)
    cores = machine.cores()
    with ThreadPoolExecutor(2) as both:
        less = both.submit(_count, application, deployment, path, few, cores.server)
        more = both.submit(_count, application, deployment, path, many, cores.load)
        slope = (more.result() - less.result()) / (many - few)
    if slope <= 0:
        raise BenchError(
            f"{deployment.name}: {many} requests of {path} took no more instructions than {few}; "
            "count more requests, of a path that does some work"
        )
    return slope


def _count(
    application: Application,
    deployment: Deployment,
    path: str,
    requests: int,
    cores: Sequence[int],
) -> int:
    """Serve so many requests from start to end; give the instructions of all processes."""
    with tempfile.TemporaryDirectory(prefix="instructions-") as name:
        folder, port = Path(name), free_port()
        server = launch(application, deployment)
        lone = deployment.model_copy(update={"command": server.with_one_worker()})
        argv = (*_valgrind(folder), *command(application, lone, HOST, port))
        # Strings hash alike in every start, or dictionaries would collide differently.
        extra = application.environment | deployment.environment | {"PYTHONHASHSEED": "0"}
        log = folder / "server.log"
        with (
            Child(argv, log, cores, application.directory, extra, STOP_S) as child,
            closing(_connected(child, deployment.name, port)) as connection,
        ):
            for asked in (application.ready, *(path for _ in range(requests))):
                _ask(connection, child, deployment.name, asked)
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


def _ask(connection: http.client.HTTPConnection, child: Child, name: str, path: str) -> None:
    """Ask once, on the same connection where the server keeps it."""
    try:
        connection.request("GET", path)
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

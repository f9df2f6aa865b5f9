"""Count the instructions that a served application executes, under valgrind.

Cachegrind tells a process's total as it ends. In mid-run it tells one for a child that a process of
the server forks and that ends at once: it brings its parent's past (rig/probe/count_probe.py). So
one start is enough to part requests from it.
"""

import errno
import http.client
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.core.command import command
from harness.core.errors import BenchError
from harness.core.launch import Launch
from harness.core.plan import Application, Deployment
from harness.host import versions
from harness.host.launches import launch
from harness.host.processes import Child
from harness.host.sockets import HOST, free_port
from harness.rig.servers import probed_path

# The numbers of requests have as many digits each: a longer one takes longer to parse.
FIRST = 1_000

# A server takes about 20 times as long to start, and to end.
READY_S = 180.0
STOP_S = 30.0
POLL_S = 0.05

TOTAL = re.compile(r"I\s+refs:\s+([\d,]+)")


@dataclass(frozen=True, slots=True)
class Count:
    """What a server executes: for one request, and to start, answer its first one and end."""

    per_request: float
    to_start: float


def lacking() -> str | None:
    """Say in one line why nothing can be counted here; None where it can."""
    if shutil.which("valgrind"):
        return None
    return "instructions not counted: valgrind is missing (Debian, Ubuntu: apt install valgrind)"


def with_one_worker(application: Application, deployment: Deployment) -> Deployment:
    """Return the deployment with a single worker: who answers then depends on no chance."""
    command = launch(application, deployment).with_one_worker()
    return deployment.model_copy(update={"command": command})


def count(
    application: Application,
    deployment: Deployment,
    paths: Sequence[str],
    requests: tuple[int, int],
    cores: Sequence[int],
) -> Count:
    """Serve from start to end with one worker; part what requests take from all else.

    Of `requests`, one after the other, the first so many are not counted: whatever comes only once
    has come by then. `paths` are asked in turn, with a number for `{n}`. Raise BenchError where the
    server does not answer 200, or does not tell its count.
    """
    few, many = requests
    with tempfile.TemporaryDirectory(prefix="instructions-") as name:
        folder, port = Path(name), free_port()
        server = launch(application, deployment)
        lone = with_one_worker(application, deployment)
        served = versions.served_by(application, lone)
        argv = (*_valgrind(folder), *command(served, lone, HOST, port))
        log = folder / "server.log"
        extra = _variables(server, folder)
        with (
            Child(argv, log, cores, application.directory, extra, STOP_S) as child,
            closing(_connected(child, deployment.name, port)) as connection,
        ):
            ask = partial(_ask, connection, child, deployment.name, application.request_headers)
            ask(application.ready)
            _ask_in_turn(ask, paths, range(few))
            before = _so_far(folder, child, deployment.name)
            _ask_in_turn(ask, paths, range(few, many))
            after = _so_far(folder, child, deployment.name)
            # A worker that were asked twice, by us and by its master, might die at the second time
            # before it has cleaned up, which takes as much as 100 requests.
            child.finish()
            _check_end(server, child, deployment.name)
        total = _total(folder, child, deployment.name)
    per_request = (after - before) / (many - few)
    if per_request <= 0:
        raise BenchError(
            f"{deployment.name}: {', '.join(paths)} took no instructions in {many - few} requests; "
            "name paths that the server's Python processes answer"
        )
    return Count(per_request, total - many * per_request)


def _variables(server: Launch, folder: Path) -> dict[str, str]:
    """Return what a counted server finds in its environment: its own, and the probe."""
    own = dict(server.variables)
    # Strings hash alike in every start, or dictionaries would collide differently.
    ours = {"PYTHONHASHSEED": "0", "COUNT_FOLDER": str(folder), "PYTHONPATH": probed_path(own)}
    return own | ours


def _ask_in_turn(ask: Callable[[str], None], paths: Sequence[str], numbers: Iterable[int]) -> None:
    """Ask for the paths in turn, each time with a number of its own."""
    for number in numbers:
        ask(paths[number % len(paths)].replace("{n}", str(FIRST + number)))


def _so_far(folder: Path, child: Child, name: str) -> int:
    """Add up what each Python process of the server has executed by now."""
    known = {pipe: len(_children(pipe)) for pipe in folder.glob("*.ask")}
    asked = [pipe for pipe in known if _call(pipe)]
    deadline = time.monotonic() + READY_S
    while any(len(_children(pipe)) == known[pipe] for pipe in asked):
        if time.monotonic() > deadline or child.exit_reason is not None:
            break
        time.sleep(POLL_S)
    answers = [number for pipe in asked for number in _children(pipe)[known[pipe] :]]
    if not asked or len(answers) < len(asked):
        raise BenchError(
            f"{name} under valgrind {child.exit_reason or 'told no count in mid-run'}: its Python "
            "finds no sitecustomize by PYTHONPATH, or runs no threads; let it, or check without "
            f"instructions:\n{child.tail()}"
        )
    return _told([folder / f"valgrind-{number}.log" for number in answers], child, name)


def _call(pipe: Path) -> bool:
    """Ask a process for its count; return False where it has ended."""
    try:
        end = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return False
        raise
    os.write(end, b"\n")
    os.close(end)
    return True


def _children(pipe: Path) -> list[str]:
    """List the children by which the process of a pipe has told its count."""
    told = pipe.with_suffix(".told")
    return told.read_text().split() if told.exists() else []


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
    in_between = {number for pipe in folder.glob("*.ask") for number in _children(pipe)}
    logs = [
        log
        for log in folder.glob("valgrind-*.log")
        if log.stem.removeprefix("valgrind-") not in in_between
    ]
    return _told(logs, child, name)


def _told(logs: Sequence[Path], child: Child, name: str) -> int:
    """Add up the totals of valgrind's logs."""
    totals = [TOTAL.search(log.read_text()) for log in logs]
    if not totals or not all(totals):
        raise BenchError(
            f"{name} under valgrind {child.exit_reason} without telling its instructions within "
            f"{STOP_S:g} s; check without instructions, or see why it does not end:\n"
            f"{child.tail()}"
        )
    return sum(int(total[1].replace(",", "")) for total in totals if total)

"""Serve the application by one deployment: start it on a port, wait until it is ready, reap it."""

import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType

from harness.core.command import command, is_encrypted
from harness.core.errors import BenchError
from harness.core.plan import Application, Deployment, Upstream
from harness.host import certificates, launches, versions
from harness.host.processes import Child
from harness.host.sockets import HOST, free_port
from harness.rig import ground_truth
from harness.rig import upstream as upstream_server
from harness.rig.answers import Answer, ask
from harness.rig.ground_truth import Behaviour

POLL_S = 0.02
UPSTREAM_READY_S = 10

# A server that is coming up refuses, hangs or answers 502 to 504. Any other answer that stays the
# same for so long will stay.
COMING_UP = (0, 502, 503, 504)
STABLE_S = 2

READY_ASK_S = 1

# Everything is measured when a server is stopped, so its queue need not drain.
STOP_S = 1

PROBE = str(Path(__file__).with_name("probe"))
"""The folder that a server with a probe, or whose exceptions are noted, finds first on its path."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is ready: its process group and its address, and where exceptions are noted.

    Whether it is asked over TLS is `encrypted`.
    """

    name: str
    child: Child
    host: str
    port: int
    exceptions: Path | None = None
    encrypted: bool = False

    @property
    def url(self) -> str:
        """Return the address that clients ask."""
        return f"{'https' if self.encrypted else 'http'}://{self.host}:{self.port}"

    def explained(self, answer: Answer, method: str, path: str) -> Answer:
        """Return its answer to a request with what the view raised, where that is noted."""
        if self.exceptions is None or not self.exceptions.exists():
            return answer
        lines = self.exceptions.read_text(encoding="utf-8").splitlines()
        raised = dict(line.partition("\t")[::2] for line in lines)
        return replace(answer, raised=raised.get(f"{method} {path.partition('?')[0]}", ""))


class NotReady(BenchError):
    """A server that runs and does not answer 200: the `answer` that it gives instead."""

    def __init__(self, server: Server, path: str, answer: Answer, after_s: float) -> None:
        super().__init__(
            f"{server.name} was not ready after {after_s:.0f} s: {path} gave {answer.text}; set "
            f"application.ready to a path that answers 200, or see its log:\n{server.child.tail()}"
        )
        self.path = path
        self.answer = server.explained(answer, "GET", path)


@contextmanager
def serve(
    application: Application,
    deployment: Deployment,
    log: Path,
    cores: Sequence[int],
    variables: Mapping[str, str],
    port: int | None = None,
    any_answer: bool = False,
    noting: bool = False,
    host: str = HOST,
) -> Iterator[Server]:
    """Yield the deployment, ready, on `port` or a free one; it is gone when the context ends.

    It listens on the address `host`, and is ready once it answers 200, or with `any_answer` once it
    answers at all. With `noting` the exceptions of a Django site's views are noted beside the log.
    Raise BenchError where it ends or does not answer in time, or where the port is taken.
    """
    port = free_port(host) if port is None else _claim(port)
    extra = launches.variables(application, deployment) | dict(variables)
    exceptions = log.with_suffix(".exceptions").absolute() if noting else None
    probing = _stops(deployment, log.parent) if deployment.probe else {}
    probing |= {"EXCEPTIONS_FILE": str(exceptions)} if exceptions else {}
    if probing:
        extra |= probing | {"PYTHONPATH": probed_path(extra)}
    encrypted = is_encrypted(deployment)
    with certificates.certificate() if encrypted else nullcontext(Path()) as keys:
        served = versions.served_by(application, deployment)
        argv = command(served, deployment, host, port, keys)
        with Child(argv, log, cores, application.directory, extra, grace_s=STOP_S) as child:
            server = Server(deployment.name, child, host, port, exceptions, encrypted)
            headers = application.request_headers
            _await(server, application.ready, application.ready_timeout_s, headers, any_answer)
            yield server


@contextmanager
def serve_upstream(spread: Upstream, log: Path, cores: Sequence[int]) -> Iterator[Server]:
    """Yield the service that the application calls, ready; it is gone when the context ends."""
    port = free_port()
    argv = [sys.executable, upstream_server.__file__, f"--host={HOST}", f"--port={port}"]
    argv += [f"--spread={spread.spread}", f"--sigma={spread.sigma}", f"--seed={spread.seed}"]
    with Child(argv, log, cores) as child:
        server = Server("the upstream", child, HOST, port)
        _await(server, "/ready/", UPSTREAM_READY_S)
        yield server


@contextmanager
def serve_truth(
    behaviour: Behaviour, log: Path, cores: Sequence[int], host: str = HOST
) -> Iterator[Server]:
    """Yield the server whose delays are known, ready; it is gone when the context ends."""
    port = free_port(host)
    argv = [sys.executable, "-m", ground_truth.__name__, f"--host={host}", f"--port={port}"]
    argv += [f"--{name.replace('_', '-')}={value}" for name, value in asdict(behaviour).items()]
    with Child(argv, log, cores, Path(ground_truth.__file__).parents[2]) as child:
        server = Server("the ground truth", child, host, port)
        _await(server, "/ready/", UPSTREAM_READY_S)
        yield server


def probed_path(extra: Mapping[str, str]) -> str:
    """Return the path by which a Python server finds the probes before all else."""
    path = extra.get("PYTHONPATH", os.environ.get("PYTHONPATH"))
    return os.pathsep.join([PROBE, *([path] if path else [])])


def _stops(deployment: Deployment, folder: Path) -> dict[str, str]:
    """Return the variables that let a Python server note its stops; the rows go to `folder`."""
    loop = {"STOPS_LOOP": "1"} if deployment.interface == "asgi" else {}
    return {"STOPS_FOLDER": str(folder.absolute())} | loop


def _await(
    server: Server,
    path: str,
    timeout_s: float,
    headers: Mapping[str, str] = MappingProxyType({}),
    any_answer: bool = False,
) -> None:
    """Ask until the server answers 200, or anything; raise BenchError where it does not."""
    started = time.monotonic()
    answer, since = Answer(0, failure="not asked"), started
    while time.monotonic() < started + timeout_s:
        if server.child.exit_reason is not None:
            _check_background(server)
            raise BenchError(
                f"{server.name} {server.child.exit_reason} before it was ready; fix what its log "
                f"says:\n{server.child.tail()}"
            )
        before = answer
        answer = ask(
            server.host,
            server.port,
            path,
            headers,
            timeout_s=READY_ASK_S,
            encrypted=server.encrypted,
        )
        if answer.status == 200 or (any_answer and answer.status):
            return
        if answer.status != before.status:
            since = time.monotonic()
        if answer.status not in COMING_UP and time.monotonic() > since + STABLE_S:
            break
        time.sleep(POLL_S)
    raise NotReady(server, path, answer, time.monotonic() - started)


def _check_background(server: Server) -> None:
    """Raise BenchError where a server that seems to have ended goes on as a daemon."""
    if strays := server.child.strays():
        numbers = ", ".join(str(stray.pid) for stray in strays)
        raise BenchError(
            f"{server.name} went into the background (processes {numbers}), where nothing meters "
            "it; leave out --daemon and the like"
        )


def _claim(port: int) -> int:
    """Return a port; raise BenchError where another process listens on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise BenchError(
                f"cannot listen on {HOST}:{port} ({error.strerror}); name another port or none"
            ) from None
    return port

"""Real servers for tests: each in a process group of its own, on a free port, always reaped."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import urllib3

from tests.support.patience import PATIENCE_S

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Server:
    """A server that is ready."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def worker(self) -> psutil.Process:
        """The process that serves: Gunicorn's one child, else the server itself."""
        server = psutil.Process(self.process.pid)
        return next(iter(server.children()), server)

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        """Ask once, on a connection that is closed afterwards."""
        with urllib3.PoolManager(retries=False, timeout=PATIENCE_S) as client:
            return client.request("GET", self.url + path)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask the server to end; return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def output(self) -> str:
        """Return what the server has written to stdout and stderr."""
        return self.log.read_text()


@contextmanager
def running(
    argv: Sequence[str], log: Path, directory: Path = PROJECT, variables: Mapping[str, str] = {}
) -> Iterator[Server]:
    """Start a server, with {port} in its argv replaced, and wait until /ready/ answers."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [part.format(port=port) for part in argv],
            cwd=directory,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", process, log)
    try:
        _await_ready(server)
        yield server
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """Return a TCP port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_ready(server: Server) -> None:
    """Ask until the server answers 200; fail with its log where it does not."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and server.process.poll() is None:
        with suppress(urllib3.exceptions.HTTPError):
            if server.get("/ready/").status == 200:
                return
        time.sleep(0.02)
    raise AssertionError(f"{server.process.args!r} did not get ready:\n{server.output()}")

"""The suite's hands on another host: `python -m harness.rig.agent FOLDER`, over ssh.

A line of stdin is a request, JSON of a task and its details; a line of stdout answers it with the
result, an error for the user, or the traceback of a fault. Empty lines say that somebody is still
there. At the end of stdin, or after SILENCE_S without a line, all that was started ends, limits are
put back and FOLDER is removed: nothing stays when the connection breaks.
"""

import json
import os
import select
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from harness.core.errors import BenchError
from harness.core.plan import Plan
from harness.host import clock, machine, processes, site
from harness.host.processes import MOST_PRINTED, Child
from harness.host.ssh import digest
from harness.rig import generator, link
from harness.rig.canaries import canaries
from harness.rig.generator import Asking
from harness.rig.ground_truth import Behaviour
from harness.rig.meter import Meter
from harness.rig.places import Here, here
from harness.rig.servers import Server, serve, serve_truth
from harness.rig.session import Services, services

# Longer than any stall of a network that is no loss of it; who asks says something every second.
SILENCE_S = 10

ASKING = TypeAdapter(Asking)

USAGE = "usage.csv"
ROWS = "requests-*.csv"


class Part:
    """What this host has of a session, a server or workers, and what became of it by a look."""

    def __init__(
        self, folder: Path, child: Child, servers: Sequence[Server], backing: Services, meter: Meter
    ) -> None:
        self.child = child
        self.meter = meter
        self._servers = servers
        self._backing = backing
        self._folder = folder
        self._sent: dict[str, int] = {}

    def look(self) -> dict[str, Any]:
        """Take a row of the meter; return it, what files grew by, and what has ended."""
        self.meter.read()
        return {
            "row": self.meter.rows[-1],
            "files": {path.name: self._growth(path) for path in self._files() if path.is_file()},
            "ended": self._ended(),
        }

    def _files(self) -> Iterator[Path]:
        """Yield the files that go with a look: not usage, by row, nor requests, after a step."""
        for path in sorted(self._folder.iterdir()):
            if path.name != USAGE and not path.match(ROWS):
                yield path

    def rows(self) -> list[dict[str, Any]]:
        """Return of each file of requests what tells whether a copy is whole."""
        paths = sorted(self._folder.glob(ROWS))
        return [{"path": str(path), **asdict(digest(path.read_bytes()))} for path in paths]

    def _growth(self, path: Path) -> str:
        """Return what came to a file, each byte as one letter: a piece may end in a character."""
        sent = self._sent.get(path.name, 0)
        with path.open("rb") as file:
            file.seek(sent)
            data = file.read(MOST_PRINTED)
        self._sent[path.name] = sent + len(data)
        return data.decode("latin-1")

    def _ended(self) -> str | None:
        """Return which process ended, and how; None while all run."""
        if lost := self._backing.lost:
            return f"the database {lost}"
        for server in self._servers:
            if reason := server.child.exit_reason:
                return f"{server.name} {reason}"
        reason = self.child.exit_reason
        return f"Locust {reason}" if reason else None


class Hands:
    """What this host does for another: each public method is a task that it may be asked for.

    A plan comes as JSON, its paths as they are here.
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._here = Here(machine.cores())
        self._session = ExitStack()
        self._part: Part | None = None
        stack.callback(self.release)

    def hello(self) -> dict[str, str]:
        """Return the versions of what runs here."""
        return machine.versions(sys.executable, (), machine.LOAD_PACKAGES)

    def begin(self, plan: str) -> dict[str, Any]:
        """Take the cores of this host that the plan names; return them."""
        self._here = here(_plan(plan), machine.cores())
        processes.pin(os.getpid(), self._here.cores.load)
        return asdict(self._here.cores)

    def tick(self) -> float:
        """Return the monotonic clock of this host."""
        return time.monotonic()

    def follow(self, ahead_s: float) -> None:
        """Take the time of day from who asks."""
        clock.follow(ahead_s)

    def answer(self) -> list[Any]:
        """Answer one connection that measures the link to this host; return where."""
        address = _address()
        return [address, link.answer(address)]

    def link(self, host: str, port: int) -> dict[str, Any]:
        """Return the link from here to a host that answers at a port."""
        return asdict(link.measure(host, port))

    def left_out(self, plan: str, source: str) -> dict[str, str]:
        """Return the deployments that cannot be served here, with the reason."""
        return dict(self._here.left_out(_plan(plan), source))

    def check(self, plan: str) -> None:
        """Raise BenchError where this host has no room for the plan, or lacks what it needs."""
        self._here.check(_plan(plan))

    def facts(self, plan: str) -> dict[str, str]:
        """Return the facts of this host."""
        return self._here.facts(_plan(plan))

    def preflight(self, plan: str) -> dict[str, Any]:
        """Look at what the deployments serve; return it and what to know of it."""
        return asdict(self._here.preflight(_plan(plan)))

    def room(self, plan: str) -> None:
        """Raise the limits that the plan needs, until this process ends."""
        self._stack.enter_context(self._here.room(_plan(plan)))

    def serve(self, plan: str, deployment: str) -> dict[str, Any]:
        """Start a deployment with what it calls, its meter and its canary; return where it is."""
        with self._beginning() as folder:
            return self._serve(_plan(plan), deployment, folder)

    def _serve(self, plan: Plan, name: str, folder: Path) -> dict[str, Any]:
        application, cores, enter = plan.application, self._here.cores, self._session.enter_context
        (deployment,) = (each for each in plan.deployments if each.name == name)
        backing = enter(services(plan, folder, cores))
        site.run(backing.known_to(application), application.reset, "reset")
        log, variables, host = folder / "server.log", backing.variables, _address()
        server = enter(serve(application, deployment, log, cores.server, variables, host=host))
        enter(canaries(folder, {"server": cores.server}))
        return self._metered(folder, server, backing)

    def truth(self, behaviour: dict[str, Any]) -> dict[str, Any]:
        """Start the server whose delays are known, with its meter; return where it is."""
        with self._beginning() as folder:
            log, cores = folder / "server.log", self._here.cores.server
            serving = serve_truth(Behaviour(**behaviour), log, cores, _address())
            server = self._session.enter_context(serving)
            return self._metered(folder, server, Services())

    def _metered(self, folder: Path, server: Server, backing: Services) -> dict[str, Any]:
        """Meter a server from now on; return where it is, and what its rows have."""
        groups, on = {"server": server.child.pid}, {"server": self._here.cores.server}
        meter = Meter(groups, server.port, folder / USAGE, on, backing.database)
        self._part = Part(folder, server.child, (*backing.servers, server), backing, meter)
        return {
            "host": server.host,
            "port": server.port,
            "encrypted": server.encrypted,
            "columns": meter.columns,
            "at_rest_mib": meter.at_rest_mib,
        }

    def work(self, asking: str, url: str, port: int, workers: int) -> dict[str, Any]:
        """Start workers of Locust against a server, with their meter and their canary."""
        cores = self._here.cores.load
        with self._beginning() as folder:
            starting = generator.work(
                ASKING.validate_json(asking), url, folder, cores, port, workers
            )
            child = self._session.enter_context(starting)
            on = {"load": cores}
            self._session.enter_context(canaries(folder, on))
            meter = Meter({"load": child.pid}, urlsplit(url).port or 0, folder / USAGE, on)
            self._part = Part(folder, child, (), Services(), meter)
        return {"columns": meter.columns}

    @contextmanager
    def _beginning(self) -> Iterator[Path]:
        """Yield an empty folder for a session; what began of one that fails ends at once."""
        self.release()
        folder = self._folder / "session"
        folder.mkdir()
        self._session.callback(shutil.rmtree, folder)
        try:
            yield folder
        except BaseException:
            self.release()
            raise

    def look(self) -> dict[str, Any]:
        """Return what became of this host's part of the session since the last look."""
        return self._now().look()

    def rows(self) -> list[dict[str, Any]]:
        """Return where the rows of requests are, with size, lines and checksum of each file."""
        return self._now().rows()

    def memory(self) -> float | None:
        """Return the server's memory, what its processes share counted once, in MiB."""
        return self._now().meter.server_pss_mib()

    def helpers(self) -> list[str]:
        """Return the commands of what the server has started outside its process group."""
        return self._now().child.helpers()

    def release(self) -> None:
        """End this host's part of a session and all that belongs to it."""
        self._part = None
        self._session.close()

    def _now(self) -> Part:
        assert self._part is not None
        return self._part


def _plan(text: str) -> Plan:
    return Plan.model_validate_json(text)


def _address() -> str:
    """Return the address at which ssh reached this host: whoever asks can ask a server there."""
    return os.environ["SSH_CONNECTION"].split()[2]


def answer(hands: Hands, line: str) -> str:
    """Do a task; return the line that answers it."""
    request = json.loads(line)
    try:
        result = getattr(hands, request["task"])(**request["details"])
    except BenchError as error:
        return json.dumps({"error": str(error)})
    except Exception:
        return json.dumps({"fault": traceback.format_exc()})
    return json.dumps({"result": result})


def requests() -> Iterator[str]:
    """Yield the lines of stdin; SIGTERM comes at their end, or where there are none for SILENCE_S.

    A thread reads them: the end must be noticed in the middle of a task too.
    """
    lines: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    while True:
        if line := lines.get():
            yield line


def _read(lines: "SimpleQueue[str]") -> None:
    rest = b""
    stdin = sys.stdin.fileno()
    while select.select([stdin], [], [], SILENCE_S)[0] and (data := os.read(stdin, 1 << 16)):
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            lines.put(line.decode())
    os.kill(os.getpid(), signal.SIGTERM)


def main(folder: Path) -> None:
    """Answer requests until nobody asks any more, then end all that was started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Answers have the pipe alone: what tasks print goes with the errors.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        with suppress(KeyboardInterrupt, BrokenPipeError), ExitStack() as stack:
            hands = Hands(folder, stack)
            for line in requests():
                answers.write(answer(hands, line) + "\n")
                answers.flush()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

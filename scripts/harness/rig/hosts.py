"""Other hosts that take part in a run: the suite copied there, and an agent that does as asked.

`agent` sets a host up and yields its `Agent`; harness.rig.agent is what runs there. A deployment
that is served there is `Served`: once a second its meter's row, its log and its canary's beats come
here, so that the files of a session are in its folder as if it had been served here.
"""

import json
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any, Self, TypeVar

import pandas as pd
from pydantic import TypeAdapter

from harness.core.plan import Plan, PlanPart
from harness.host import clock, machine, sockets
from harness.host.machine import Cores
from harness.host.processes import Child, Log
from harness.host.ssh import Digest, Host, HostFailed, connect
from harness.rig.generator import Asking, ProcessLost
from harness.rig.session import POLL_S, SessionFailed

ROOT = Path(__file__).resolve().parents[3]
LOCK = "requirements.lock"
PARTS = ("scripts", "loadtests", "app", "frameworks", "servers", LOCK)
"""What of the suite a host needs."""

ASKING = TypeAdapter(Asking)

BEAT_S = 1.0

NUMBERED = ("notes-",)
"""Files of single workers, whose numbers no two hosts share."""

# The least round trip of so many tells clocks apart best: what delays one seldom delays them all.
PINGS = 20

# What an agent needs to end a server that does not end by itself, and to put limits back.
END_S = 30

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class ClockReading:
    """By how much the time of day here is ahead of a host's monotonic clock, and how sure that is.

    The answer was given within half a round trip of its middle.
    """

    ahead_s: float
    error_s: float


class Agent:
    """An agent on a host: one task at a time, until the connection breaks (`lost`)."""

    def __init__(self, host: Host, folder: str, process: "subprocess.Popen[str]") -> None:
        self.host = host
        self.folder = folder
        self.lost: str | None = None
        self._process = process
        self._asking = threading.Lock()
        self._writing = threading.Lock()
        self._ahead_s = 0.0
        self._places: dict[Path, str] = {ROOT: folder}
        self.cores = Cores((), ())
        threading.Thread(target=self._beat, name="agent", daemon=True).start()

    def ask(self, task: str, **details: Any) -> Any:
        """Return the result of a task there; raise HostFailed where it fails or the host is lost.

        What is a fault of the suite is a RuntimeError with the traceback from there.
        """
        with self._asking:
            self._write(json.dumps({"task": task, "details": details}))
            assert self._process.stdout is not None
            line = self._process.stdout.readline()
        if not line:
            self._lose()
            raise HostFailed(f"{self.host.url}: {self.lost}; see that it runs")
        answer = json.loads(line)
        if "error" in answer:
            raise HostFailed(f"{self.host.url}: {answer['error']}")
        if "fault" in answer:
            raise RuntimeError(f"{self.host.url}, {task}:\n{answer['fault']}")
        return answer["result"]

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        with self._writing, suppress(OSError, ValueError):  # an answer that never comes says it
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def _beat(self) -> None:
        """Say once a second that somebody is there, also while a task takes its time."""
        while self._process.poll() is None:
            self._write("")
            time.sleep(BEAT_S)
        self._lose()

    def _lose(self) -> None:
        self.lost = "the connection broke"

    def clock(self) -> ClockReading:
        """Compare the clocks by ping-pong, and return the reading of the least round trip."""
        best = ClockReading(0.0, inf)
        for _ in range(PINGS):
            began = clock.now_s()
            there_s = self.ask("tick")
            ended = clock.now_s()
            if (ended - began) / 2 < best.error_s:
                best = ClockReading((began + ended) / 2 - there_s, (ended - began) / 2)
        return best

    def follow(self) -> None:
        """Let what starts there from now on have the time of day of this machine."""
        self._ahead_s = self.clock().ahead_s
        self.ask("follow", ahead_s=self._ahead_s)

    def clock_error_s(self) -> float:
        """Return by how much the time of day there may differ from that of this machine now."""
        now = self.clock()
        return abs(now.ahead_s - self._ahead_s) + now.error_s

    def send(self, paths: Sequence[Path]) -> None:
        """Copy files and folders there, each into a folder of its own."""
        for path in paths:
            to = f"{self.folder}/beside-{len(self._places)}"
            self.host.run("mkdir", to)
            self.host.send(path.parent, [path.name], to)
            self._places[path] = f"{to}/{path.name}"

    def there(self, path: Path) -> Path:
        """Return where a file or folder of this machine is there."""
        absolute = path.absolute()
        for here, place in self._places.items():
            if absolute.is_relative_to(here):
                return Path(place) / absolute.relative_to(here)
        raise KeyError(f"{path} was not copied to {self.host.url}")

    def begin(self, plan: Plan) -> None:
        """Send what a plan needs beside the suite, and take the cores there that it names."""
        self.send(beside(plan))
        cores = self.ask("begin", plan=self.plan(plan))
        self.cores = Cores(**{side: tuple(numbers) for side, numbers in cores.items()})

    def plan(self, plan: Plan) -> str:
        """Return the plan as the agent reads it."""
        return as_json(plan, self.there)

    def asking(self, asking: Asking) -> str:
        """Return what a load asks for as the agent reads it."""
        moved = replace(asking, scenario=_moved(asking.scenario, self.there))
        return ASKING.dump_json(moved, by_alias=True, exclude_defaults=True).decode()


@contextmanager
def agent(url: str, plan: Plan, cores: Sequence[int], config: Path | None) -> Iterator[Agent]:
    """Yield the agent of a host, set up for the plan; nothing of it stays there.

    ssh runs on the `cores`, and reads `config` in place of ~/.ssh/config. Raise HostFailed, with
    the cure, where the host cannot be reached or set up, or would run other versions than this
    machine.
    """
    with connect(url, cores, config) as host, host.folder() as folder:
        host.send(ROOT, PARTS, folder)
        python = host.environment(folder, platform.python_version(), f"{folder}/{LOCK}")
        with _process(host, folder, python) as process:
            there = Agent(host, folder, process)
            check_versions(there)
            there.begin(plan)
            yield there


@contextmanager
def _process(host: Host, folder: str, python: str) -> Iterator["subprocess.Popen[str]"]:
    """Yield a running agent; it ends with the context, and so does all that it has started."""
    words = ("env", f"PYTHONPATH={folder}/scripts", python, "-m", "harness.rig.agent", folder)
    pipe = subprocess.PIPE
    with host.master.log.open("ab") as log:
        process = subprocess.Popen(
            host.command(*words), stdin=pipe, stdout=pipe, stderr=log, text=True
        )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield process
    finally:
        with suppress(BrokenPipeError):  # a connection that broke: the agent ends by itself
            process.stdin.close()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
        process.stdout.close()


def check_versions(there: Agent) -> None:
    """Raise HostFailed where anything that serves or loads has another version there."""
    own = machine.versions(sys.executable, (), machine.LOAD_PACKAGES)
    for name, version in there.ask("hello").items():
        if version != own[name]:
            raise HostFailed(
                f"{there.host.url}: {name} is {version} there and {own[name]} here; let both have "
                "the same Python, and make setup here"
            )


def beside(plan: Plan) -> list[Path]:
    """Return the files and folders of a plan that are not the suite's own, each once.

    A locustfile goes with its folder, as it may import what is beside it.
    """
    application = plan.application
    paths = [application.directory, *([application.env_file] if application.env_file else [])]
    for scenario in plan.scenarios:
        paths += [scenario.locustfile.parent] if scenario.locustfile else []
        paths += [scenario.requirements] if scenario.requirements else []
        paths += [words for path in scenario.paths for words in path.words.values()]
    outside = (path.absolute() for path in paths if not path.absolute().is_relative_to(ROOT))
    return list(dict.fromkeys(outside))


def as_json(plan: Plan, there: Callable[[Path], Path]) -> str:
    """Return a plan for another host: as JSON, each path where it is there, without machines."""
    alone = plan.model_copy(update={"machines": None})
    return _moved(alone, there).model_dump_json(by_alias=True, exclude_defaults=True)


def _moved(value: Part, there: Callable[[Path], Path]) -> Part:
    """Return a part of a plan, or what its fields hold, with every path as it is there."""
    moved: Any = value
    if isinstance(value, PlanPart):
        fields = type(value).model_fields
        changes = {name: _moved(getattr(value, name), there) for name in fields}
        moved = value.model_copy(update=changes)
    elif isinstance(value, Path):
        moved = there(value)
    elif isinstance(value, tuple):
        moved = tuple(_moved(each, there) for each in value)
    elif isinstance(value, dict):
        moved = {key: _moved(each, there) for key, each in value.items()}
    return moved  # type: ignore[no-any-return]


class Distant:
    """What a host has of a session, as the last look has it; its files grow in `folder`.

    It is to a session what a child of this machine would be.
    """

    def __init__(self, there: Agent, folder: Path, log: str, prefix: str = "") -> None:
        self.name = f"{there.host.url}:"
        self.log = folder / log
        self.log.write_bytes(b"")
        self._output = Log(self.log)
        self._there = there
        self._folder = folder
        self._prefix = prefix
        self._ended: str | None = None
        self._seen: set[str] = set()
        self._reading = threading.Lock()
        self._rows: list[list[float]] = []
        self._columns: list[str] = []

    @property
    def child(self) -> Self:
        """Return what is watched of it."""
        return self

    @property
    def exit_reason(self) -> str | None:
        """Return what ended there, or that nobody knows; None while all runs."""
        return self._ended or self._there.lost

    def tail(self) -> str:
        """Return the last lines that it has printed."""
        return self._output.tail()

    def printed(self, until: int) -> str:
        """Return what it has printed since the last call, up to so many bytes of its log here."""
        return self._output.printed(until)

    def read(self) -> None:
        """Take a look: a row of its meter, what its files grew by, and what has ended."""
        with self._reading:  # the thread that meters reads too, and pieces have an order
            try:
                self._keep(self._there.ask("look"))
            except HostFailed as failure:
                if self._there.lost is None:
                    self._ended = str(failure).partition(": ")[2]

    def _keep(self, look: Mapping[str, Any]) -> None:
        self._rows.append(look["row"])
        self._ended = look["ended"]
        for name, text in look["files"].items():
            own = name if name.startswith(NUMBERED) else f"{self._prefix}{name}"
            # An earlier start of the block may have left a file of that name.
            with (self._folder / own).open("ab" if own in self._seen else "wb") as file:
                file.write(text.encode("latin-1"))
            self._seen.add(own)

    def usage(self) -> pd.DataFrame:
        """Return the rows of its meter so far, with the columns of harness.rig.meter."""
        return pd.DataFrame(self._rows, columns=self._columns)

    def release(self) -> None:
        """End it, with all that belongs to it; where the host is lost its agent does."""
        with suppress(HostFailed):
            self._there.ask("release")


class Served(Distant):
    """A server that a host has started for a task, such as `serve` with its details."""

    def __init__(self, there: Agent, folder: Path, task: str, **details: Any) -> None:
        super().__init__(there, folder, "server.log")
        answer = there.ask(task, **details)
        self.host: str = answer["host"]
        self.port: int = answer["port"]
        self.url = f"{'https' if answer['encrypted'] else 'http'}://{self.host}:{self.port}"
        self.at_rest_mib: float | None = answer["at_rest_mib"]
        self._columns = answer["columns"]

    def server_pss_mib(self) -> float | None:
        """Return its memory now, what its processes share counted once, in MiB."""
        memory: float | None = self._there.ask("memory")
        return memory

    def helpers(self) -> list[str]:
        """Return the commands of what it has started outside its process group."""
        commands: list[str] = self._there.ask("helpers")
        return commands


class Workers(Distant):
    """Locust's workers on one host; `number` tells its files from those of the other hosts."""

    def __init__(self, there: Agent, folder: Path, number: int) -> None:
        self.canary = folder / f"load-{number}-canary-load.csv"
        super().__init__(there, folder, f"load-{number}-locust.log", f"load-{number}-")

    def start(self, asking: Asking, url: str, port: int, workers: int) -> None:
        """Start them against a server, with their master behind a port there."""
        text = self._there.asking(asking)
        answer = self._there.ask("work", asking=text, url=url, port=port, workers=workers)
        self._columns = answer["columns"]

    def fetch(self) -> int:
        """Bring their rows of requests up to date; return how many files those are.

        Raise HostFailed where some do not come.
        """
        files = self._there.ask("rows")
        for file in files:
            path = file.pop("path")
            self._there.host.fetch(path, self._folder / Path(path).name, Digest(**file))
        return len(files)


class FarCrew:
    """The workers of all load hosts, whose master is here and whose rows come here."""

    def __init__(self, agents: Mapping[Agent, int], port: int, folder: Path, each: int) -> None:
        self.port = port
        self.workers = len(agents) * each
        self.hosts = tuple(Workers(there, folder, n) for n, there in enumerate(agents))
        self._ports = tuple(agents.values())

    def start(self, asking: Asking, url: str, master: Child) -> None:
        """Start all workers once their master listens; raise SessionFailed where it ends first."""
        while not sockets.inodes(self.port, sockets.TCP_LISTEN):
            if master.exit_reason is not None:
                raise SessionFailed(f"Locust {master.exit_reason}", master, began=False)
            time.sleep(POLL_S)
        for host, port in zip(self.hosts, self._ports, strict=True):
            host.start(asking, url, port, self.workers)

    @property
    def lost(self) -> str | None:
        """Return which of them ended, or is out of reach, and how; None while all run."""
        ends = (f"{host.name} {host.exit_reason}" for host in self.hosts if host.exit_reason)
        return next(ends, None)

    def fetch(self) -> None:
        """Bring the rows of requests up to date; raise ProcessLost where not all come home."""
        try:
            files = sum(host.fetch() for host in self.hosts)
        except HostFailed as failure:
            raise ProcessLost(str(failure)) from None
        if files != self.workers:
            raise ProcessLost(f"rows of {files} of Locust's {self.workers} processes came home")

    def release(self) -> None:
        """End them."""
        for host in self.hosts:
            host.release()

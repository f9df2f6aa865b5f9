"""Make the load: one Locust for each block, of one process or several, read plateau by plateau."""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import pandas as pd
import psutil
from pydantic import TypeAdapter

from harness.core.errors import BenchError
from harness.core.note import Note
from harness.core.plan import Load, Scenario, SitePath, Views
from harness.core.trial import Plateau
from harness.host import environments
from harness.host.processes import Child, runs
from harness.host.sockets import HOST, free_port
from harness.rig import live
from harness.rig.request_log import Rows

LOADTESTS = Path(__file__).resolve().parents[3] / "loadtests"
BEFORE = ("_surroundings.py", "_instrument.py")
"""The plug-ins that come before the locustfile, so that it gets what they prepare."""

REQUESTS, NOTES = "requests.csv", "notes.jsonl"
"""The files of one process; several have theirs named after these."""

LIVE = "_live.py"
PLUGINS = ("_admission.py", "_staircase.py", "_recorder.py", LIVE)
LOOKING = ("_admission.py", "_preflight.py", "_recorder.py")
TAKING_TURNS = ("_admission.py", "_turns.py", "_recorder.py")
LOCUST = (sys.executable, "-m", "locust")

PLATEAU = TypeAdapter(Plateau)
NOTE = TypeAdapter(Note)

# It has written everything by then, and would take seconds to end ten thousand users.
STOP_S = 0.2


@dataclass(frozen=True, slots=True)
class Asking:
    """What every process of a load is to ask for, and how; fields are those of generate()."""

    scenario: Scenario
    load: Load
    views: Views | None
    slots: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class ProcessLost(BenchError):
    """One of several processes of a generator ended under load, or its rows did not come home."""


class Crew(Protocol):
    """Workers on other hosts, which a Locust here is the master of."""

    @property
    def port(self) -> int:
        """Return the port of loopback where they reach the master."""

    @property
    def workers(self) -> int:
        """Return how many there are."""

    @property
    def lost(self) -> str | None:
        """Return which of them ended, or is out of reach, and how; None while all run."""

    def fetch(self) -> None:
        """Bring the rows of requests up to date; raise ProcessLost where not all come home."""


class Generator:
    """A running Locust and the files it writes: plateaus as they end, their requests, notes.

    Each of several processes writes its requests and its notes to files of its own.
    """

    def __init__(
        self,
        child: Child,
        plateaus: Path,
        requests: Sequence[Path],
        notes: Sequence[Path],
        crew: Crew | None = None,
    ) -> None:
        self.child = child
        self._crew = crew
        self._notes = notes
        self._plateaus = plateaus
        self._requests = requests
        self._plateaus_read = 0
        self._rows = [Rows(path) for path in requests]
        self._workers: set[psutil.Process] = set()

    def next_plateau(self) -> Plateau | None:
        """Return the next plateau that has ended, once its rows are here; None while there is none.

        Raise ProcessLost where one of several processes has ended instead, or rows do not come.
        """
        lost = self._lost()  # before reading: after the last plateau they end by themselves
        line = self.next_line()
        if line is None:
            if lost:
                raise ProcessLost(f"{lost} under load")
            return None
        if self._crew:
            self._crew.fetch()
        return PLATEAU.validate_json(line)

    def next_line(self) -> str | None:
        """Return the next whole line of the plateaus' file; None while there is none."""
        if not self._plateaus.exists():
            return None
        with self._plateaus.open() as lines:
            lines.seek(self._plateaus_read)
            line = lines.readline()
            if not line.endswith("\n"):
                return None
            self._plateaus_read = lines.tell()
        return line

    def _lost(self) -> str | None:
        """Return which worker that ran has ended; None where all run."""
        if self._crew:
            return self._crew.lost
        if len(self._workers) < len(self._requests) > 1:
            with suppress(psutil.NoSuchProcess):
                self._workers |= set(psutil.Process(self.child.pid).children())
        if all(runs(worker) for worker in self._workers):
            return None
        return f"one of Locust's {len(self._requests)} processes ended"

    def take_turn(self) -> None:
        """Ask for one more plateau of a Locust that takes turns."""
        os.kill(self.child.pid, signal.SIGUSR1)

    def requests(self, since_s: float = -inf) -> pd.DataFrame:
        """Return all requests written so far, or at least those that ended at a time or later.

        Columns are those of harness.core.request_row, then others; none before the file is.
        """
        return pd.concat([rows.read(since_s) for rows in self._rows], ignore_index=True)

    def notes(self) -> tuple[Note, ...]:
        """Return what Locust has noted of the locustfile so far, each note once."""
        files = [path.read_bytes() for path in self._notes if path.exists()]
        lines = b"".join(files).splitlines()
        return tuple(dict.fromkeys(map(NOTE.validate_json, lines)))

    def last_note(self) -> Note | None:
        """Return the note for which Locust ended; None where it did not end for one."""
        return next((note for note in self.notes() if note.ends), None)

    def discard(self) -> None:
        """Remove the files, once their contents are stored elsewhere."""
        watched = self._plateaus.with_name(live.FILE)
        for path in (self._plateaus, watched, *self._requests, *self._notes):
            path.unlink(missing_ok=True)


@contextmanager
def generate(
    scenario: Scenario,
    load: Load,
    views: Views | None,
    url: str,
    folder: Path,
    cores: Sequence[int],
    plugins: Sequence[str] = PLUGINS,
    sources: int = 1,
    slots: int | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
    server_log: Path | None = None,
    crew: Crew | None = None,
) -> Iterator[Generator]:
    """Yield a Locust that climbs the staircase against `url`; it is gone when the context ends.

    Its files go to `folder`. Clients connect from so many `sources`, addresses of loopback. The
    server works on `slots` requests at once, None is no limit. Every request carries the `headers`.
    Plateaus tell how much of the `server_log` is theirs. With a `crew` its workers have the users;
    they are to be started once this Locust listens, and their files of rows come to `folder`.
    """
    plateaus = folder / "plateaus.jsonl"
    requests = folder / REQUESTS
    notes = folder / NOTES
    watched = folder / live.FILE
    flags = [*_asking(Asking(scenario, load, views, slots, headers), folder)]
    flags += [f"--plateaus={plateaus.absolute()}"]
    flags += [f"--live={watched.absolute()}"] if LIVE in plugins else []
    flags += [f"--sources={sources}"] if sources > 1 else []
    flags += _waiting(crew) if crew else _forking(load)
    flags += [f"--server-log={server_log.absolute()}"] if server_log else []
    workers = crew.workers if crew else load.processes if load.processes > 1 else 0
    rows = _of_workers(requests, workers) or [requests]
    noted = [notes, *_of_workers(notes, workers)]
    for stale in (plateaus, watched, *noted, *rows):
        stale.unlink(missing_ok=True)
    with _locust_of(scenario, plugins, url, flags, folder, cores) as child:
        yield Generator(child, plateaus, rows, noted, crew)


def work(
    asking: Asking, url: str, folder: Path, cores: Sequence[int], port: int, workers: int
) -> Child:
    """Start and return the workers of one host, as generate() would fork them.

    Their master is behind a `port` of loopback, and has so many `workers` on all hosts together.
    """
    flags = [*_asking(asking, folder), "--worker"]
    flags += [f"--master-host={HOST}", f"--master-port={port}"]
    flags += [f"--processes={asking.load.processes}", f"--expect-workers={workers}"]
    return _locust_of(asking.scenario, PLUGINS, url, flags, folder, cores)


def _asking(asking: Asking, folder: Path) -> Iterator[str]:
    """Yield what every process of a load is told: what to ask for, how, and where rows go."""
    yield from _settings(asking.scenario)
    yield from _users(asking.scenario)
    yield from _paths(asking.scenario, folder)
    yield from _climb(asking.load)
    yield from [f"--views={asking.views}"] if asking.views else []
    yield from [f"--slots={asking.slots}"] if asking.slots else []
    yield from (f"--header={name}: {value}" for name, value in asking.headers.items())
    yield f"--requests={(folder / REQUESTS).absolute()}"
    yield f"--notes={(folder / NOTES).absolute()}"


def _locust_of(
    scenario: Scenario,
    plugins: Sequence[str],
    url: str,
    flags: Sequence[str],
    folder: Path,
    cores: Sequence[int],
) -> Child:
    """Start and return a Locust that runs the locustfile of a scenario, or its paths."""
    locustfile = scenario.locustfile or LOADTESTS / "paths.py"
    python = environments.interpreter(scenario.requirements)
    return locust(locustfile, plugins, url, flags, folder, cores, python)


def locust(
    locustfile: Path,
    plugins: Sequence[str],
    url: str,
    flags: Sequence[str],
    folder: Path,
    cores: Sequence[int],
    python: str = LOCUST[0],
) -> Child:
    """Start and return a headless Locust in a folder of its own, where its log goes."""
    before = [LOADTESTS / plugin for plugin in BEFORE]
    files = [*before, locustfile.absolute(), *(LOADTESTS / plugin for plugin in plugins)]
    argv = [
        python,
        *LOCUST[1:],
        f"--locustfile={','.join(map(str, files))}",
        f"--host={url}",
        "--headless",
        "--only-summary",
        "--exit-code-on-error=0",
        *flags,
    ]
    # Locust would read settings from its folder and its home; this one has none.
    extra = {"PYTHONPATH": str(LOADTESTS), "HOME": str(folder.absolute())}
    return Child(argv, folder / "locust.log", cores, folder, extra, grace_s=STOP_S)


def _settings(scenario: Scenario) -> list[str]:
    """Return a scenario's settings as flags; its wait is 0 where it sets none."""
    settings = {"wait_ms": 0} | scenario.settings
    return [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]


def _users(scenario: Scenario) -> list[str]:
    """Return the flag that chooses user classes of the locustfile, where the plan does."""
    return [f"--user-classes={','.join(scenario.users)}"] if scenario.users else []


def _paths(scenario: Scenario, folder: Path) -> list[str]:
    """Write a scenario's paths to a file for loadtests/paths.py; return the flag that names it."""
    if not scenario.paths:
        return []
    file = (folder / "paths.json").absolute()
    file.write_text(json.dumps([_entry(path) for path in scenario.paths], indent=2) + "\n")
    return [f"--paths={file}"]


def _entry(path: SitePath) -> dict[str, Any]:
    """Return one path under the keys of the plan, with absolute files of words."""
    entry = path.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    words = {name: str(file.absolute()) for name, file in path.words.items()}
    return entry | ({"words": words} if words else {})


def _forking(load: Load) -> list[str]:
    """Return the flags that let Locust fork workers, with a free port for their master."""
    if load.processes == 1:
        return []
    port = free_port()
    processes = [f"--processes={load.processes}", f"--expect-workers={load.processes}"]
    return [*processes, *_listening(port), f"--master-port={port}"]


def _waiting(crew: Crew) -> list[str]:
    """Return the flags that let Locust wait for the workers of other hosts."""
    return ["--master", f"--expect-workers={crew.workers}", *_listening(crew.port)]


def _listening(port: int) -> list[str]:
    return [f"--master-bind-host={HOST}", f"--master-bind-port={port}"]


def _of_workers(path: Path, processes: int) -> list[Path]:
    """Return the files of so many workers, named as in loadtests/_notes.py."""
    return [path.with_stem(f"{path.stem}-{index}") for index in range(processes)]


def _climb(load: Load) -> list[str]:
    return [
        *_steps(load),
        f"--spawn-rate={load.spawn_rate}",
        f"--settle-s={load.settle_s}",
        f"--settle-most-s={load.settle_most_s}",
        f"--measure-s={load.measure_s}",
        f"--tail-s={load.tail_s}",
        *([f"--growth-most-ms={load.growth_most_ms}"] if load.growth_most_ms else []),
    ]


def _steps(load: Load) -> tuple[str, str]:
    """Return the load steps as flags: the users of a closed loop, or the rates of an open one."""
    if load.model == "closed":
        return f"--users={load.users[0]}", "--stairs=" + ",".join(map(str, load.users))
    return f"--users={load.clients}", "--arrivals=" + ",".join(map(str, load.rates_rps))

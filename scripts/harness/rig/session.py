"""A session: all that a block needs, started together, watched together, gone together.

Runs, checks, calibration and `make serve` start and watch their children here and nowhere else.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from harness.core.errors import BenchError
from harness.core.note import Note
from harness.core.plan import Application, Plan
from harness.core.trial import Block, Plateau
from harness.host import processes, site
from harness.host.machine import Cores
from harness.rig.database import Database, serve_database
from harness.rig.generator import PLUGINS, Generator, generate
from harness.rig.meter import Meter
from harness.rig.servers import Server, serve, serve_upstream

Read = TypeVar("Read")

POLL_S = 0.02

# How much later than its staircase allows a generator may be before it counts as hung.
PATIENCE_S = 60


class Process(Protocol):
    """A process that is watched, here or on another host: how it ended, and what it printed."""

    @property
    def exit_reason(self) -> str | None:
        """Return how it ended; None while it runs."""

    @property
    def log(self) -> Path:
        """Return the file of what it prints."""

    def tail(self) -> str:
        """Return the last lines that it has printed."""


class Watched(Protocol):
    """A server that a session must not go on without."""

    @property
    def name(self) -> str:
        """Return what messages call it."""

    @property
    def child(self) -> Process:
        """Return its process."""


class SessionFailed(Exception):
    """A session that cannot go on: a process ended, or no load step ended in time.

    `child` is the process that ended, None where one hung. `began` is whether Locust had ended a
    load step before. `note` is the one for which Locust ended, whose text is the reason.
    """

    def __init__(
        self,
        reason: str,
        child: Process | None = None,
        began: bool = True,
        note: Note | None = None,
    ) -> None:
        super().__init__(reason)
        self.child = child
        self.began = began
        self.note = note

    @property
    def with_log(self) -> str:
        """Return the reason with the last lines that the child printed; a note says it all."""
        if self.child is None or self.note is not None:
            return str(self)
        return f"{self}; fix what its log ({self.child.log}) says:\n{self.child.tail()}"


@dataclass(frozen=True, slots=True)
class Services:
    """The services that the application calls, and the variables that say where they are."""

    servers: tuple[Server, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    database: Database | None = None

    @property
    def lost(self) -> str | None:
        """Return how the database went away; None while it answers, or where there is none."""
        return self.database.failure if self.database else None

    def known_to(self, application: Application) -> Application:
        """Return the application with the variables in its environment."""
        environment = application.environment | dict(self.variables)
        return application.model_copy(update={"environment": environment})


@dataclass(frozen=True, slots=True)
class Session:
    """A deployment that is served, a Locust that loads it, and what meters both.

    The meter reads when it is told to; harness.rig.meter.ticking makes that once a second.
    """

    block: Block
    server: Server
    services: Services
    generator: Generator
    meter: Meter
    cores: Cores

    @property
    def load_cores(self) -> int:
        """Return how many cores the load can keep busy."""
        return min(len(self.cores.load), self.block.load.processes)

    def clocks_apart_ms(self) -> float | None:
        """Return None: server and clients have one clock."""
        return None

    def move(self) -> None:
        """Bind server and load to their cores, where they started on others."""
        processes.move(self.server.child.pid, self.cores.server)
        processes.move(self.generator.child.pid, self.cores.load)

    def next_plateau(self, began: bool = True) -> Plateau:
        """Return the next plateau once it has ended; raise SessionFailed where none will.

        `began` is whether Locust has ended one before. A database that went away ends the session
        between two plateaus: what it left unanswered within one is counted there.
        """
        if lost := self.services.lost:
            raise SessionFailed(f"the database {lost} under load")
        servers = (*self.services.servers, self.server)
        return next_plateau(self.generator, self.block, servers, began)


@contextmanager
def services(plan: Plan, folder: Path, cores: Cores) -> Iterator[Services]:
    """Yield the services that the plan has the application call, ready; logs go to `folder`.

    Raise BenchError where the plan is for other machines: nothing of it may run here instead.
    """
    if plan.machines:
        raise BenchError(
            f"plan {plan.name}: has machines, which make bench alone goes to; remove [machines] "
            "for this machine"
        )
    servers: tuple[Server, ...] = ()
    database: Database | None = None
    variables: dict[str, str] = {}
    with ExitStack() as stack:
        if plan.upstream:
            serving = serve_upstream(plan.upstream, folder / "upstream.log", cores.load)
            servers = (stack.enter_context(serving),)
            variables["UPSTREAM_URL"] = servers[0].url
        if plan.database:
            asking = serve_database(plan.database, folder / "database.log", cores.load)
            database = stack.enter_context(asking)
            variables["DATABASE_URL"] = database.url
        yield Services(servers, variables, database)


@contextmanager
def session(
    application: Application,
    block: Block,
    backing: Services,
    folder: Path,
    cores: Cores,
    plugins: Sequence[str] = PLUGINS,
    sources: int = 1,
    starts_on: Cores | None = None,
) -> Iterator[Session]:
    """Yield the block's deployment, ready, under its load; all files go to `folder`.

    Until it is moved it is on the cores that it `starts_on`, where that is said. `backing` is what
    the application calls. Clients connect from so many `sources`, addresses of
    loopback. Raise BenchError where the deployment does not start.
    """
    deployment, at_first = block.deployment, starts_on or cores
    log = folder / "server.log"
    site.run(backing.known_to(application), application.reset, "reset")
    with (
        serve(application, deployment, log, at_first.server, backing.variables) as server,
        generate(
            scenario=block.scenario,
            load=block.load,
            views=deployment.views,
            url=server.url,
            folder=folder,
            cores=at_first.load,
            plugins=plugins,
            sources=sources,
            slots=deployment.slots,
            headers=application.request_headers,
            server_log=log,
        ) as generator,
    ):
        groups = {"server": server.child.pid, "load": generator.child.pid}
        usage = folder / "usage.csv"
        meter = Meter(groups, server.port, usage, cores.by_side, backing.database)
        yield Session(block, server, backing, generator, meter, cores)


def next_plateau(
    generator: Generator, block: Block, servers: Sequence[Watched], began: bool
) -> Plateau:
    """Return the next plateau of a block once it has ended, in the time that its load allows."""
    longest_s = block.load.most_users / block.load.spawn_rate + block.longest_s
    return await_plateau(generator, servers, longest_s, began)


def await_plateau(
    generator: Generator, servers: Sequence[Watched], longest_s: float, began: bool = True
) -> Plateau:
    """Return the next plateau once it has ended.

    Raise SessionFailed where a process ends, or no plateau does within `longest_s` and PATIENCE_S.
    """
    return awaited(generator.next_plateau, generator, servers, longest_s, began)


def awaited(
    read: Callable[[], Read | None],
    generator: Generator,
    servers: Sequence[Watched],
    longest_s: float,
    began: bool,
) -> Read:
    """Return what a generator has written once it can be read; raise as await_plateau does."""
    deadline = time.monotonic() + longest_s + PATIENCE_S
    while (there := read()) is None:
        _check_alive(generator, servers, began)
        if time.monotonic() > deadline:
            raise SessionFailed("Locust hung: no load step ended in time")
        time.sleep(POLL_S)
    return there


def _check_alive(generator: Generator, servers: Sequence[Watched], began: bool) -> None:
    for server in servers:
        if server.child.exit_reason is not None:
            raise SessionFailed(
                f"{server.name} {server.child.exit_reason} under load", server.child
            )
    locust = generator.child
    if locust.exit_reason is not None:
        if note := generator.last_note():
            raise SessionFailed(note.text, locust, began, note)
        which = "last" if began else "first"
        raise SessionFailed(
            f"Locust {locust.exit_reason} before its {which} load step", locust, began
        )

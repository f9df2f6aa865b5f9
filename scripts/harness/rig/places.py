"""Where the deployments of a plan are served: here, or on the host that the plan names.

A run asks a place for all that depends on it, and goes the same way for both.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.core import command
from harness.core.plan import Load, Plan, Scenario
from harness.core.trial import Block, Plateau
from harness.host import machine, needs, prepare, versions
from harness.host.machine import Cores
from harness.host.sockets import free_port
from harness.rig import database, link
from harness.rig.canaries import Canaries, canaries
from harness.rig.generator import Asking, Generator, generate
from harness.rig.ground_truth import Behaviour
from harness.rig.hosts import Agent, FarCrew, Served, Workers, agent
from harness.rig.link import Link
from harness.rig.meter import Meter, metering, ticking
from harness.rig.preflight import Preflight, preflight
from harness.rig.servers import serve_truth
from harness.rig.session import Services, Session, next_plateau, services, session

BOTH_SIDES = ("swap_mib", "syn_retransmits", "datagrams_dropped")
"""Counters of a machine that clients raise too: theirs are added to those of the server's."""


@dataclass(frozen=True, slots=True)
class Here:
    """This machine, which serves on some of its cores and makes the load on the others."""

    cores: Cores

    def left_out(self, plan: Plan, source: str) -> Mapping[str, str]:
        """Return the deployments that cannot be served here, with the reason."""
        return needs.left_out(plan, source)

    def check(self, plan: Plan) -> None:
        """Raise BenchError where there is no room for a plan, or something that it needs."""
        prepare.check(plan)

    def facts(self, plan: Plan) -> dict[str, str]:
        """Return what must be the same where a run is resumed."""
        interpreter = command.interpreter(plan.application)
        of_machine = machine.facts(self.cores, interpreter, versions.of_application(plan))
        own = versions.facts(plan)
        return of_machine | own | prepare.facts(plan) | database.facts(plan.database)

    def links(self) -> dict[str, str]:
        """Return nothing: clients ask over loopback."""
        return {}

    def preflight(self, plan: Plan) -> Preflight:
        """Return what each deployment serves; raise BenchError where that is not what is meant."""
        return preflight(plan, self.cores)

    @contextmanager
    def room(self, plan: Plan) -> Iterator[int]:
        """Yield from how many addresses clients connect, with raised limits meanwhile."""
        with prepare.room(plan) as sources:
            yield sources

    @contextmanager
    def truth(
        self, behaviour: Behaviour, traffic: Scenario, load: Load, folder: Path
    ) -> Iterator["Truth"]:
        """Yield a load on the server whose delays are known; all files go to `folder`."""
        log, cores = folder / "truth.log", self.cores
        with (
            serve_truth(behaviour, log, cores.server) as server,
            generate(traffic, load, "sync", server.url, folder, cores.load) as generator,
            metering({"load": generator.child.pid}, server.port, folder / "usage.csv") as meter,
        ):
            yield Truth(generator, meter)

    @contextmanager
    def session(self, plan: Plan, block: Block, folder: Path, sources: int) -> Iterator["Placed"]:
        """Yield the block's deployment under its load, with what it calls and with canaries."""
        with (
            services(plan, folder, self.cores) as backing,
            session(plan.application, block, backing, folder, self.cores, sources=sources) as climb,
            canaries(folder, self.cores.by_side) as watch,
        ):
            yield climb, watch


@dataclass(frozen=True, slots=True)
class Truth:
    """A load on the server whose delays are known, with its meter.

    What its clients measure is longer than the truth by the round trip of the way there.
    """

    generator: Generator
    meter: "Meter | FarMeter"
    way_ms: float = 0.0


class FarMeter:
    """The meters of a server on another host and of all that loads it: one table of them."""

    def __init__(self, served: Served, loads: Sequence[Meter | Workers], path: Path) -> None:
        self.at_rest_mib = served.at_rest_mib
        self._served = served
        self._loads = loads
        self._path = path

    def read(self) -> None:
        """Take a row of each now."""
        for meter in (*self._loads, self._served):
            meter.read()

    def usage(self) -> pd.DataFrame:
        """Return all rows so far, with the columns of harness.rig.meter, and store them."""
        usage = joined(self._served.usage(), [load.usage() for load in self._loads])
        usage.to_csv(self._path, index=False)
        return usage

    def server_pss_mib(self) -> float | None:
        """Return the server's memory now, what its processes share counted once."""
        return self._served.server_pss_mib()


def joined(server: pd.DataFrame, loads: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of a server's host with what all loads used by then, summed over hosts.

    The columns are those of harness.rig.meter; what a load used lies between two of its readings.
    """
    usage = server.copy()
    for load in loads:
        of_load = [name for name in map(str, load.columns) if name.startswith("load_")]
        for name in (*of_load, *BOTH_SIDES):
            by_then = np.interp(usage["time_s"], load["time_s"], load[name])
            usage[name] = usage[name] + by_then if name in usage else by_then
    return usage


@dataclass(frozen=True, slots=True)
class FarSession:
    """A session whose server is on another host."""

    block: Block
    server: Served
    services: Services
    generator: Generator
    meter: FarMeter
    cores: Cores
    load_cores: int
    """How many cores the load can keep busy, over all hosts."""
    agents: tuple[Agent, ...]
    """Those of the server's host and of the load's."""

    def clocks_apart_ms(self) -> float | None:
        """Return by how much the clocks of server and clients may differ."""
        server_s, *loads_s = [agent.clock_error_s() for agent in self.agents]
        return (server_s + max(loads_s, default=0.0)) * 1000

    def next_plateau(self, began: bool = True) -> Plateau:
        """Return the next plateau once it has ended; raise SessionFailed where none will."""
        return next_plateau(self.generator, self.block, (self.server,), began)


Placed = tuple[Session | FarSession, Canaries]


@dataclass(frozen=True, slots=True)
class Loading:
    """A load with its meters, the files of its canaries, and how many cores it can keep busy."""

    generator: Generator
    meters: Sequence[Meter | Workers]
    canaries: Sequence[Path]
    cores: int


@dataclass(frozen=True, slots=True)
class There:
    """Other hosts: one serves by its agent, and those of `loads` ask it.

    Where there are none of those the load is made on this machine's `cores`. Each of them has a
    port that leads to the `port` of Locust's master here. `ways` are the links from clients to the
    server, by what they are called among the facts.
    """

    agent: Agent
    cores: Cores
    loads: Mapping[Agent, int]
    port: int
    ways: Mapping[str, Link]

    @property
    def _agents(self) -> tuple[Agent, ...]:
        return (self.agent, *self.loads)

    def left_out(self, plan: Plan, source: str) -> Mapping[str, str]:
        """Return the deployments that cannot be served there, with the reason."""
        text = self.agent.plan(plan)
        missing: dict[str, str] = self.agent.ask("left_out", plan=text, source=source)
        return missing

    def check(self, plan: Plan) -> None:
        """Raise BenchError where a host has no room for a plan, or lacks what it needs."""
        prepare.check(plan)
        for each in self._agents:
            each.ask("check", plan=each.plan(plan))

    def facts(self, plan: Plan) -> dict[str, str]:
        """Return what must be the same where a run is resumed: the facts of who serves."""
        facts: dict[str, str] = self.agent.ask("facts", plan=self.agent.plan(plan))
        separation = "server and generator on different hosts"
        loads = ", ".join(each.host.url for each in self.loads) or "this machine"
        return facts | {
            "separation": separation,
            "server_host": self.agent.host.url,
            "load_hosts": loads,
        }

    def links(self) -> dict[str, str]:
        """Return in words the link to the server from each host that makes load, as facts."""
        return {name: str(way) for name, way in self.ways.items()}

    def preflight(self, plan: Plan) -> Preflight:
        """Return what each deployment serves; raise BenchError where that is not what is meant."""
        examined = self.agent.ask("preflight", plan=self.agent.plan(plan))
        return Preflight(examined["served"], tuple(examined["remarks"]))

    @contextmanager
    def room(self, plan: Plan) -> Iterator[int]:
        """Yield one address, that of the way there; limits of all hosts are raised meanwhile."""
        for each in self._agents:
            each.ask("room", plan=each.plan(plan))
        with prepare.room(plan):
            yield 1

    @contextmanager
    def truth(
        self, behaviour: Behaviour, traffic: Scenario, load: Load, folder: Path
    ) -> Iterator[Truth]:
        """Yield a load on the server whose delays are known, over the way that all loads take."""
        with (
            self._serving(folder, "truth", behaviour=asdict(behaviour)) as served,
            self._loading(Asking(traffic, load, "sync"), folder, served) as made,
            ticking(FarMeter(served, made.meters, folder / "usage.csv")) as meter,
        ):
            yield Truth(made.generator, meter, max(way.rtt_p50_ms for way in self.ways.values()))

    @contextmanager
    def session(self, plan: Plan, block: Block, folder: Path, sources: int) -> Iterator[Placed]:
        """Yield the block's deployment, served there, under its load, with canaries on all."""
        name, slots = block.deployment.name, block.deployment.slots
        headers = plan.application.request_headers
        asking = Asking(block.scenario, block.load, block.deployment.views, slots, headers)
        text = self.agent.plan(plan)
        with (
            self._serving(folder, "serve", plan=text, deployment=name) as served,
            self._loading(asking, folder, served) as made,
        ):
            meter = FarMeter(served, made.meters, folder / "usage.csv")
            cores = replace(self.cores, server=self.agent.cores.server)
            climb = FarSession(
                block, served, Services(), made.generator, meter, cores, made.cores, self._agents
            )
            own = {folder / "canary-server.csv": "server"}
            yield climb, Canaries(own | dict.fromkeys(made.canaries, "load"))

    @contextmanager
    def _serving(self, folder: Path, task: str, **details: Any) -> Iterator[Served]:
        """Yield a server that the host has started; all hosts have the time of day by then."""
        for each in self._agents:
            each.follow()
        served = Served(self.agent, folder, task, **details)
        try:
            yield served
        finally:
            served.release()

    @contextmanager
    def _loading(self, asking: Asking, folder: Path, served: Served) -> Iterator[Loading]:
        """Yield the load of the hosts that are to make it, with the meter and canary of each.

        Locust's master is here; where there are no such hosts, so is the load.
        """
        processes, on = asking.load.processes, {"load": self.cores.load}
        crew = FarCrew(self.loads, self.port, folder, processes) if self.loads else None
        with (
            generate(
                scenario=asking.scenario,
                load=asking.load,
                views=asking.views,
                url=served.url,
                folder=folder,
                cores=self.cores.load,
                slots=asking.slots,
                headers=asking.headers,
                server_log=served.log,
                crew=crew,
            ) as generator,
            ExitStack() as stack,
        ):
            if crew is None:
                own = stack.enter_context(canaries(folder, on))
                groups = {"load": generator.child.pid}
                meter = Meter(groups, served.port, folder / "usage-load.csv", on)
                cores = min(len(self.cores.load), processes)
                yield Loading(generator, (meter,), tuple(own.files), cores)
                return
            stack.callback(crew.release)
            crew.start(asking, served.url, generator.child)
            cores = sum(min(len(each.cores.load), processes) for each in self.loads)
            yield Loading(generator, crew.hosts, [host.canary for host in crew.hosts], cores)


Place = Here | There


def here(plan: Plan, cores: Cores) -> Here:
    """Return this machine, on those of its cores that the plan names."""
    return Here(machine.assign(plan.cores, cores))


@contextmanager
def place(plan: Plan, cores: Cores, ssh_config: Path | None = None) -> Iterator[Place]:
    """Yield where the plan's deployments are served, set up; nothing of it stays on other hosts.

    ssh reads `ssh_config` in place of ~/.ssh/config. Raise HostFailed where a host that the plan
    names cannot be reached or set up.
    """
    if plan.machines is None:
        yield here(plan, cores)
        return
    port = free_port()
    with ExitStack() as stack:
        serving = stack.enter_context(agent(plan.machines.server, plan, cores.load, ssh_config))
        loads = {}
        for url in plan.machines.load:
            loading = stack.enter_context(agent(url, plan, cores.load, ssh_config))
            loads[loading] = loading.host.forward(port)
        yield There(serving, cores, loads, port, _ways(serving, tuple(loads)))


def _ways(serving: Agent, loads: Sequence[Agent]) -> dict[str, Link]:
    """Return the link from each host that makes load, or from here, to the server's host."""
    if not loads:
        return {"link": link.measure(*serving.ask("answer"))}
    ways = {}
    for each in loads:
        host, port = serving.ask("answer")
        ways[f"link_from_{each.host.name}"] = Link(**each.ask("link", host=host, port=port))
    return ways

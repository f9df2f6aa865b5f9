"""What measuring costs on this machine."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from math import inf
from pathlib import Path
from statistics import median

from harness.core import plan_file
from harness.core.errors import BenchError
from harness.core.plan import Load, Scenario, Upstream
from harness.core.statistics import spread
from harness.core.summary import Spread
from harness.core.trial import Block
from harness.host.machine import Cores
from harness.measure.calibration import await_plateau
from harness.measure.window import Window
from harness.rig.generator import LOADTESTS, TAKING_TURNS, generate, locust
from harness.rig.meter import metering
from harness.rig.servers import Server, serve_upstream
from harness.rig.session import Services, Session, session

DIRECT = LOADTESTS / "direct.py"

# As many requests as one Locust can make: 32 users who never wait, at a server that never does.
FLAT_OUT = ("--users=32", "--spawn-rate=100", "--wait-ms=0", "--think-ms=0")
SLICES = 120
SLICE_S = 0.1

# 1,000 requests a second: 112 users in a cycle of 112 ms.
STEADY = Scenario(name="direct", locustfile=DIRECT, settings={"wait_ms": 10, "think_ms": 100})
STEADY_LOAD = Load(users=(112,), settle_s=1, measure_s=5)

# The probe is for servers whose loop has much to do: 32 clients keep this one's core busy.
PLAN = Path("loadtests/plans/default.toml")
DEPLOYMENT = "uvicorn-shared"
BUSY = Scenario(name="plain", locustfile=LOADTESTS / "plain.py")
BUSY_LOAD = Load(users=(32,), settle_s=0.05, measure_s=0.25)
TURNS = 24
ALONE = Services()

POLL_S = 0.05


def recorder_cost(cores: Cores, rounds: int) -> Spread:
    """Return the share of Locust's throughput that recording costs, over rounds.

    A round is a Locust of its own that records in every other slice of time: on a machine whose
    speed drifts by 10% from second to second, whole runs in turn would only show the drift.

    Raises:
        BenchError: Locust or the upstream ended, or `rounds` is 0.
    """
    costs = []
    with _upstream(cores) as (upstream, folder):
        for _ in range(rounds):
            rates = {True: 0.0, False: 0.0}
            for line in _alternating(upstream, folder, cores).splitlines():
                part = json.loads(line)
                rates[part["recording"]] += part["rate"]
            costs.append(1 - rates[True] / rates[False])
    cost = spread(costs, within=(-inf, 1))
    if cost is None:
        raise BenchError(f"{rounds} rounds measure nothing; set --rounds to 1 or more")
    return cost


def upstream_cost(cores: Cores) -> tuple[float, float]:
    """Return the upstream's share of a core, and the requests per second at which it used that.

    Raise BenchError where Locust or the upstream ends or hangs.
    """
    with _upstream(cores) as (upstream, folder):
        groups = {"upstream": upstream.child.pid}
        with (
            metering(groups, upstream.port, folder / "usage.csv") as meter,
            generate(STEADY, STEADY_LOAD, "sync", upstream.url, folder, cores.load) as generator,
        ):
            plateau = await_plateau(generator, STEADY_LOAD)
            meter.read()
    window = Window(plateau.opened, plateau.closed, meter.usage())
    cpu_s = window.growth("upstream_cpu_s") or 0.0
    return cpu_s / window.seconds, plateau.answered / window.seconds


def probe_cost(cores: Cores, rounds: int) -> Spread:
    """Return the share of a busy server's throughput that its probe costs, over rounds.

    A round is two servers of their own, one with the probe, loaded in turn. The CPU time per
    request is compared: on a busy core it sets the throughput.

    Raises:
        BenchError: Locust or a server ended, or `rounds` is 0.
    """
    cost = spread([_probe_cost(cores) for _ in range(rounds)], within=(-inf, 1))
    if cost is None:
        raise BenchError(f"{rounds} rounds measure nothing; set --rounds to 1 or more")
    return cost


def _probe_cost(cores: Cores) -> float:
    """Return what the probe costs, of two servers without and with one that are loaded in turn.

    By the median pair of turns: a moment's disturbance falls into one of both.
    """
    with ExitStack() as stack:
        sides = {probe: _side(probe, cores, stack) for probe in (False, True)}
        pairs = [
            {probe: _turn(sides[probe]) for probe in (turn % 2 == 0, turn % 2 == 1)}
            for turn in range(TURNS)
        ]
    return median(1 - pair[False] / pair[True] for pair in pairs)


def _side(probe: bool, cores: Cores, stack: ExitStack) -> Session:
    """Return a warm server with or without a probe, which serves until the stack unwinds."""
    plan, _ = plan_file.read(PLAN)
    server = next(each for each in plan.deployments if each.name == DEPLOYMENT)
    block = Block(server.model_copy(update={"probe": probe}), BUSY, BUSY_LOAD, 1)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="calibrate-")))
    side = session(plan.application, block, ALONE, folder, cores, TAKING_TURNS)
    warm = stack.enter_context(side)
    warm.next_plateau()
    return warm


def _turn(side: Session) -> float:
    """Return the server's CPU time for each request of its next turn, in seconds."""
    side.meter.read()
    side.generator.take_turn()
    plateau = side.next_plateau()
    side.meter.read()
    before, after = side.meter.usage()["server_cpu_s"].tail(2)
    return float(after - before) / len(side.generator.requests(since_s=plateau.ramped))


@contextmanager
def _upstream(cores: Cores) -> Iterator[tuple[Server, Path]]:
    """Yield an upstream on the server's cores and a folder, both gone when the context ends."""
    with tempfile.TemporaryDirectory(prefix="calibrate-") as name:
        folder = Path(name)
        with serve_upstream(Upstream(), folder / "upstream.log", cores.server) as upstream:
            yield upstream, folder


def _alternating(upstream: Server, folder: Path, cores: Cores) -> str:
    """Return the lines of one Locust that records in every other slice."""
    rates = folder / "rates.jsonl"
    flags = [*FLAT_OUT, f"--slices={SLICES}", f"--slice-s={SLICE_S}", f"--rates={rates}"]
    with locust(DIRECT, ["_alternate.py"], upstream.url, flags, folder, cores.load) as child:
        while child.exit_reason is None:
            time.sleep(POLL_S)
        if child.exit_reason != "ended with status 0":
            raise BenchError(f"Locust {child.exit_reason} while calibrating:\n{child.tail()}")
    return rates.read_text()

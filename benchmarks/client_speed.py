"""Measure what the generator's clients cost beside Locust's own: instrumented, recorded, and lean.

A recorded client has all plug-ins that the harness adds, within a load step.

Each asks one fast server, flat out, at the same time and from the same core as the stock client
that it is held against, in each round in an order of its own: what moves the machine's speed moves
both. A client's figure is the ratio of CPU time for each request, which on a core that both keep
busy is the inverse of the ratio of their rates.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.core.errors import BenchError
from harness.core.plan import Upstream
from harness.core.units import count, significant
from harness.host.machine import Cores, cores
from harness.host.processes import Child
from harness.rig.generator import BEFORE, LOADTESTS, LOCUST, PLUGINS
from harness.rig.servers import serve_upstream
from harness.terminal import terminal

CLIENTS = Path(__file__).parent / "clients"
INSTRUMENTED = (*(LOADTESTS / name for name in BEFORE if name != "_surroundings.py"),)
RECORDING = (*(LOADTESTS / name for name in PLUGINS),)

USERS = 32
SETTLE_S = 0.5
LOAD_STEP_S = 60
"""Longer than any window: the load step is open throughout."""

PATIENCE_S = 30.0
POLL_S = 0.05

# The CPU time of a request, in that of the stock client: with the plug-in, and by the lean client.
MOST_INSTRUMENTED = 1.05
MOST_LEAN = 1.0


@dataclass(frozen=True, slots=True)
class Client:
    """One way to ask: its locustfiles, Locust's own client beside it, and what it may cost."""

    name: str
    files: tuple[Path, ...]
    stock: Path
    most: float = MOST_INSTRUMENTED


@dataclass(frozen=True, slots=True)
class Figures:
    """What one Locust reached: requests a second, and CPU time for each in microseconds."""

    rate_rps: float
    cpu_us: float


FAST, HTTP = CLIENTS / "fast.py", CLIENTS / "requests_based.py"
ALL = (
    Client("FastHttpUser, instrumented", (*INSTRUMENTED, FAST), FAST),
    Client("FastHttpUser, recorded", (*INSTRUMENTED, FAST, *RECORDING), FAST),
    Client("HttpUser, instrumented", (*INSTRUMENTED, HTTP), HTTP),
    Client("HttpUser, recorded", (*INSTRUMENTED, HTTP, *RECORDING), HTTP),
    Client(
        "_client.Client, recorded",
        (*INSTRUMENTED, LOADTESTS / "direct.py", *RECORDING),
        FAST,
        MOST_LEAN,
    ),
)

Pair = tuple[Figures, Figures]
"""The figures of a client, and of the stock client beside it."""


def main(argv: list[str]) -> int:
    """Print rates and ratios; return 0 within the limits, 1 beyond one, 2 where it fails."""
    parser = argparse.ArgumentParser(prog="make client-speed", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--window-s", type=float, default=3.0)
    options = parser.parse_args(argv)
    try:
        rounds = measure(options.rounds, options.window_s, cores())
    except BenchError as error:
        terminal.fail(str(error))
        return 2
    for client in ALL:
        terminal.OUT.print(line(client, [each[client.name] for each in rounds]))
    return judge(rounds)


def measure(rounds: int, window_s: float, split: Cores) -> list[dict[str, Pair]]:
    """Return the figures of each client by round; raise BenchError where one does not run."""
    measured = []
    with tempfile.TemporaryDirectory(prefix="client-speed-") as name:
        folder = Path(name)
        with serve_upstream(Upstream(), folder / "upstream.log", split.server) as server:
            for number in range(rounds):
                order = random.Random(number).sample(ALL, len(ALL))
                measured.append(
                    {each.name: run(each, server.url, window_s, folder, split) for each in order}
                )
    return measured


def run(client: Client, url: str, window_s: float, folder: Path, split: Cores) -> Pair:
    """Return the figures of a client and of its stock client, which ask at the same time."""
    with ExitStack() as running:
        children = [
            running.enter_context(start(files, url, window_s, folder / name, split))
            for name, files in (("client", client.files), ("stock", (client.stock,)))
        ]
        deadline = time.monotonic() + window_s + PATIENCE_S
        while any(each.exit_reason is None for each in children) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        return figures(children[0]), figures(children[1])


def start(files: Sequence[Path], url: str, window_s: float, folder: Path, split: Cores) -> Child:
    """Start a Locust in a folder of its own, which ends once it has printed its figures."""
    folder.mkdir(exist_ok=True)
    log = folder / "locust.log"
    log.unlink(missing_ok=True)
    paths = ",".join(map(str, (*files, CLIENTS / "rate.py")))
    flags = [f"--locustfile={paths}", f"--host={url}", f"--users={USERS}", "--spawn-rate=100"]
    argv = [*LOCUST, *flags, "--headless", "--only-summary"]
    if len(files) > 1:
        argv += ["--wait-ms=0", "--think-ms=0"]
    if RECORDING[0] in files:
        argv += [f"--requests={folder / 'requests.csv'}", f"--stairs={USERS}"]
        argv += [f"--settle-s={SETTLE_S}", f"--measure-s={LOAD_STEP_S}"]
    variables = {"PYTHONPATH": str(LOADTESTS), "WARM_UP_S": "2", "WINDOW_S": str(window_s)}
    return Child(argv, log, split.load, folder, variables)


def figures(child: Child) -> Figures:
    """Return what a Locust has printed; raise BenchError where it has not."""
    lines = [text for text in child.log.read_text().splitlines() if text.startswith("RATE ")]
    if not lines:
        raise BenchError(f"a client printed no rate; mend what Locust says:\n{child.tail()}")
    return Figures(**json.loads(lines[0].removeprefix("RATE ")))


def costs(pairs: Sequence[Pair]) -> list[float]:
    """Return the CPU time of a client's requests in that of its stock client's, ascending."""
    return sorted(client.cpu_us / stock.cpu_us for client, stock in pairs)


def line(client: Client, pairs: Sequence[Pair]) -> str:
    """Return what a client reaches: medians over the rounds, and ratios with their range."""
    rates = [median(each.rate_rps for each in side) for side in zip(*pairs, strict=True)]
    cpus = [median(each.cpu_us for each in side) for side in zip(*pairs, strict=True)]
    cost = costs(pairs)
    return (
        f"{client.name:>28} {count(round(rates[0])):>7}/s beside {count(round(rates[1])):>6}/s, "
        f"{significant(cpus[0])} us of CPU beside {significant(cpus[1])}: "
        f"{median(cost):.3f} times ({cost[0]:.3f} to {cost[-1]:.3f})"
    )


def judge(rounds: Sequence[dict[str, Pair]]) -> int:
    """Return 1, and say why, where a client costs more than it may; else 0."""
    dear = [
        client.name
        for client in ALL
        if median(costs([each[client.name] for each in rounds])) > client.most
    ]
    if dear:
        terminal.fail(f"too slow against stock Locust: {', '.join(dear)}; profile its requests")
    return int(bool(dear))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Measure the generator's clients side by side: Locust's own, instrumented, and the lean one.

All ask one fast server, flat out, from one core, in turn and in each round in an order of its own.
A client's figure is the ratio to the stock client of the same round: the machine's speed moves by
more than what is looked for, but less within a round. CPU time for each request is beside the rate,
for on a machine that others use too it moves less.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.core.errors import BenchError
from harness.core.plan import Upstream
from harness.core.units import count, significant
from harness.host.machine import Cores, cores
from harness.host.processes import Child
from harness.rig.generator import BEFORE, LOADTESTS, LOCUST
from harness.rig.servers import serve_upstream
from harness.terminal import terminal

CLIENTS = Path(__file__).parent / "clients"
INSTRUMENTED = (*(LOADTESTS / name for name in BEFORE if name != "_surroundings.py"),)
RECORDER = LOADTESTS / "_recorder.py"

USERS = 32
PATIENCE_S = 30.0
POLL_S = 0.05

# What the plug-in may cost, and what the lean client must reach, against the stock client.
MOST_OVERHEAD = 0.05
LEAST_LEAN = 1.0


@dataclass(frozen=True, slots=True)
class Client:
    """One way to ask: its locustfiles, and the client that its figures are held against."""

    name: str
    files: tuple[Path, ...]
    against: str


FAST, HTTP = CLIENTS / "fast.py", CLIENTS / "requests_based.py"
STOCK_FAST, STOCK_HTTP, LEAN = "FastHttpUser", "HttpUser", "_client.Client, recorded"
ALL = (
    Client(STOCK_FAST, (FAST,), STOCK_FAST),
    Client("FastHttpUser, instrumented", (*INSTRUMENTED, FAST), STOCK_FAST),
    Client("FastHttpUser, recorded", (*INSTRUMENTED, FAST, RECORDER), STOCK_FAST),
    Client(LEAN, (*INSTRUMENTED, LOADTESTS / "direct.py", RECORDER), STOCK_FAST),
    Client(STOCK_HTTP, (HTTP,), STOCK_HTTP),
    Client("HttpUser, recorded", (*INSTRUMENTED, HTTP, RECORDER), STOCK_HTTP),
)

Figures = dict[str, float]


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
        terminal.OUT.print(line(client, rounds))
    return judge(rounds)


def measure(rounds: int, window_s: float, split: Cores) -> list[dict[str, Figures]]:
    """Return the figures of each client by round; raise BenchError where one does not run."""
    measured = []
    with tempfile.TemporaryDirectory(prefix="client-speed-") as name:
        folder = Path(name)
        with serve_upstream(Upstream(), folder / "upstream.log", split.server) as server:
            for number in range(rounds):
                order = random.Random(number).sample(ALL, len(ALL))
                figures = {
                    each.name: run(each, server.url, window_s, folder, split) for each in order
                }
                measured.append(figures)
    return measured


def run(client: Client, url: str, window_s: float, folder: Path, split: Cores) -> Figures:
    """Return rate and CPU time of one client, in a Locust of its own."""
    files = ",".join(map(str, (*client.files, CLIENTS / "rate.py")))
    flags = [f"--locustfile={files}", f"--host={url}", f"--users={USERS}", "--spawn-rate=100"]
    argv = [*LOCUST, *flags, "--headless", "--only-summary"]
    if len(client.files) > 1:
        argv += ["--wait-ms=0", "--think-ms=0"]
    if RECORDER in client.files:
        argv += [f"--requests={folder / 'requests.csv'}"]
    log = folder / "locust.log"
    log.unlink(missing_ok=True)
    variables = {"PYTHONPATH": str(LOADTESTS), "WARM_UP_S": "1", "WINDOW_S": str(window_s)}
    with Child(argv, log, split.load, folder, variables) as child:
        deadline = time.monotonic() + window_s + PATIENCE_S
        while child.exit_reason is None and time.monotonic() < deadline:
            time.sleep(POLL_S)
        lines = [text for text in log.read_text().splitlines() if text.startswith("RATE ")]
        if not lines:
            raise BenchError(f"{client.name} told no rate; mend what Locust says:\n{child.tail()}")
    figures: Figures = json.loads(lines[0].removeprefix("RATE "))
    return figures


def ratios(client: Client, rounds: Sequence[Mapping[str, Figures]], figure: str) -> list[float]:
    """Return a figure of a client over that of its stock client, round by round, ascending."""
    return sorted(each[client.name][figure] / each[client.against][figure] for each in rounds)


def line(client: Client, rounds: Sequence[Mapping[str, Figures]]) -> str:
    """Return what a client reaches: medians over the rounds, and ratios with their range."""
    rate = median(each[client.name]["rate_rps"] for each in rounds)
    cpu = median(each[client.name]["cpu_us"] for each in rounds)
    text = f"{client.name:>28} {count(round(rate)):>7}/s {significant(cpu):>5} us of CPU"
    if client.name == client.against:
        return text
    rates, costs = ratios(client, rounds, "rate_rps"), ratios(client, rounds, "cpu_us")
    return (
        f"{text}   {median(rates):.2f} times as many ({rates[0]:.2f} to {rates[-1]:.2f}), "
        f"{median(costs):.2f} times the CPU ({costs[0]:.2f} to {costs[-1]:.2f})"
    )


def judge(rounds: Sequence[Mapping[str, Figures]]) -> int:
    """Return 1, and say why, where a client is slower than it may be; else 0."""
    slow = [
        client.name for client in ALL if median(ratios(client, rounds, "rate_rps")) < least(client)
    ]
    if slow:
        terminal.fail(f"too slow against stock Locust: {', '.join(slow)}; profile its requests")
    return int(bool(slow))


def least(client: Client) -> float:
    """Return the share of the stock client's rate that a client must reach."""
    return LEAST_LEAN if client.name == LEAN else 1 - MOST_OVERHEAD


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

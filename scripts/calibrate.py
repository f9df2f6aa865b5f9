"""Calibrate the suite: the error of its figures, the cost of recording, probe and upstream."""

import argparse
import sys

from harness.core.units import percent
from harness.host import machine
from harness.host.machine import Cores
from harness.measure import calibration, overhead
from harness.rig.places import Here
from harness.terminal import calibrate, terminal


def main(argv: list[str]) -> int:
    """Print the envelope and all costs on this machine; return 0, or 2 where that fails."""
    parser = terminal.Parser(prog="make calibrate", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the envelope alone, within 15 s")
    parser.add_argument(
        "--rounds", type=_rounds, default=5, help="rounds of the costs of recorder and probe"
    )
    options = parser.parse_args(argv)
    stopped = "stopped before the end; start again with: make calibrate"
    work = _envelope if options.short else _everything
    return terminal.run(lambda: work(machine.cores(), options.rounds), stopped)


def _envelope(cores: Cores, _: int) -> int:
    """Print the envelope that a run measures at its start."""
    calibrate.envelope(calibration.short(Here(cores)))
    return 0


def _everything(cores: Cores, rounds: int) -> int:
    """Print each result as soon as it is measured."""
    terminal.OUT.print("calibrating for about six minutes")
    calibrate.envelope(calibration.full(Here(cores)))
    terminal.OUT.print(calibration.freeze(Here(cores)).sentence)
    costs = {
        "the recorder costs {} of Locust's throughput": overhead.recorder_cost,
        "the probe costs {} of a busy server's throughput": overhead.probe_cost,
    }
    for sentence, measure in costs.items():
        cost = measure(cores, rounds)
        bounds = f"{cost.kind_name} {percent(cost.low)} to {percent(cost.high)}"
        terminal.OUT.print(
            f"{sentence.format(percent(cost.middle))} ({bounds} over {cost.rounds} rounds)"
        )
    share, rate_rps = overhead.upstream_cost(cores)
    terminal.OUT.print(
        f"the upstream uses {percent(share)} of a core at {rate_rps:,.0f} requests/s"
    )
    return 0


def _rounds(text: str) -> int:
    """Return a number of rounds, given as an argument."""
    rounds = int(text)
    if rounds < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return rounds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

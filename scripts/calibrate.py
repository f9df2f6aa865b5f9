"""Measure the measurer: what recording every request costs, and what the upstream does."""

import argparse
import signal
import sys

from harness import calibration, console, machine
from harness.model import BenchError
from harness.units import percent


def main(argv: list[str]) -> int:
    """Print both costs on this machine; 0 done, 2 could not."""
    parser = argparse.ArgumentParser(prog="make calibrate", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of recording, each a new Locust")
    options = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        cores = machine.cores()
        cost = calibration.recorder_cost(cores, options.rounds)
        console.OUT.print(
            f"the recorder costs {percent(cost.middle)} of Locust's throughput "
            f"({cost.named} {percent(cost.low)} to {percent(cost.high)} over {cost.rounds} rounds)"
        )
        share, rate = calibration.upstream_cost(cores)
        console.OUT.print(f"the upstream uses {percent(share)} of a core at {rate:,.0f} requests/s")
    except BenchError as error:
        console.fail(str(error))
        return 2
    except KeyboardInterrupt:
        console.fail("stopped before the end; start again with: make calibrate")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

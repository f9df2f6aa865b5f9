"""Measure the analysis: how long ten million requests take from their rows to the charts."""

import argparse
import resource
import sys
import tempfile
from pathlib import Path

from benchmarks import pipeline
from harness.core.errors import BenchError
from harness.core.units import count, percent, seconds, significant
from harness.terminal import terminal

# What a person waits for after a run, what a small machine has to spare, and what judging may
# add to what is measured anyway.
MOST_S, MOST_MIB, MOST_GATES = 60.0, 2048.0, 0.05


def main(argv: list[str]) -> int:
    """Print what it took; 0 within the limits, 1 beyond one, 2 could not."""
    parser = argparse.ArgumentParser(prog="make analysis-speed", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="of 1,000,000 requests each")
    options = parser.parse_args(argv)
    try:
        with tempfile.TemporaryDirectory(prefix="analysis-speed-") as folder:
            cost = pipeline.analysis_cost(Path(folder), options.rounds)
    except BenchError as error:
        terminal.fail(str(error))
        return 2
    for step, taken_s in cost.seconds.items():
        terminal.OUT.print(f"{step:>10} {significant(taken_s)} s")
    terminal.OUT.print(
        f"{count(cost.requests)} requests analysed in {seconds(cost.analysed_s)} "
        f"(made in {seconds(cost.made_s)}), {count(peak_mib())} MiB at most, "
        f"the gates took {percent(cost.gates_share)}"
    )
    beyond = (cost.analysed_s > MOST_S, peak_mib() > MOST_MIB, cost.gates_share > MOST_GATES)
    if any(beyond):
        limits = f"{MOST_S:g} s, {MOST_MIB:,.0f} MiB and {percent(MOST_GATES)} are allowed"
        terminal.fail(f"{limits}: profile the slowest step (python -m cProfile -s cumtime ...)")
    return int(any(beyond))


def peak_mib() -> float:
    """Give the most memory that this process ever held."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 2**20 if sys.platform == "darwin" else most / 2**10


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

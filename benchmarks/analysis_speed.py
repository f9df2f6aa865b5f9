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

# How long a person may wait after a run.
MOST_S = 60.0

# The memory that a small machine has to spare.
MOST_MIB = 2048.0

# The share of the time that judging may add to measuring.
MOST_GATES = 0.05


def main(argv: list[str]) -> int:
    """Print the cost; return 0 within the limits, 1 beyond one, 2 where that fails."""
    parser = argparse.ArgumentParser(prog="make analysis-speed", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="of 1,000,000 requests each")
    options = parser.parse_args(argv)
    try:
        with tempfile.TemporaryDirectory(prefix="analysis-speed-") as folder:
            cost = pipeline.analysis_cost(Path(folder), options.rounds)
    except BenchError as error:
        terminal.fail(str(error))
        return 2
    for step, step_s in cost.seconds.items():
        terminal.OUT.print(f"{step:>10} {significant(step_s)} s")
    terminal.OUT.print(
        f"{count(cost.requests)} requests analysed in {seconds(cost.analysis_s)} "
        f"(drawn in {seconds(cost.drawing_s)}), {count(peak_mib())} MiB at most, "
        f"the gates took {percent(cost.gates_share)}"
    )
    beyond = (cost.analysis_s > MOST_S, peak_mib() > MOST_MIB, cost.gates_share > MOST_GATES)
    if any(beyond):
        limits = f"beyond {MOST_S:g} s, {MOST_MIB:,.0f} MiB or {percent(MOST_GATES)} for the gates"
        terminal.fail(f"{limits}: profile the slowest step (python -m cProfile -s cumtime ...)")
    return int(any(beyond))


def peak_mib() -> float:
    """Return the most memory that this process ever held, in MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 2**20 if sys.platform == "darwin" else most / 2**10


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Carry out a plan: serve, load, record, then report the verdict."""

import sys
import time
from argparse import Namespace
from pathlib import Path

from harness.core import schedule
from harness.core.errors import BenchError
from harness.host import machine, prepare
from harness.measure import calibration
from harness.measure.envelope import Envelope
from harness.report.write import report
from harness.runs import history, start
from harness.runs.execute import carry_out
from harness.runs.store import Run
from harness.terminal import bench, terminal

UNCALIBRATED = "save 10 s; the gate envelope is then not judged, and the report says so"


def main(argv: list[str]) -> int:
    """Run the plan, or the rest of the named run; return 0, or 2 where results are missing."""
    parser = terminal.Parser(prog="make bench", description=__doc__)
    parser.add_argument("plan", type=Path, nargs="?", help=f"default: {start.DEFAULT_PLAN}")
    parser.add_argument("--run", help="name of the run; an unfinished run continues")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--uncalibrated", action="store_true", help=UNCALIBRATED)
    options = parser.parse_args(argv)
    stopped = "stopped before the first trial; start again with: make bench"
    return terminal.run(lambda: _bench(options), stopped)


def _bench(options: Namespace) -> int:
    """Start the run or continue it, to its end; return the exit status."""
    cores = machine.cores()
    calibrate = None if options.uncalibrated else _calibrate
    run = start.begin(options.plan, options.run, options.results, cores, calibrate, bench.preflight)
    return _finish(run, cores)


def _calibrate(cores: machine.Cores, by_requests: bool, users: int) -> Envelope:
    """Return how accurate a measurement of so many users by one of Locust's clients is here now."""
    client = " by the client of an HttpUser" if by_requests else ""
    terminal.OUT.print(f"calibrating against a server with known delays{client}, 10 to 30 s")
    envelope = calibration.short(cores, by_requests, users)
    terminal.OUT.print(f"{envelope.sentence}.")
    return envelope


def _finish(run: Run, cores: machine.Cores) -> int:
    """Carry out the rest of the run, report it, print the verdict; return the exit status."""
    rest = schedule.missing(schedule.blocks(run.plan), run.records())
    started = time.monotonic()
    try:
        with prepare.room(run.plan) as sources:
            bench.follow(run, rest, carry_out(run, rest, cores, sources))
    except KeyboardInterrupt:
        trials = len(run.records())
        raise BenchError(
            f"stopped; {trials} finished trials are saved, continue with: make bench RUN={run.name}"
        ) from None
    narrative, page = report(run)
    bench.verdict(narrative, page)
    trials = sum(len(block.load.steps) for block in rest)
    bench.duration(time.monotonic() - started, run.records()[-trials:])
    if narrative.holes:
        return 2
    history.append(run.folder.parent, history.condense(run))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

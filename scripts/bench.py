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
    """Run the plan, or what is left of the named run; 0 done, 2 could not or with holes."""
    parser = terminal.Parser(prog="make bench", description=__doc__)
    parser.add_argument("plan", type=Path, nargs="?", help=f"default: {start.DEFAULT_PLAN}")
    parser.add_argument("--run", help="name of the run; one that was stopped goes on")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--uncalibrated", action="store_true", help=UNCALIBRATED)
    options = parser.parse_args(argv)
    stopped = "stopped before the first trial; start again with: make bench"
    return terminal.carried_out(lambda: _bench(options), stopped)


def _bench(options: Namespace) -> int:
    """Begin the run or go on with it, to its end."""
    cores = machine.cores()
    calibrate = None if options.uncalibrated else _calibrate
    run = start.begin(options.plan, options.run, options.results, cores, calibrate)
    return _finish(run, cores)


def _calibrate(cores: machine.Cores) -> Envelope:
    """Find out how far what is measured now may be believed."""
    terminal.OUT.print("calibrating against a server whose delays are known, about 10 s")
    found = calibration.short(cores)
    terminal.OUT.print(f"{found.sentence}.")
    return found


def _finish(run: Run, cores: machine.Cores) -> int:
    """Do what is left of the run, report it, and say what it came to."""
    left = schedule.missing(schedule.blocks(run.plan), run.records())
    started = time.monotonic()
    try:
        with prepare.room(run.plan) as sources:
            bench.follow(run, left, carry_out(run, left, cores, sources))
    except KeyboardInterrupt:
        kept = len(run.records())
        raise BenchError(
            f"stopped; {kept} finished trials are kept, go on with: make bench RUN={run.name}"
        ) from None
    narrative, page = report(run)
    bench.verdict(narrative, page)
    bench.took(time.monotonic() - started, run.records()[-sum(len(b.load.steps) for b in left) :])
    history.append(run.folder.parent, history.condense(run))
    return 2 if narrative.holes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

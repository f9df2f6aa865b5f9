"""Carry out a plan: serve, load, record, then report the verdict."""

import sys
import time
from argparse import Namespace

from harness.core import schedule
from harness.core.errors import BenchError
from harness.host import machine
from harness.host.ssh import HostFailed
from harness.report.write import report
from harness.rig.places import Place, place
from harness.runs import capacity, history, profiles, start
from harness.runs.execute import carry_out
from harness.runs.store import Run
from harness.terminal import bench, terminal
from harness.terminal import capacity as screen
from harness.terminal.calibrate import before_run


def main(argv: list[str]) -> int:
    """Run the plan, or the rest of the named run; return 0, or 2 where results are missing."""
    options = bench.parser(__doc__).parse_args(argv)
    stopped = "stopped before the first trial; start again with: make bench"
    with terminal.output(options.quiet, options.json):
        return terminal.run(lambda: _bench(options), stopped)


def _bench(options: Namespace) -> int:
    """Start the run or continue it, to its end; return the exit status."""
    named = (options.plan, options.run, options.results)
    plan = start.plan(*named)
    bench.admit(plan, options.confirm, options.profile)
    cores = machine.cores()
    profiled = options.profile and bench.can_profile(cores)
    calibrate = None if options.uncalibrated else before_run
    with place(plan, cores, options.ssh_config) as serving:
        run = start.begin(*named, cores, calibrate, bench.preflight, serving)
        return _finish(run, serving, options.json, profiled)


def _finish(run: Run, serving: Place, as_json: bool, profiled: bool) -> int:
    """Carry out the rest of the run, report it, print its end; return the exit status."""
    before = len(run.records())
    started = time.monotonic()
    try:
        with serving.room(run.plan) as sources:
            _carry_out(run, serving, sources)
            if profiled:
                bench.follow_profiles(profiles.carry_out(run, serving.cores, sources))
    except KeyboardInterrupt:
        raise BenchError(bench.stopped(run)) from None
    except HostFailed as failure:
        raise BenchError(bench.stopped(run, str(failure))) from None
    whole = report(run)
    bench.duration(time.monotonic() - started, run.records()[before:])
    bench.verdict(whole, run.plan, as_json)
    if whole.narrative.holes:
        return 2
    history.append(run.folder.parent, history.condense(run))
    return 0


def _carry_out(run: Run, serving: Place, sources: int) -> None:
    """Carry out the blocks that are missing, then the searches that have not ended."""
    if rest := schedule.missing(schedule.blocks(run.plan), run.records()):
        bench.follow(run, rest, carry_out(run, rest, serving, sources))
    if searches := capacity.unfinished(run, run.records()):
        screen.begin(run, searches)
        screen.follow(searches, capacity.carry_out(run, searches, serving, sources))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Find the highest load at which each deployment of a plan meets its scenario's objective."""

import sys
from argparse import Namespace
from pathlib import Path

from harness.host import machine, prepare
from harness.measure.envelope import Envelope
from harness.report import capacity_files as files
from harness.rig.places import Place, here
from harness.runs import capacity as runs
from harness.runs import start
from harness.terminal import bench, calibrate, terminal
from harness.terminal import capacity as screen

PLAN = Path("loadtests/plans/capacity.toml")


def main(argv: list[str]) -> int:
    """Search until all capacities are there, and report them; return 0."""
    options = _options(argv)
    stopped = "stopped; finished trials are saved, the same PLAN= and RUN= go on with them"
    return terminal.run(lambda: _search(options), stopped)


def _options(argv: list[str]) -> Namespace:
    parser = terminal.Parser(prog="make capacity", description=__doc__)
    parser.add_argument("plan", nargs="?", type=Path, default=PLAN)
    parser.add_argument("--run", help="name of the run; an unfinished one goes on")
    parser.add_argument("--results", type=Path, default=Path("results/capacity"))
    parser.add_argument(
        "--users", action="store_true", help="the most users of a closed loop, not the rate"
    )
    parser.add_argument("--uncalibrated", action="store_true", help="without the gate envelope")
    return parser.parse_args(argv)


def _search(options: Namespace) -> int:
    """Begin the run or go on with it; trials, then the page; return the exit status."""
    runs.check(options.plan)
    cores = machine.cores()
    measured = None if options.uncalibrated else _calibrate
    run = start.begin(options.plan, options.run, options.results, cores, measured, bench.preflight)
    targets = runs.all_targets(run.plan, run.facts, "users" if options.users else None)
    screen.begin(run, targets)
    with prepare.room(run.plan) as sources:
        screen.follow(targets, runs.carry_out(run, targets, here(run.plan, cores), sources))
    holdings = runs.holdings(targets, run.records())
    screen.summary(holdings, files.write(run, holdings))
    return 0


def _calibrate(place: Place, by_requests: bool, users: int) -> Envelope:
    """Return how accurate a measurement is of as many clients as a search may have."""
    return calibrate.before_run(place, by_requests, max(users, runs.MOST_CLIENTS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

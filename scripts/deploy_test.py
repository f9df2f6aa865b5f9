"""Deploy under load: reload, end, kill and wear out servers, and count what became of requests."""

import sys
from argparse import Namespace
from pathlib import Path

from harness.core import plan_file
from harness.host import machine
from harness.report import deploy_files as files
from harness.runs import deploys as runs
from harness.terminal import deploys as screen
from harness.terminal import terminal

PLAN = Path("loadtests/plans/deploys.toml")


def main(argv: list[str]) -> int:
    """Carry out all events; return 0, or 2 where client and server do not agree on the counts."""
    options = _options(argv)
    stopped = "stopped; what has ended is saved, the same RUN=name goes on with it"
    return terminal.run(lambda: _deploy(options), stopped)


def _options(argv: list[str]) -> Namespace:
    parser = terminal.Parser(prog="make deploy-test", description=__doc__)
    parser.add_argument("plan", nargs="?", type=Path, default=PLAN)
    parser.add_argument(
        "--name", help="name of the folder in the results; an unfinished one goes on"
    )
    parser.add_argument("--results", type=Path, default=Path("results/deploys"))
    return parser.parse_args(argv)


def _deploy(options: Namespace) -> int:
    """Carry out one event after another, the page anew after each; then print the tables."""
    whole, text = plan_file.read(options.plan)
    runs.check(whole, str(options.plan))
    reasons = runs.left_out(whole, str(options.plan))
    screen.left_out(reasons)
    plan = whole.without(reasons)
    cores = machine.assign(plan.cores, machine.cores())
    facts = runs.facts(plan, cores)
    folder = files.folder(options.results, options.name, plan, text, facts)
    done = {outcome.key for outcome in files.read(folder)}
    rest = [case for case in runs.cases(plan) if case.key not in done]
    screen.begin(rest, folder)
    for outcome in screen.follow(runs.carry_out(plan, rest, folder / "blocks", cores)):
        files.append(folder, outcome)
        files.write(folder, plan, facts)
    outcomes = files.write(folder, plan, facts)
    screen.summary(plan, outcomes, folder / files.PAGE)
    return 2 if any(outcome.astray for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

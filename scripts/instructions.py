"""Count the instructions of one request, for each deployment of a plan."""

import sys
from argparse import Namespace
from pathlib import Path

from harness.checks import store
from harness.checks.request_costs import request_costs
from harness.core import plan_file
from harness.host import machine, prepare
from harness.report import request_costs as report
from harness.terminal import instructions as screen
from harness.terminal import terminal

PLAN = Path("loadtests/plans/middleware.toml")


def main(argv: list[str]) -> int:
    """Count all deployments; return 0 where each was counted."""
    options = _options(argv)
    return terminal.run(lambda: _count(options), "stopped before the end")


def _options(argv: list[str]) -> Namespace:
    parser = terminal.Parser(prog="make instructions", description=__doc__)
    parser.add_argument("plan", nargs="?", type=Path, default=PLAN)
    parser.add_argument("--name", help="name of the folder in the results")
    parser.add_argument("--results", type=Path, default=Path("results/instructions"))
    return parser.parse_args(argv)


def _count(options: Namespace) -> int:
    """Count, store and print one deployment after another, then write the table."""
    plan, _ = plan_file.read(options.plan)
    prepare.check(plan)
    folder = store.fresh_folder(options.results, options.name, plan.name)
    costs = []
    for cost in request_costs(plan, machine.assign(plan.cores, machine.cores())):
        costs.append(cost)
        report.append(folder, cost)
        screen.cost(cost)
    (folder / "instructions.md").write_text(report.markdown(plan.name, costs))
    screen.summary(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

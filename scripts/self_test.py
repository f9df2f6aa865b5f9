"""Test the regression check: how often it alarms for nothing, and what it detects."""

import json
import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from harness.checks import instructions, self_check, store
from harness.checks.revisions import Wanted, side_by_side
from harness.core import plan_file
from harness.core.statistics import MARGIN
from harness.host import machine, prepare
from harness.terminal import self_check as screen
from harness.terminal import terminal


def main(argv: list[str]) -> int:
    """Check equal and slowed sides; return 0 where all checks ran, whatever their verdicts."""
    options = _options(argv)
    stopped = "stopped before the end; the verdicts so far are in results.jsonl"
    return terminal.run(lambda: _rehearse(options), stopped)


def _options(argv: list[str]) -> Namespace:
    parser = terminal.Parser(prog="make self-test", description=__doc__)
    parser.add_argument(
        "--times", type=terminal.times, default=1, help="how many checks of each slow-down"
    )
    parser.add_argument("--plan", type=Path, default=Path("loadtests/plans/check.toml"))
    parser.add_argument("--ref", default="HEAD", help="git ref of both sides")
    parser.add_argument("--name", help="name of the folder in the results")
    parser.add_argument("--results", type=Path, default=Path("results/checks"))
    parser.add_argument("--margin", type=terminal.share, default=MARGIN, metavar="PERCENT")
    parser.add_argument(
        "--instructions", metavar="PATH", help="path to count instead of the plan's"
    )
    return parser.parse_args(argv)


def _rehearse(options: Namespace) -> int:
    """Check slow-down after slow-down; store and print each result, then the rates."""
    plan = instructions.counting(plan_file.read(options.plan)[0], options.instructions)
    prepare.check(plan)
    cores = machine.assign(plan.cores, machine.cores())
    base, head = (Wanted(role, options.ref) for role in ("BASE", "HEAD"))
    results = []
    with prepare.room(plan), side_by_side(plan.application, base, head) as sides:
        folder = store.fresh_folder(options.results, options.name, plan.name)
        checks = self_check.rehearse(plan, sides, cores, folder, options.margin, options.times)
        for result in checks:
            results.append(result)
            with (folder / "results.jsonl").open("a") as file:
                file.write(json.dumps(asdict(result)) + "\n")
            screen.outcome(result)
    terminal.table(self_check.rates(results))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

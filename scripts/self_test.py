"""Put the regression check to the test: how often it alarms for nothing, and what it finds."""

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
    """Check equal and slowed sides; 0 when all checks were carried out, whatever they said."""
    options = _options(argv)
    stopped = "stopped before the end; what was said so far is in results.jsonl"
    return terminal.carried_out(lambda: _rehearse(options), stopped)


def _options(argv: list[str]) -> Namespace:
    parser = terminal.Parser(prog="make self-test", description=__doc__)
    parser.add_argument("--times", type=int, default=1, help="checks of each slow-down")
    parser.add_argument("--plan", type=Path, default=Path("loadtests/plans/check.toml"))
    parser.add_argument("--ref", default="HEAD", help="git ref that both sides are")
    parser.add_argument("--name", help="of the folder below the results")
    parser.add_argument("--results", type=Path, default=Path("results/checks"))
    parser.add_argument("--margin", type=terminal.share, default=MARGIN, metavar="PERCENT")
    parser.add_argument("--instructions", metavar="PATH", help="counted instead of the plan's")
    return parser.parse_args(argv)


def _rehearse(options: Namespace) -> int:
    """Check slow-down after slow-down; keep and print what each check says, then the rates."""
    chosen = instructions.counting(plan_file.read(options.plan)[0], options.instructions)
    prepare.check(chosen)
    cores = machine.cores()
    base, head = (Wanted(role, options.ref) for role in ("BASE", "HEAD"))
    found = []
    with prepare.room(chosen), side_by_side(chosen.application, base, head) as sides:
        folder = store.fresh_folder(options.results, options.name, chosen)
        done = self_check.rehearse(chosen, sides, cores, folder, options.margin, options.times)
        for result in done:
            found.append(result)
            with (folder / "results.jsonl").open("a") as file:
                file.write(json.dumps(asdict(result)) + "\n")
            screen.rehearsed(result)
    screen.rates(self_check.rates(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

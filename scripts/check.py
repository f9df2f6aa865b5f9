"""Judge HEAD against BASE: both are served at once and loaded in turn."""

import sys
from argparse import Namespace
from pathlib import Path

from harness.checks import execute, instructions, store
from harness.checks.outcome import Check
from harness.checks.revisions import Wanted, facts, side_by_side
from harness.core import plan_file
from harness.core.statistics import MARGIN
from harness.host import machine, prepare
from harness.report import check_documents
from harness.report.charts import registry
from harness.terminal import check as screen
from harness.terminal import terminal


def main(argv: list[str]) -> int:
    """Check; return 0 no regression, 1 regression, 2 no or missing results, 3 inconclusive."""
    options = _options(argv)
    stopped = "stopped before the end, without a verdict; start the check again"
    return terminal.run(lambda: _check(options), stopped)


def _options(argv: list[str]) -> Namespace:
    parser = terminal.Parser(prog="make check", description=__doc__)
    parser.add_argument("base", nargs="?", help="git ref to compare with")
    parser.add_argument("--head", help="git ref to judge; default: the working tree")
    parser.add_argument("--plan", type=Path, default=Path("loadtests/plans/check.toml"))
    parser.add_argument("--strict", action="store_true", help="exit status 3 where inconclusive")
    parser.add_argument("--name", help="name of the check's folder in the results")
    parser.add_argument("--results", type=Path, default=Path("results/checks"))
    parser.add_argument("--margin", type=terminal.share, default=MARGIN, metavar="PERCENT")
    parser.add_argument(
        "--instructions", metavar="PATH", help="path to count instead of the plan's"
    )
    for side in ("base", "head"):
        parser.add_argument(f"--{side}-with", default="", help="packages to install into this side")
        parser.add_argument(f"--{side}-python", help="version or interpreter of this side")
    options = parser.parse_args(argv)
    if not options.base:
        parser.error("the check needs a git ref to compare with: make check BASE=main")
    return options


def _check(options: Namespace) -> int:
    """Serve both sides, measure pair after pair, write the documents, print the verdict."""
    plan = instructions.counting(plan_file.read(options.plan)[0], options.instructions)
    prepare.check(plan)
    cores = machine.assign(plan.cores, machine.cores())
    base = Wanted("BASE", options.base, tuple(options.base_with.split()), options.base_python)
    head = Wanted("HEAD", options.head, tuple(options.head_with.split()), options.head_python)
    with prepare.room(plan), side_by_side(plan.application, base, head) as sides:
        folder = store.fresh_folder(options.results, options.name, plan.name)
        machine_facts, unequal = facts(plan, sides, cores)
        unequal += execute.examine(plan, sides, cores)
        screen.start([side.named for side in sides], execute.seconds(plan))
        look, counts = execute.contest(plan, sides, cores, folder, options.margin, screen.progress)
    check = Check(
        base=sides[0].label,
        head=sides[1].label,
        machine=machine_facts,
        changes=look.changes,
        instructions=counts,
        repeatability=look.repeatability,
        notes=(*unequal, *execute.advice(plan), *instructions.uncounted(plan), *look.notes),
        strict=options.strict,
    )
    check_documents.write(check, folder)
    registry.save(registry.draw_check(check), folder)
    screen.result(check, folder)
    return check.outcome.status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Judge HEAD against BASE: both served at once and loaded in turn; regressed or not."""

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
    """Check; 0 no regression, 1 regression, 2 could not or a metric is missing, 3 undecided."""
    options = _options(argv)
    stopped = "stopped before the end, so nothing is decided; start the check again"
    return terminal.carried_out(lambda: _check(options), stopped)


def _options(argv: list[str]) -> Namespace:
    parser = terminal.Parser(prog="make check", description=__doc__)
    parser.add_argument("base", nargs="?", help="git ref that is compared with")
    parser.add_argument("--head", help="git ref that is judged; default: the working tree")
    parser.add_argument("--plan", type=Path, default=Path("loadtests/plans/check.toml"))
    parser.add_argument("--strict", action="store_true", help="status 3 where undecided")
    parser.add_argument("--name", help="of the check's folder below the results")
    parser.add_argument("--results", type=Path, default=Path("results/checks"))
    parser.add_argument("--margin", type=terminal.share, default=MARGIN, metavar="PERCENT")
    parser.add_argument("--instructions", metavar="PATH", help="counted instead of the plan's")
    for side in ("base", "head"):
        parser.add_argument(f"--{side}-with", default="", help="packages to install into this side")
        parser.add_argument(f"--{side}-python", help="version or interpreter of this side")
    options = parser.parse_args(argv)
    if not options.base:
        parser.error("no BASE to compare with, name a git ref: make check BASE=main")
    return options


def _check(options: Namespace) -> int:
    """Serve both sides, take pair after pair, write the documents, print the verdict."""
    chosen = instructions.counting(plan_file.read(options.plan)[0], options.instructions)
    prepare.check(chosen)
    cores = machine.cores()
    base = Wanted("BASE", options.base, tuple(options.base_with.split()), options.base_python)
    head = Wanted("HEAD", options.head, tuple(options.head_with.split()), options.head_python)
    with prepare.room(chosen), side_by_side(chosen.application, base, head) as sides:
        folder = store.fresh_folder(options.results, options.name, chosen)
        known, unequal = facts(sides, cores)
        screen.opening([side.named for side in sides], execute.seconds(chosen))
        look, counted = execute.contest(chosen, sides, cores, folder, options.margin, screen.looked)
    check = Check(
        base=sides[0].label,
        head=sides[1].label,
        machine=known,
        changes=look.changes,
        instructions=counted,
        repeatability=look.repeatability,
        notes=(*unequal, *instructions.uncounted(chosen), *look.notes),
        strict=options.strict,
    )
    check_documents.write(check, folder)
    registry.save(registry.draw_check(check), folder)
    screen.checked(check, folder)
    return check.outcome.status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

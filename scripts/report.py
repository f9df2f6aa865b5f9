"""Draw a run's report from its files: trials -> tables, charts, one page."""

import sys
from pathlib import Path

from harness.core.errors import BenchError
from harness.report.write import report
from harness.runs import store
from harness.terminal import bench, terminal


def main(argv: list[str]) -> int:
    """Report the named run, or the newest; return 0, or 2 where that fails."""
    parser = terminal.Parser(prog="make report", description=__doc__)
    parser.add_argument("run", nargs="?", help="name of the run; default: the newest")
    parser.add_argument("--results", type=Path, default=Path("results"))
    options = parser.parse_args(argv)
    try:
        run = store.find(options.results, options.run)
        bench.verdict(report(run), run.plan)
    except BenchError as error:
        terminal.fail(str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Open a run's report in the browser; print its path where there is none."""

import sys
from pathlib import Path

from harness.core.errors import BenchError
from harness.host import browser
from harness.runs import store
from harness.terminal import terminal


def main(argv: list[str]) -> int:
    """Open the report of the named run, or the newest; return 0, or 2 where there is none."""
    parser = terminal.Parser(prog="make open", description=__doc__)
    parser.add_argument("run", nargs="?", help="name of the run; default: the newest report")
    parser.add_argument("--results", type=Path, default=Path("results"))
    options = parser.parse_args(argv)
    try:
        page = store.report_page(options.results, options.run)
    except BenchError as error:
        terminal.fail(str(error))
        return 2
    terminal.page("report", page, browser.show(page))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

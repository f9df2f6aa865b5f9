"""Show two runs side by side, in the terminal and as a page: a trend, no verdict."""

import sys
from argparse import Namespace
from pathlib import Path

from harness.core.errors import BenchError
from harness.report import page
from harness.runs import history, store
from harness.runs.drift import SideBySide, side_by_side
from harness.terminal import history as screen
from harness.terminal import terminal


def main(argv: list[str]) -> int:
    """Compare run B with run A; return 0, or 2 where there is nothing to compare."""
    parser = terminal.Parser(prog="make compare-runs", description=__doc__)
    parser.add_argument("--a", help="name of the first run")
    parser.add_argument("--b", help="name of the second run; default: the newest")
    parser.add_argument("--results", type=Path, default=Path("results"))
    options = parser.parse_args(argv)
    if options.a is None:
        parser.error("the comparison needs a run: make compare-runs A=first B=second")
    try:
        screen.side_by_side(*_compare(options))
    except BenchError as error:
        terminal.fail(str(error))
        return 2
    return 0


def _compare(options: Namespace) -> tuple[SideBySide, Path]:
    """Return both runs side by side, and the page that shows them."""
    names = (options.a, options.b)
    runs = [history.condense(store.find(options.results, name)) for name in names]
    both = side_by_side(*runs)
    text = page.comparison(both)
    return both, store.write_comparison(options.results, both.before.run, both.now.run, text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

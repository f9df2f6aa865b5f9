"""Show how far a run is from a baseline: a trend, no verdict; for that there is make check."""

import sys
from pathlib import Path

from harness.core.errors import BenchError
from harness.runs import history, store
from harness.runs.drift import drifts
from harness.terminal import history as screen
from harness.terminal import terminal


def main(argv: list[str]) -> int:
    """Compare the named run, or the newest; return 0, or 2 where they cannot be compared."""
    parser = terminal.Parser(prog="make compare", description=__doc__)
    parser.add_argument("baseline", nargs="?", help="name of the baseline")
    parser.add_argument("--run", help="name of the run; default: the newest")
    parser.add_argument("--results", type=Path, default=Path("results"))
    options = parser.parse_args(argv)
    if options.baseline is None:
        parser.error("the comparison needs a baseline: make compare BASELINE=first")
    try:
        before = history.baseline(options.results, options.baseline)
        now = history.condense(store.find(options.results, options.run))
        screen.comparison(before, now, drifts(before, now))
    except BenchError as error:
        terminal.fail(str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

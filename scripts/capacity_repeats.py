"""Judge whether searches of the same capacity repeat: does each hold the median of the others?"""

import sys
from pathlib import Path

from harness.report import capacity_files as files
from harness.terminal import capacity as screen
from harness.terminal import terminal

ENOUGH = 0.9
"""The share of searches that has to repeat: an interval of 95%, and what ten of them can tell."""


def main(argv: list[str]) -> int:
    """Print all searches; return 0 where enough of each kind repeat, 1 where not, 2 without any."""
    parser = terminal.Parser(prog="make capacity-repeats", description=__doc__)
    parser.add_argument("prefix", help="what the names of the runs begin with")
    parser.add_argument("--results", type=Path, default=Path("results/capacity"))
    options = parser.parse_args(argv)
    return terminal.run(lambda: _judge(options.results, options.prefix), "stopped")


def _judge(folder: Path, prefix: str) -> int:
    """Print each kind of search; return the exit status."""
    searches = files.read(folder, prefix)
    shares = [screen.repeats(key, runs) for key, runs in searches.items()]
    return 0 if min(shares) >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

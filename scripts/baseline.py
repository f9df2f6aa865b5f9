"""Accept a finished run as a baseline, to follow trends by; for a verdict there is make check."""

import sys
from pathlib import Path

from harness.core.errors import BenchError
from harness.runs import history, store
from harness.terminal import history as screen
from harness.terminal import terminal


def main(argv: list[str]) -> int:
    """Accept the named run, or the newest; return 0, or 2 where that fails."""
    parser = terminal.Parser(prog="make baseline", description=__doc__)
    parser.add_argument("name", nargs="?", help="name of the baseline")
    parser.add_argument("--run", help="name of the run; default: the newest")
    parser.add_argument("--replace", action="store_true", help="overwrite a baseline of that name")
    parser.add_argument("--results", type=Path, default=Path("results"))
    options = parser.parse_args(argv)
    if options.name is None:
        parser.error("the baseline needs a name: make baseline NAME=first")
    try:
        entry = history.condense(store.find(options.results, options.run))
        path = history.accept(options.results, options.name, entry, options.replace)
    except BenchError as error:
        terminal.fail(str(error))
        return 2
    screen.baseline(entry, path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

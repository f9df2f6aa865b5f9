"""Accept a finished run as a baseline, to follow trends by; for a verdict there is make check."""

import sys
from pathlib import Path

from harness.core.errors import BenchError
from harness.runs import history, store
from harness.terminal import history as screen
from harness.terminal import terminal


def main(argv: list[str]) -> int:
    """Accept the named run, or the newest; 0 done, 2 could not."""
    parser = terminal.Parser(prog="make baseline", description=__doc__)
    parser.add_argument("name", nargs="?", help="of the baseline")
    parser.add_argument("--run", help="name of the run; default: the newest")
    parser.add_argument("--replace", action="store_true", help="where the baseline is there")
    parser.add_argument("--results", type=Path, default=Path("results"))
    options = parser.parse_args(argv)
    if options.name is None:
        parser.error("no name for the baseline, give one: make baseline NAME=first")
    try:
        accepted = history.condense(store.find(options.results, options.run))
        path = history.accept(options.results, options.name, accepted, options.replace)
    except BenchError as error:
        terminal.fail(str(error))
        return 2
    screen.accepted(accepted, path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

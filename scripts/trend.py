"""Draw all finished runs of a plan in time, with the places where a level changed."""

import sys
from pathlib import Path

from harness import archive, charts, console, plan
from harness.model import BenchError
from harness.trends import trend


def main(argv: list[str]) -> int:
    """Draw the runs of the plan, or of that which ran last; 0 done, 2 could not."""
    parser = console.Parser(prog="make trend", description=__doc__)
    parser.add_argument("plan", type=Path, nargs="?", help="default: that of the newest run")
    parser.add_argument("--results", type=Path, default=Path("results"))
    options = parser.parse_args(argv)
    try:
        history, notes = archive.history(options.results)
        found = trend(history, options.plan and plan.read(options.plan)[0].name)
        chart = charts.save(charts.draw_trend(found), options.results)["trend"]
    except BenchError as error:
        console.fail(str(error))
        return 2
    console.followed(found, notes, chart)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

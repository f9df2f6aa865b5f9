"""Draw all finished runs of a plan over time, and where a level changed."""

import sys
from pathlib import Path

from harness.core import plan_file
from harness.core.errors import BenchError
from harness.report.charts import registry
from harness.runs import history
from harness.runs.trends import trend
from harness.terminal import history as screen
from harness.terminal import terminal


def main(argv: list[str]) -> int:
    """Draw the runs of the plan, or of the newest run's; return 0, or 2 where that fails."""
    parser = terminal.Parser(prog="make trend", description=__doc__)
    parser.add_argument("plan", type=Path, nargs="?", help="default: that of the newest run")
    parser.add_argument("--results", type=Path, default=Path("results"))
    options = parser.parse_args(argv)
    try:
        entries, notes = history.history(options.results)
        course = trend(entries, options.plan and plan_file.read(options.plan)[0].name)
        chart = registry.save(registry.draw_trend(course), options.results)["trend"]
    except BenchError as error:
        terminal.fail(str(error))
        return 2
    screen.trend(course, notes, chart)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

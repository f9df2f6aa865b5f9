"""Draw a run's report from its files: trials -> tables, charts, one page."""

import sys
from pathlib import Path

from harness import charts, console, page, plan, results
from harness.findings import Summary, Timeline
from harness.model import BenchError
from harness.results import Run
from harness.summaries import summarise
from harness.timelines import timeline


def main(argv: list[str]) -> int:
    """Report the named run, or the newest; 0 done, 2 could not."""
    parser = console.Parser(prog="make report", description=__doc__)
    parser.add_argument("run", nargs="?", help="name of the run; default: the newest")
    parser.add_argument("--results", type=Path, default=Path("results"))
    options = parser.parse_args(argv)
    try:
        console.verdict(*report(results.find(options.results, options.run)))
    except BenchError as error:
        console.fail(str(error))
        return 2
    return 0


def report(run: Run) -> tuple[Summary, Path]:
    """Write summary.json, the charts and both pages; give the summary and the page's path."""
    machine = run.facts["machine"]
    told = timelines(run)
    summary = summarise(run.name, run.plan, machine, run.records(), run.envelope, told)
    run.write_summary(summary)
    drawn = charts.save(charts.draw(summary), run.charts)
    links = {name: str(path.relative_to(run.folder)) for name, path in drawn.items()}
    run.write_page("md", page.markdown(summary, links))
    images = {name: path.read_text() for name, path in drawn.items()}
    return summary, run.write_page("html", page.html(summary, images))


def timelines(run: Run) -> tuple[Timeline, ...]:
    """Follow one block of each scenario with an objective: the last ASGI deployment's first."""
    chosen = {
        block.scenario.name: block
        for deployment in run.plan.deployments
        for block in plan.blocks(run.plan)
        if block.deployment == deployment and block.deployment.interface == "asgi"
        if block.round == 1 and block.scenario.objective_ms
    }
    found = ((block, run.rows(block)) for block in chosen.values())
    return tuple(
        timeline(block.scenario.name, block.deployment.name, *rows) for block, rows in found if rows
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

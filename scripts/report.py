"""Draw a run's report from its files: trials -> tables, charts, one page."""

import sys
from pathlib import Path

from harness.core import plan_file
from harness.core.plan import BenchError
from harness.core.record import Summary, Timeline
from harness.measure.timeline import timeline
from harness.report import page
from harness.report.charts import registry
from harness.runs import store
from harness.runs.store import Run
from harness.runs.summarise import summarise
from harness.terminal import terminal


def main(argv: list[str]) -> int:
    """Report the named run, or the newest; 0 done, 2 could not."""
    parser = terminal.Parser(prog="make report", description=__doc__)
    parser.add_argument("run", nargs="?", help="name of the run; default: the newest")
    parser.add_argument("--results", type=Path, default=Path("results"))
    options = parser.parse_args(argv)
    try:
        terminal.verdict(*report(store.find(options.results, options.run)))
    except BenchError as error:
        terminal.fail(str(error))
        return 2
    return 0


def report(run: Run) -> tuple[Summary, Path]:
    """Write summary.json, the charts and both pages; give the summary and the page's path."""
    machine = run.facts["machine"]
    told = timelines(run)
    summary = summarise(run.name, run.plan, machine, run.records(), run.envelope, told)
    run.write_summary(summary)
    drawn = registry.save(registry.draw(summary), run.charts)
    links = {name: str(path.relative_to(run.folder)) for name, path in drawn.items()}
    run.write_page("md", page.markdown(summary, links))
    images = {name: path.read_text() for name, path in drawn.items()}
    return summary, run.write_page("html", page.html(summary, images))


def timelines(run: Run) -> tuple[Timeline, ...]:
    """Follow one block of each scenario with an objective: the last ASGI deployment's first."""
    chosen = {
        block.scenario.name: block
        for deployment in run.plan.deployments
        for block in plan_file.blocks(run.plan)
        if block.deployment == deployment and block.deployment.interface == "asgi"
        if block.round == 1 and block.scenario.objective_ms
    }
    found = ((block, run.rows(block)) for block in chosen.values())
    return tuple(
        timeline(block.scenario.name, block.deployment.name, *rows) for block, rows in found if rows
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

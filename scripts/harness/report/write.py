"""Write the report of a run from its files: summary, charts, pages."""

from dataclasses import asdict
from pathlib import Path

from harness.core import schedule
from harness.core.summary import Timeline
from harness.measure.timeline import timeline
from harness.report import page
from harness.report.charts import registry
from harness.report.narrate import Narrative, narrate
from harness.runs.store import Run
from harness.runs.summarise import summarise


def report(run: Run) -> tuple[Narrative, Path]:
    """Write summary.json, the charts and both pages; return the sentences and the page's path."""
    records = run.records()
    machine, envelope = run.facts.machine, run.facts.calibration
    calibrated = envelope is not None
    summary = summarise(run.name, run.plan, machine, records, timelines(run), calibrated)
    narrative = narrate(summary, run.plan, records, envelope)
    run.write_summary(asdict(summary) | asdict(narrative))
    drawn = registry.save(registry.draw(summary), run.charts)
    links = {name: str(path.relative_to(run.folder)) for name, path in drawn.items()}
    run.write_page("md", page.markdown(summary, narrative, links))
    images = {name: path.read_text() for name, path in drawn.items()}
    return narrative, run.write_page("html", page.html(summary, narrative, images))


def timelines(run: Run) -> tuple[Timeline, ...]:
    """Follow one block of each scenario with an objective: the last ASGI deployment's first."""
    chosen = {
        block.scenario.name: block
        for deployment in run.plan.deployments
        for block in schedule.blocks(run.plan)
        if block.deployment == deployment and block.deployment.interface == "asgi"
        if block.round == 1 and block.scenario.objective_ms
    }
    found = ((block, run.rows(block)) for block in chosen.values())
    return tuple(
        timeline(block.scenario.name, block.deployment.name, *rows) for block, rows in found if rows
    )

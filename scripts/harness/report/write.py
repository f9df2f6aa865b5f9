"""Write the report of a run from its files: summary, charts, pages."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from harness.core import schedule
from harness.core.summary import Stop, StopTally, Timeline
from harness.core.trial import Block
from harness.measure import stops
from harness.measure.timeline import timeline
from harness.report import page
from harness.report.charts import registry
from harness.report.narrate import Narrative, narrate
from harness.runs.store import Run
from harness.runs.summarise import summarise


def report(run: Run) -> tuple[Narrative, Path]:
    """Write summary.json, the charts and both pages; return the sentences and the page's path."""
    records = run.records()
    facts = run.facts
    summary = summarise(
        run.name,
        run.plan,
        facts.machine,
        records,
        timelines(run),
        bool(facts.calibration or facts.calibration_by_requests),
        stopped(run),
    )
    narrative = narrate(
        summary,
        run.plan,
        records,
        facts.calibration,
        facts.calibration_by_requests,
        facts.served,
        facts.left_out,
    )
    run.write_summary(asdict(summary) | asdict(narrative))
    paths = registry.save(registry.draw(summary), run.charts)
    links = {name: str(path.relative_to(run.folder)) for name, path in paths.items()}
    run.write_page("md", page.markdown(summary, narrative, links))
    images = {name: path.read_text() for name, path in paths.items()}
    return narrative, run.write_page("html", page.html(summary, narrative, images))


def timelines(run: Run) -> tuple[Timeline, ...]:
    """Return the first block of the last ASGI deployment in each scenario with an objective."""
    chosen = {
        block.scenario.name: block
        for deployment in run.plan.deployments
        for block in schedule.blocks(run.plan)
        if block.deployment == deployment and block.deployment.interface == "asgi"
        if block.round == 1 and block.scenario.objective_ms
    }
    requests = ((block, run.rows(block)) for block in chosen.values())
    return tuple(
        timeline(block.scenario.name, block.deployment.name, *rows, _stops(run, block, rows[0]))
        for block, rows in requests
        if rows
    )


def stopped(run: Run) -> tuple[StopTally, ...]:
    """Return the stops of each deployment with a probe, by scenario, over its blocks."""
    cells: dict[tuple[str, str], list[Sequence[Stop]]] = {}
    probed = [block for block in schedule.blocks(run.plan) if block.deployment.probe]
    for block in sorted(probed, key=lambda block: block.round):
        if rows := run.rows(block):
            cell = cells.setdefault((block.scenario.name, block.deployment.name), [])
            cell.append(_stops(run, block, rows[0]))
    return tuple(
        stops.tally(scenario, deployment, cells[scenario.name, deployment.name])
        for scenario in run.plan.scenarios
        for deployment in run.plan.against(scenario)
        if (scenario.name, deployment.name) in cells
    )


def _stops(run: Run, block: Block, requests: pd.DataFrame) -> tuple[Stop, ...]:
    """Return the stops of a block from its first request to its last answer."""
    probe = run.stops(block)
    if probe is None or requests.empty:
        return ()
    first_s = float(requests["start_s"].min())
    last_s = float((requests["start_s"] + requests["latency_ms"] / 1000).max())
    views = (requests["entered_s"], requests["entered_s"] + requests["view_ms"] / 1000)
    return stops.stops(probe, np.concatenate(views), first_s, last_s)

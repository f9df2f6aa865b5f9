"""Write the report of a run from its files: summary, charts, pages."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from harness.core import schedule
from harness.core.summary import Stop, StopTally, Summary, Timeline
from harness.core.trial import Block, CellKey
from harness.measure import heat_map, lanes, stops
from harness.measure.timeline import timeline
from harness.report import page
from harness.report.charts import registry
from harness.report.narrate import Narrative, narrate
from harness.runs import capacity
from harness.runs.store import OfBlocks, Run
from harness.runs.summarise import summarise

Picture = TypeVar("Picture")


@dataclass(frozen=True, slots=True)
class Report:
    """What was written of a run: numbers, sentences and the path of the page."""

    summary: Summary
    narrative: Narrative
    page: Path


def report(run: Run) -> Report:
    """Write summary.json, the charts and both pages; return what they say and where."""
    facts, advice = run.facts, run.advice()
    summary = summary_of(run)
    narrative = narrate(
        summary,
        run.plan,
        run.records(),
        facts.calibration,
        facts.calibration_by_requests,
        facts.served,
        facts.left_out,
        advice,
    )
    run.write_summary(asdict(summary) | asdict(narrative))
    figures = registry.draw(summary, advice)
    pictures = registry.save_pictures(figures, run.charts)
    for name, svg in registry.draw_moving(summary).items():
        (run.charts / f"{name}.svg").write_text(svg)
    links = {name: str(path.relative_to(run.folder)) for name, path in pictures.items()}
    run.write_page("md", page.markdown(summary, narrative, links))
    drawings = registry.drawings(summary, figures)
    path = run.write_page("html", page.html(summary, narrative, drawings))
    return Report(summary, narrative, path)


def summary_of(run: Run) -> Summary:
    """Return what all tables, charts and sentences of a run are made of, by its files."""
    facts, records = run.facts, run.records()
    of_blocks = read_blocks(run) if run.has_blocks else run.of_blocks()
    return summarise(
        run.name,
        run.plan,
        facts.machine | facts.links,
        records,
        of_blocks.timelines,
        bool(facts.calibration or facts.calibration_by_requests),
        of_blocks.stopped,
        of_blocks.lanes,
        of_blocks.heat_maps,
        run.profiles(),
        capacity.holdings(capacity.targets(run.plan, facts), records),
    )


def read_blocks(run: Run) -> OfBlocks:
    """Return what a summary has of the rows of blocks."""
    return OfBlocks(
        timelines(run),
        stopped(run),
        first_of_each(run, lanes.lanes),
        first_of_each(run, heat_map.heat_map),
    )


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


def first_of_each(
    run: Run, picture: Callable[[CellKey, pd.DataFrame], Picture | None]
) -> tuple[Picture, ...]:
    """Return a picture of each deployment in each scenario, of its first block that has any."""
    cells: dict[CellKey, Picture] = {}
    for block in sorted(schedule.blocks(run.plan), key=lambda block: block.round):
        rows = None if block.climb in cells else run.requests(block)
        shown = None if rows is None else picture(block.climb, rows)
        if shown is not None:
            cells[block.climb] = shown
    keys = (
        CellKey(deployment.name, scenario.name)
        for scenario in run.plan.scenarios
        for deployment in run.plan.against(scenario)
    )
    return tuple(cells[key] for key in keys if key in cells)


def _stops(run: Run, block: Block, requests: pd.DataFrame) -> tuple[Stop, ...]:
    """Return the stops of a block from its first request to its last answer."""
    probe = run.stops(block)
    if probe is None or requests.empty:
        return ()
    first_s = float(requests["start_s"].min())
    last_s = float((requests["start_s"] + requests["latency_ms"] / 1000).max())
    views = (requests["entered_s"], requests["entered_s"] + requests["view_ms"] / 1000)
    return stops.stops(probe, np.concatenate(views), first_s, last_s)

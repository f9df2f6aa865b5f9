"""All charts: each answers one question about one scenario, where it has the figures for it.

Hollow points are flagged, an x at the bottom is a load at which every round failed, a bar is the
range over rounds, or the 95% interval. A new chart is a function in a module of its own and an
entry of CHARTS.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from harness.checks.outcome import Check
from harness.core.execution_models import Task
from harness.core.summary import Summary
from harness.measure.execution_models import Cell
from harness.report.charts import data, execution_models
from harness.report.charts.breakdown import parts
from harness.report.charts.bridges import two_by_two
from harness.report.charts.connection_cost import price
from harness.report.charts.data import Subject
from harness.report.charts.forest import forest
from harness.report.charts.many_clients import served, timeline
from harness.report.charts.names import by_name
from harness.report.charts.run import errors, latency, ratio, rounds, throughput
from harness.report.charts.slots import slots
from harness.report.charts.streams import streams
from harness.report.charts.trend import over_runs
from harness.report.names import several, step_of
from harness.runs.trends import Trend

STYLE = Path(__file__).with_name("charts.mplstyle")


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of one scenario, and whether there is anything in it to see."""

    picture: Callable[[Subject], Figure]
    applies: Callable[[Subject], bool]


def draw(summary: Summary) -> dict[str, Figure]:
    """Draw every chart that a scenario has, keyed `<scenario>.<chart>`."""
    with rc_context(fname=STYLE):
        return {
            f"{subject.scenario}.{name}": chart.picture(subject)
            for subject in data.subjects(summary)
            for name, chart in CHARTS.items()
            if chart.applies(subject)
        }


def draw_check(check: Check) -> dict[str, Figure]:
    """Draw the chart of a check."""
    with rc_context(fname=STYLE):
        return {"forest": forest(check)}


def draw_trend(trend: Trend) -> dict[str, Figure]:
    """Draw the one chart over runs, keyed `trend`."""
    with rc_context(fname=STYLE):
        return {"trend": over_runs(trend)}


def draw_models(cells: Sequence[Cell], drawn: Sequence[Task]) -> dict[str, Figure]:
    """Draw the execution models: `times` of all cells, `lanes` of the tasks that are drawn."""
    with rc_context(fname=STYLE):
        return {"times": execution_models.times(cells), "lanes": execution_models.lanes(drawn)}


def save(figures: dict[str, Figure], folder: Path) -> dict[str, Path]:
    """Write each figure as SVG and PNG, the same bytes every time; return the SVG files."""
    folder.mkdir(parents=True, exist_ok=True)
    with rc_context(fname=STYLE):
        for name, figure in figures.items():
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
            figure.savefig(folder / f"{name}.png", metadata={"Software": None})
    return {name: folder / f"{name}.svg" for name in figures}


def _always(_: Subject) -> bool:
    return True


def _closed(subject: Subject) -> bool:
    """Return whether clients wait for answers: in an open loop the plan sets the rate."""
    return subject.model == "closed"


def _timed(subject: Subject) -> bool:
    """Return whether any name has a latency."""
    return any(step_of(subject.samples_of(name)) for name in subject.looks)


CHARTS: dict[str, Chart] = {
    "throughput": Chart(throughput, _closed),
    "ratio": Chart(ratio, lambda subject: _closed(subject) and bool(subject.comparisons)),
    "slots": Chart(
        slots, lambda subject: len(subject.levels) > 1 and any(subject.slot_ratios().values())
    ),
    "bridges": Chart(two_by_two, lambda subject: bool(subject.bridges)),
    "latency": Chart(latency, _always),
    "names": Chart(by_name, lambda subject: several(subject.samples) and _timed(subject)),
    "parts": Chart(parts, lambda subject: any(sample.parts for sample in subject.samples)),
    "errors": Chart(errors, _always),
    "streams": Chart(streams, lambda subject: any(sample.streams for sample in subject.samples)),
    "rounds": Chart(rounds, lambda subject: _closed(subject) and subject.rounds > 1),
    "served": Chart(served, lambda subject: any(sample.served for sample in subject.samples)),
    "timeline": Chart(timeline, lambda subject: bool(subject.timelines)),
    "price": Chart(price, lambda subject: bool(subject.memory())),
}
"""Every chart of a scenario in the order of the report, keyed by the name of its file."""

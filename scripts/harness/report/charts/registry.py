"""All charts: each answers one question about one scenario, where it has the figures for it.

Hollow points are flagged, an x at the bottom is a load at which every round failed, a bar is the
range over rounds, or the 95% interval. A new chart is a function in a module of its own and an
entry of CHARTS.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from harness.checks.outcome import Check
from harness.core.advice import Advice
from harness.core.execution_models import Task
from harness.core.holding import Holding
from harness.core.summary import Summary
from harness.measure.execution_models import Cell
from harness.report.charts import capacity, execution_models, moving_lanes
from harness.report.charts.breakdown import parts
from harness.report.charts.bridges import two_by_two
from harness.report.charts.connection_cost import price
from harness.report.charts.cpu_profile import cpu
from harness.report.charts.data import Subject
from harness.report.charts.drawing import Choice, Drawing, Variant
from harness.report.charts.forest import forest
from harness.report.charts.frontier import frontier, points_of
from harness.report.charts.heat_map import heat_maps
from harness.report.charts.lanes import lanes
from harness.report.charts.many_clients import served, timeline
from harness.report.charts.names import by_name
from harness.report.charts.panels import drawing
from harness.report.charts.percentiles import percentile_variants, percentiles, telling
from harness.report.charts.price_of_load import price_of_load
from harness.report.charts.run import (
    errors,
    latency,
    latency_variants,
    ratio,
    rounds,
    throughput,
    throughput_variants,
)
from harness.report.charts.scaling import over_workers, scaling
from harness.report.charts.slots import slots
from harness.report.charts.streams import streams
from harness.report.charts.subjects import of_searches, subjects
from harness.report.charts.trade_off import P95, trade_off, trade_off_variants
from harness.report.charts.trend import over_runs
from harness.report.names import several, step_of
from harness.runs.trends import Trend

STYLE = Path(__file__).with_name("charts.mplstyle")


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of one scenario, whether there is anything in it to see, and its variants."""

    picture: Callable[[Subject], Figure]
    applies: Callable[[Subject], bool]
    variants: Callable[[Subject], Mapping[Choice, Figure]] = lambda _: {}


def draw(
    summary: Summary, advice: Advice | None = None, only: Collection[str] | None = None
) -> dict[str, Figure]:
    """Draw every chart that a scenario has, keyed `<scenario>.<chart>`; that of advice first.

    Of those of scenarios `only` the keys that are given, where any are.
    """
    with rc_context(fname=STYLE):
        of_advice = {
            f"{subject.scenario}.frontier": frontier(subject, advice)
            for subject in subjects(summary)
            if advice and points_of(advice)
        }
        return of_advice | {
            f"{subject.scenario}.{name}": chart.picture(subject)
            for subject in subjects(summary)
            for name, chart in (CHARTS if subject.samples else OF_SEARCHES).items()
            if only is None or f"{subject.scenario}.{name}" in only
            if chart.applies(subject)
        }


def drawings(summary: Summary, figures: Mapping[str, Figure]) -> dict[str, Drawing]:
    """Return the figures of draw() in panels for the page; nothing else can be made of them after.

    Keyed alike.
    """
    by_scenario = {subject.scenario: subject for subject in subjects(summary)}
    with rc_context(fname=STYLE):
        return {
            name: _drawing(name, figure, by_scenario[name.rpartition(".")[0]])
            for name, figure in figures.items()
        }


def _drawing(key: str, figure: Figure, subject: Subject) -> Drawing:
    """Return a chart in panels, with its variants, and how to read each of them."""
    own = drawing(figure, subject)
    chart = CHARTS.get(key.rpartition(".")[2])
    variants = chart.variants(subject) if chart else {}
    others = (_variant(own, choice, drawing(other, subject)) for choice, other in variants.items())
    return replace(own, variants=tuple(others))


def _variant(own: Drawing, choice: Choice, other: Drawing) -> Variant:
    """Return a chart drawn otherwise, and what there is to read beyond the chart itself."""
    more = tuple(line for line in other.reading if line not in own.reading)
    return Variant(choice, other.panels, more)


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


def draw_moving(summary: Summary) -> dict[str, str]:
    """Draw the lanes of each scenario that has any as they come: SVG, keyed like draw()."""
    return {
        f"{subject.scenario}.lanes-moving": moving_lanes.moving(subject)
        for subject in subjects(summary)
        if subject.lanes
    }


def draw_capacity(holdings: Sequence[Holding]) -> dict[str, Figure]:
    """Draw the trials of a capacity search, a chart for each scenario, keyed by its name."""
    with rc_context(fname=STYLE):
        return {each.scenario: capacity.trials(each) for each in of_searches(holdings)}


def save(figures: Mapping[str, Figure], folder: Path) -> dict[str, Path]:
    """Write each figure as SVG and PNG, the same bytes every time; return the SVG files."""
    save_pictures(figures, folder)
    with rc_context(fname=STYLE):
        for name, figure in figures.items():
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
    return {name: folder / f"{name}.svg" for name in figures}


def save_pictures(figures: Mapping[str, Figure], folder: Path) -> dict[str, Path]:
    """Write each figure as PNG alone, the same bytes every time; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    with rc_context(fname=STYLE):
        for name, figure in figures.items():
            figure.savefig(folder / f"{name}.png", metadata={"Software": None})
    return {name: folder / f"{name}.png" for name in figures}


def _always(_: Subject) -> bool:
    return True


def _closed(subject: Subject) -> bool:
    """Return whether clients wait for answers: in an open loop the plan sets the rate."""
    return subject.model == "closed"


def _several(subject: Subject) -> bool:
    """Return whether any deployment has more than one name to tell apart."""
    return any(several(subject.samples_of(name)) for name in subject.shown)


def _timed(subject: Subject) -> bool:
    """Return whether any name has a latency."""
    return any(step_of(subject.samples_of(name)) for name in subject.looks)


def _failing(subject: Subject) -> bool:
    """Return whether any request failed, or any load with all its rounds."""
    failed = any(subject.failed(name) for name in subject.looks)
    return failed or subject.highest("error_share") > 0


CHARTS: dict[str, Chart] = {
    "served": Chart(served, lambda subject: any(sample.served for sample in subject.samples)),
    "streams": Chart(streams, lambda subject: any(sample.streams for sample in subject.samples)),
    "bridges": Chart(two_by_two, lambda subject: bool(subject.bridges)),
    "throughput": Chart(throughput, _closed, throughput_variants),
    "latency": Chart(latency, _always, latency_variants),
    "ratio": Chart(ratio, lambda subject: _closed(subject) and bool(subject.comparisons)),
    "slots": Chart(
        slots, lambda subject: len(subject.levels) > 1 and any(subject.slot_ratios().values())
    ),
    "scaling": Chart(
        scaling, lambda subject: any(over_workers(subject, each) for each in subject.families)
    ),
    "trade-off": Chart(
        trade_off,
        lambda subject: (
            _closed(subject)
            and len(subject.levels) > 1
            and any(subject.latency_over_throughput(name, P95) for name in subject.shown)
        ),
        trade_off_variants,
    ),
    "percentiles": Chart(percentiles, lambda subject: bool(telling(subject)), percentile_variants),
    "names": Chart(by_name, lambda subject: _several(subject) and _timed(subject)),
    "errors": Chart(errors, _failing),
    "rounds": Chart(rounds, lambda subject: _closed(subject) and subject.rounds > 1),
    "heat-map": Chart(heat_maps, lambda subject: bool(subject.heat_maps)),
    "timeline": Chart(timeline, lambda subject: bool(subject.timelines)),
    "parts": Chart(parts, lambda subject: any(sample.parts for sample in subject.samples)),
    "lanes": Chart(lanes, lambda subject: bool(subject.lanes)),
    "cpu": Chart(cpu, lambda subject: bool(subject.profiles)),
    "price": Chart(price, lambda subject: bool(subject.memory())),
}
"""Every chart of a scenario, those that tell most first, keyed by the name of its file."""

OF_SEARCHES: dict[str, Chart] = {
    "price-of-load": Chart(price_of_load, lambda subject: len(subject.priced) > 1),
    "held": Chart(capacity.trials, _always),
}
"""Those of a scenario whose load was searched."""

"""Draw the charts of a run. Only the chart modules, sheet and strokes know matplotlib.

A chart answers one question about one scenario. Hollow points are doubted, an x at the bottom is
a load at which every round failed, a bar is the range over rounds, or the 95% interval.
"""

from collections.abc import Callable
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.checks.outcome import Check
from harness.core import units
from harness.core.metrics import METRICS, Place, shown
from harness.core.statistics import MARGIN
from harness.core.summary import Summary
from harness.report.charts import data
from harness.report.charts.axes import (
    explained,
    failures,
    line,
    log_axis,
    markers,
    over_loads,
    value_axis,
)
from harness.report.charts.breakdown import parts
from harness.report.charts.connection_cost import price
from harness.report.charts.data import Subject
from harness.report.charts.figure import BAND, INK, QUIET
from harness.report.charts.forest import forest
from harness.report.charts.many_clients import served, timeline
from harness.report.charts.slots import slots
from harness.report.charts.trend import over_runs
from harness.runs.trends import Trend

STYLE = Path(__file__).with_name("charts.mplstyle")
EQUAL = f"{units.significant(100 * MARGIN, 1)}%"


def draw(summary: Summary) -> dict[str, Figure]:
    """Draw every chart that a scenario has, keyed `<scenario>.<chart>`."""
    with rc_context(fname=STYLE):
        return {
            f"{subject.scenario}.{name}": chart(subject)
            for subject in data.subjects(summary)
            for name, chart in CHARTS.items()
            if _tells(chart, subject)
        }


def draw_check(check: Check) -> dict[str, Figure]:
    """Draw the chart of a check."""
    with rc_context(fname=STYLE):
        return {"forest": forest(check)}


def draw_trend(trend: Trend) -> dict[str, Figure]:
    """Draw the one chart over runs, keyed `trend`."""
    with rc_context(fname=STYLE):
        return {"trend": over_runs(trend)}


def save(figures: dict[str, Figure], folder: Path) -> dict[str, Path]:
    """Write each figure as SVG and PNG, the same bytes every time; give the SVG files."""
    folder.mkdir(parents=True, exist_ok=True)
    with rc_context(fname=STYLE):
        for name, figure in figures.items():
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
            figure.savefig(folder / f"{name}.png", metadata={"Software": None})
    return {name: folder / f"{name}.svg" for name in figures}


def throughput(subject: Subject) -> Figure:
    """Draw requests per second over users, in front of the most that theory allows."""
    figure, (axes,) = over_loads(subject, "How many requests per second are served?")
    for name, look in subject.looks.items():
        axes.plot(*subject.bounds(name), color=look.colour, linestyle=":", linewidth=1, alpha=0.8)
        line(axes, look, subject.points(name, "throughput_rps"))
    failures(axes, subject)
    # A bound far above everything measured would press the measurements to the floor.
    axes.set_ylim(0, 1.15 * subject.highest("throughput_rps") or 1)
    value_axis(axes, METRICS["throughput_rps"].axis, units.count)
    return explained(figure, subject, "dotted: the most that theory allows")


def ratio(subject: Subject) -> Figure:
    """Draw ASGI's throughput over that of the best WSGI deployment, over users."""
    figure, (axes,) = over_loads(subject, "Does ASGI serve more than the best WSGI?")
    reference = subject.reference
    named = reference.deployment if reference else "WSGI"
    compared = [name for name in subject.looks if subject.ratios(named, name, 1)]
    drawn = {n: subject.ratios(named, n, dodge) for n, dodge in subject.dodges(compared).items()}
    axes.axhspan(1 / (1 + MARGIN), 1 + MARGIN, color=BAND, zorder=0)
    axes.axhline(1, color=QUIET, linewidth=1)
    for name, points in drawn.items():
        line(axes, subject.looks[name], points)
    if reference and reference.slots:
        _mark_slots(axes, reference.slots, named)
    log_axis(axes, f"{METRICS['throughput_rps'].title}, ASGI / WSGI", least=4)
    return explained(figure, subject, f"WSGI = {named}; grey: within {EQUAL} of equal", drawn)


def latency(subject: Subject) -> Figure:
    """Draw the latency's percentiles over users, a panel each."""
    percentiles = [metric for metric in shown(Place.TABLE) if metric.quantile]
    question = "How long does a request take?"
    figure, panels = over_loads(subject, question, columns=len(percentiles))
    for axes, metric in zip(panels, percentiles, strict=True):
        axes.set_title(metric.short, fontsize=10.5, color=INK)
        for name, look in subject.looks.items():
            line(axes, look, subject.points(name, metric.name))
        failures(axes, subject)
        if not any(metric.name in sample.metrics for sample in subject.samples):
            axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center")
    log_axis(panels[0], f"latency ({percentiles[0].unit.symbol})", least=10)
    return explained(figure, subject)


def errors(subject: Subject) -> Figure:
    """Draw the share of failed requests over users."""
    figure, (axes,) = over_loads(subject, "How many requests fail?")
    for name, dodge in subject.dodges().items():
        line(axes, subject.looks[name], subject.points(name, "error_share", dodge))
    failures(axes, subject)
    top = max(0.01, 1.1 * subject.highest("error_share"))
    axes.set_ylim(-0.1 * top, top)
    value_axis(axes, METRICS["error_share"].axis, lambda share: f"{100 * share:g}%")
    return explained(figure, subject)


def rounds(subject: Subject) -> Figure:
    """Draw how far each round is off the middle of its cell: what a single run is worth."""
    figure, (axes,) = over_loads(subject, "How far do the rounds differ from each other?")
    axes.axhspan(-100 * MARGIN, 100 * MARGIN, color=BAND, zorder=0)
    for name, dodge in subject.dodges().items():
        markers(axes, subject.looks[name], subject.deviations(name, dodge))
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, -200 * MARGIN), max(high, 200 * MARGIN))
    label = f"{METRICS['throughput_rps'].title}, off the middle (%)"
    value_axis(axes, label, lambda off: f"{off:+g}%" if off else "0%")
    return explained(figure, subject, f"grey: within {EQUAL} of the middle")


Chart = Callable[[Subject], Figure]

CHARTS: dict[str, Chart] = {
    "throughput": throughput,
    "ratio": ratio,
    "slots": slots,
    "latency": latency,
    "parts": parts,
    "errors": errors,
    "rounds": rounds,
    "served": served,
    "timeline": timeline,
    "price": price,
}


def _tells(chart: Chart, subject: Subject) -> bool:
    """Tell whether a chart has something to show: no ratio without a pair, in an open loop none.

    There the rate is given; what it does to latency is the question. No parts without times from
    the server, no price without a line.
    """
    if chart is served:
        return any(sample.served for sample in subject.samples)
    if chart is timeline:
        return bool(subject.timelines)
    if chart is parts:
        return any(sample.parts for sample in subject.samples)
    if chart is price:
        return bool(subject.memory())
    if chart is slots:
        return len(subject.levels) > 1 and any(subject.slot_ratios().values())
    if subject.model == "open":
        return chart in (latency, errors)
    if chart is rounds:
        return subject.rounds > 1
    return bool(subject.comparisons) or chart is not ratio


def _mark_slots(axes: Axes, slots: int, named: str) -> None:
    low, high = axes.get_xlim()
    if low <= slots <= high:
        axes.axvline(slots, color=QUIET, linewidth=1, linestyle=":")
        words, above = f"{named}: {units.count(slots)} slots", axes.get_xaxis_transform()
        axes.text(slots, 1.015, words, transform=above, ha="center", size=9, color=QUIET)

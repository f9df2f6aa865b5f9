"""Draw which latency comes with which throughput: a point for each load, labelled by its users."""

from collections.abc import Iterable, Mapping
from math import nan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harness.core import units
from harness.core.metrics import METRICS, Metric
from harness.report.charts.axes import line, log_axis, reading
from harness.report.charts.colours import QUIET
from harness.report.charts.data import Point, Subject
from harness.report.charts.drawing import PERCENTILES, Choice
from harness.report.charts.figure import sheet

RATE, P95 = METRICS["throughput_rps"], METRICS["latency_p95_ms"]

# Labels of the same users nearer than these shares of the axes are one.
NEAR = (0.08, 0.06)


def trade_off(subject: Subject, latency: Metric = P95) -> Figure:
    """Draw a latency over throughput; where a curve turns up, more users bring latency alone."""
    figure, (axes,) = sheet(subject, "Which latency comes with which throughput?")
    curves = {name: subject.latency_over_throughput(name, latency) for name in subject.shown}
    for name, curve in curves.items():
        line(axes, subject.looks[name], list(curve.values()))
    axes.set_xlim(0, 1.15 * subject.highest(RATE.name) or 1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: units.count(rate)))
    axes.set_xlabel(RATE.axis)
    log_axis(axes, latency.axis, least=10)
    _label_users(axes, curves.values())
    return reading(figure, subject, "beside the points: users")


def trade_off_variants(subject: Subject) -> dict[Choice, Figure]:
    """Draw the other percentiles over throughput."""
    return {
        Choice(percentile=metric.short): trade_off(subject, metric)
        for metric in METRICS.values()
        if metric.short in PERCENTILES and metric != P95
        if any(subject.latency_over_throughput(name, metric) for name in subject.shown)
    }


def _place(point: Point) -> tuple[float, float]:
    return point.load, point.spread.middle if point.spread else nan


def _label_users(axes: Axes, curves: Iterable[Mapping[int, Point]]) -> None:
    """Write the users beside each point, unless the same number stands there already."""
    labels: list[tuple[int, float, float]] = []
    for users, point in (each for curve in curves for each in curve.items()):
        across, up = axes.transAxes.inverted().transform(axes.transData.transform(_place(point)))
        near = [
            many for many, x, y in labels if abs(across - x) < NEAR[0] and abs(up - y) < NEAR[1]
        ]
        if users not in near:
            labels.append((users, across, up))
            text = units.count(users)
            axes.annotate(
                text, _place(point), (6, 4), textcoords="offset points", size=8, color=QUIET
            )

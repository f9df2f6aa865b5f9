"""The charts that every run has: throughput, its ratio, latency, errors, how far rounds differ."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.core import units
from harness.core.metrics import METRICS, Place, metrics_at
from harness.core.statistics import MARGIN
from harness.report.charts.axes import (
    failures,
    line,
    log_axis,
    markers,
    over_loads,
    reading,
    value_axis,
)
from harness.report.charts.data import Subject
from harness.report.charts.figure import BAND, INK, QUIET
from harness.report.wording import MARGIN_TEXT


def throughput(subject: Subject) -> Figure:
    """Draw requests per second over users, with the most that theory allows behind them."""
    figure, (axes,) = over_loads(subject, "How many requests per second are served?")
    for name, look in subject.looks.items():
        axes.plot(*subject.bounds(name), color=look.colour, linestyle=":", linewidth=1, alpha=0.8)
        line(axes, look, subject.points(name, "throughput_rps"))
    failures(axes, subject)
    # A bound far above everything measured would press the measurements to the floor.
    axes.set_ylim(0, 1.15 * subject.highest("throughput_rps") or 1)
    value_axis(axes, METRICS["throughput_rps"].axis, units.count)
    return reading(figure, subject, "dotted: the most that theory allows")


def ratio(subject: Subject) -> Figure:
    """Draw ASGI's throughput over that of the best WSGI deployment, over users."""
    figure, (axes,) = over_loads(subject, "Does ASGI serve more than the best WSGI?")
    reference = subject.reference
    wsgi = reference.deployment if reference else "WSGI"
    rivals = [name for name in subject.looks if subject.ratios(wsgi, name, 1)]
    points = {
        name: subject.ratios(wsgi, name, dodge) for name, dodge in subject.dodges(rivals).items()
    }
    axes.axhspan(1 / (1 + MARGIN), 1 + MARGIN, color=BAND, zorder=0)
    axes.axhline(1, color=QUIET, linewidth=1)
    for name, series in points.items():
        line(axes, subject.looks[name], series)
    if reference and reference.slots:
        _mark_slots(axes, reference.slots, wsgi)
    log_axis(axes, f"{METRICS['throughput_rps'].title}, ASGI / WSGI", least=4)
    return reading(figure, subject, f"WSGI = {wsgi}; grey: within {MARGIN_TEXT} of equal", points)


def latency(subject: Subject) -> Figure:
    """Draw the latency's percentiles over users, a panel each."""
    percentiles = [metric for metric in metrics_at(Place.TABLE) if metric.quantile]
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
    return reading(figure, subject)


def errors(subject: Subject) -> Figure:
    """Draw the share of failed requests over users."""
    figure, (axes,) = over_loads(subject, "How many requests fail?")
    for name, dodge in subject.dodges().items():
        line(axes, subject.looks[name], subject.points(name, "error_share", dodge))
    failures(axes, subject)
    top = max(0.01, 1.1 * subject.highest("error_share"))
    axes.set_ylim(-0.1 * top, top)
    value_axis(axes, METRICS["error_share"].axis, lambda share: f"{100 * share:g}%")
    return reading(figure, subject)


def rounds(subject: Subject) -> Figure:
    """Draw how far each round is off the middle of its cell: what a single run is worth."""
    figure, (axes,) = over_loads(subject, "How much do the rounds differ?")
    axes.axhspan(-100 * MARGIN, 100 * MARGIN, color=BAND, zorder=0)
    for name, dodge in subject.dodges().items():
        markers(axes, subject.looks[name], subject.deviations(name, dodge))
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, -200 * MARGIN), max(high, 200 * MARGIN))
    label = f"{METRICS['throughput_rps'].title}, deviation from the middle (%)"
    value_axis(axes, label, lambda deviation: f"{deviation:+g}%" if deviation else "0%")
    return reading(figure, subject, f"grey: within {MARGIN_TEXT} of the middle")


def _mark_slots(axes: Axes, slots: int, deployment: str) -> None:
    low, high = axes.get_xlim()
    if low <= slots <= high:
        axes.axvline(slots, color=QUIET, linewidth=1, linestyle=":")
        text = f"{deployment}: {units.count(slots)} slots"
        above = axes.get_xaxis_transform()
        axes.text(slots, 1.015, text, transform=above, ha="center", size=9, color=QUIET)

"""The charts that every run has: throughput, its ratio, latency, errors, how far rounds differ."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.core import units
from harness.core.metrics import METRICS, Place, metrics_at
from harness.core.statistics import MARGIN
from harness.report.charts.axes import (
    MOST_OF_NAME,
    PREDICTED,
    at_axis,
    failures,
    line,
    log_axis,
    markers,
    over_loads,
    plain,
    prediction,
    reading,
    value_axis,
)
from harness.report.charts.colours import BAND, INK, QUIET
from harness.report.charts.data import Subject
from harness.report.charts.drawing import Choice
from harness.report.charts.line_names import name_ends, named
from harness.report.charts.relative import relative
from harness.report.charts.words import short
from harness.report.wording import MARGIN_TEXT

RATE_QUESTION = "How many requests per second are served?"
LATENCY_QUESTION = "How long does a request take?"
PERCENTILES = tuple(metric for metric in metrics_at(Place.TABLE) if metric.quantile)


def throughput(subject: Subject, log: bool = False) -> Figure:
    """Draw requests per second over users, behind them what is predicted and what theory allows."""
    figure, (axes,) = over_loads(subject, RATE_QUESTION)
    prediction(axes, subject, "throughput_rps")
    points = {name: subject.points(name, "throughput_rps") for name in subject.shown}
    for name, series in points.items():
        look = subject.looks[name]
        loads, most = subject.bounds(name)
        axes.plot(
            loads, most, color=look.colour, linestyle=":", linewidth=1, alpha=0.8, gid=look.key
        )
        line(axes, look, series)
    failures(axes, subject)
    # A bound far above everything measured would press the measurements to the floor.
    highest = subject.highest("throughput_rps") or 1
    if log:
        axes.set_ylim((subject.lowest("throughput_rps") or 1) / 1.15, 1.15 * highest)
        log_axis(axes, METRICS["throughput_rps"].axis, least=10)
    else:
        axes.set_ylim(0, 1.15 * highest)
        value_axis(axes, METRICS["throughput_rps"].axis, plain)
    name_ends(axes, subject, points)
    return reading(
        figure,
        subject,
        "dotted: the most that theory allows",
        last=PREDICTED if subject.predictions else "",
        at_ends=named(subject, points),
    )


def throughput_variants(subject: Subject) -> dict[Choice, Figure]:
    """Draw requests per second on a logarithmic axis, and over those of the reference."""
    ratios = relative(subject, RATE_QUESTION, [METRICS["throughput_rps"]])
    return {Choice("log"): throughput(subject, log=True)} | _if_any(ratios)


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
    if reference and reference.slots and not subject.one_load:
        _mark_slots(axes, reference.slots, wsgi)
    log_axis(axes, f"{METRICS['throughput_rps'].title}, ASGI / WSGI", least=4)
    name_ends(axes, subject, points)
    more = f"WSGI = {wsgi}; grey: within {MARGIN_TEXT} of equal"
    return reading(figure, subject, more, points, at_ends=named(subject, points))


def latency(subject: Subject, log: bool = True) -> Figure:
    """Draw the latency's percentiles over users, a panel each, behind them what is predicted."""
    figure, panels = over_loads(subject, LATENCY_QUESTION, columns=len(PERCENTILES))
    for axes, metric in zip(panels, PERCENTILES, strict=True):
        axes.set_title(metric.short, fontsize=10.5, color=INK)
        prediction(axes, subject, metric.name)
        for name, look in subject.looks.items():
            line(axes, look, subject.points(name, metric.name))
        failures(axes, subject)
        if not any(metric.name in sample.metrics for sample in subject.samples):
            axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center")
    label = f"latency ({PERCENTILES[0].unit.symbol})"
    if log:
        log_axis(panels[0], label, least=10)
    else:
        panels[0].set_ylim(bottom=0)
        value_axis(panels[0], label, plain)
    timed = any(each.percentiles for each in subject.predictions)
    last = PREDICTED if timed else ""
    return reading(figure, subject, last=last, at_ends=at_axis(subject))


def latency_variants(subject: Subject) -> dict[Choice, Figure]:
    """Draw the latency's percentiles on a linear axis, and over those of the reference."""
    ratios = relative(subject, LATENCY_QUESTION, PERCENTILES)
    return {Choice("linear"): latency(subject, log=False)} | _if_any(ratios)


def _if_any(ratios: Figure | None) -> dict[Choice, Figure]:
    return {Choice("ratio"): ratios} if ratios else {}


def errors(subject: Subject) -> Figure:
    """Draw the share of failed requests over users."""
    figure, (axes,) = over_loads(subject, "How many requests fail?")
    points = {
        name: subject.points(name, "error_share", dodge) for name, dodge in subject.dodges().items()
    }
    for name, series in points.items():
        line(axes, subject.looks[name], series)
    failures(axes, subject)
    top = max(0.01, 1.1 * subject.highest("error_share"))
    axes.set_ylim(-0.1 * top, top)
    value_axis(axes, METRICS["error_share"].axis, lambda share: f"{100 * share:g}%")
    name_ends(axes, subject, points)
    return reading(figure, subject, at_ends=named(subject, points))


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
    more = f"grey: within {MARGIN_TEXT} of the middle"
    return reading(figure, subject, more, at_ends=at_axis(subject))


def _mark_slots(axes: Axes, slots: int, deployment: str) -> None:
    low, high = axes.get_xlim()
    if low <= slots <= high:
        axes.axvline(slots, color=QUIET, linewidth=1, linestyle=":")
        text = f"{short(deployment, MOST_OF_NAME)}: {units.count(slots)} slots"
        above = axes.get_xaxis_transform()
        axes.text(slots, 1.015, text, transform=above, ha="center", size=9, color=QUIET)

"""What charts have on their axes: loads, lines with their spread, marks, the key."""

from collections.abc import Callable, Collection, Sequence
from math import nan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    Locator,
    LogLocator,
    MaxNLocator,
    NullLocator,
)

from harness.core import units
from harness.report.charts import data
from harness.report.charts.data import Look, Point, Subject
from harness.report.charts.figure import LOADS, explain, sheet
from harness.report.wording import KEY, over

MODELS = {
    "closed": "Closed loop: a client sends again only after its answer",
    "open": "Open loop: Poisson arrivals; latency counts from when a request was due",
}


def over_loads(
    subject: Subject, question: str, columns: int = 1, sharey: bool = True
) -> tuple[Figure, list[Axes]]:
    """Return a sheet whose panels have the loads of the subject on a logarithmic axis."""
    figure, panels = sheet(subject, question, columns, sharey=sharey)
    levels = subject.levels
    room = 1.2 * max(1.25, *subject.dodges().values())
    for axes in panels:
        axes.set_xscale("log")
        axes.set_xlim(levels[0] / room, levels[-1] * room)
        axes.xaxis.set_major_locator(_load_ticks(subject, columns))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: units.count(value)))
        axes.set_xlabel(LOADS[subject.model][columns > 1])
    return figure, panels


def _load_ticks(subject: Subject, columns: int) -> Locator:
    """Return ticks at the loads of the plan; the rates of an open loop are as they come."""
    if subject.model == "open":
        return LogLocator(subs=(1, 2, 5), numticks=9)
    return FixedLocator(data.apart(subject.levels, 0.1 * columns))


def line(axes: Axes, look: Look, points: Sequence[Point]) -> None:
    """Draw one deployment: its middles joined, its spreads as bars, flagged points hollow."""
    # A load without a measurement breaks the line; so does a lower bound, which would bend it down.
    spreads = [point.spread if point.mark != "≥" else None for point in points]
    middles = [spread.middle if spread else nan for spread in spreads]
    users = [point.load for point in points]
    axes.plot(users, middles, color=look.colour, linestyle=(0, look.dashes or None))
    bars(axes, look, points, width=5)
    markers(axes, look, points)
    _marks(axes, look, points)


def bars(axes: Axes, look: Look, points: Sequence[Point], width: float) -> None:
    """Draw the spread of each point as an upright bar; `width` in points."""
    for point in points:
        if point.spread:
            axes.vlines(
                point.load,
                point.spread.low,
                point.spread.high,
                color=look.colour,
                linewidth=width,
                alpha=0.35,
            )


def markers(axes: Axes, look: Look, points: Sequence[Point], size: float = 34) -> None:
    """Draw the middles alone, those of flagged points hollow; `size` in square points."""
    measured = [(point, point.spread.middle) for point in points if point.spread]
    axes.scatter(
        [point.load for point, _ in measured],
        [middle for _, middle in measured],
        marker=look.marker,
        s=size,
        facecolors=["white" if point.doubted else look.colour for point, _ in measured],
        edgecolors=look.colour,
        linewidths=1.3,
        zorder=4,
    )


def _marks(axes: Axes, look: Look, points: Sequence[Point]) -> None:
    for point in points:
        if point.mark and point.spread:
            axes.annotate(
                point.mark,
                (point.load, point.spread.low),
                xytext=(0, -5),
                textcoords="offset points",
                ha="center",
                va="top",
                color=look.colour,
                size=11,
            )


def failures(axes: Axes, subject: Subject) -> None:
    """Draw an x at the bottom for each load at which every round of a deployment failed."""
    for name, dodge in subject.dodges().items():
        users = [users * dodge for users in subject.failed(name)]
        axes.scatter(
            users,
            [0.04] * len(users),
            marker="x",
            s=60,
            linewidths=2,
            color=subject.looks[name].colour,
            transform=axes.get_xaxis_transform(),
        )


def value_axis(axes: Axes, label: str, text: Callable[[float], str]) -> None:
    """Label the axis of values and print each tick by `text`."""
    axes.set_ylabel(label)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))


def log_axis(axes: Axes, label: str, least: float) -> None:
    """Make the values logarithmic, over at least a factor `least`, so that ticks stay legible."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if low <= 0:  # nothing is drawn yet
        low, high = 1, least
    room = max(1.1, (least * low / high) ** 0.5)
    axes.set_ylim(low / room, high * room)
    axes.set_ylabel(label)
    subs = (1, 2, 5) if high / low > 30 else (1, 1.5, 2, 3, 4, 5, 6, 8)
    axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=20))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}"))


def reading(
    figure: Figure, subject: Subject, more: str = "", subset: Collection[str] | None = None
) -> Figure:
    """Write below a chart how to read it, with the key of the deployments of `subset` (all)."""
    marks = "; ".join(filter(None, (KEY, more)))
    text = f"{MODELS[subject.model]}; {over(subject.rounds)}\n{marks}"
    return explain(figure, text, deployment_keys(subject, subset))


def deployment_keys(subject: Subject, subset: Collection[str] | None = None) -> list[Line2D]:
    """Return how each of the deployments of `subset` (all) is drawn, for the key of a chart.

    A deployment that the scenario does not run against has none.
    """
    return [
        Line2D([], [], color=look.colour, marker=look.marker, dashes=look.dashes, label=name)
        for name, look in subject.looks.items()
        if subject.samples_of(name) and (subset is None or name in subset)
    ]

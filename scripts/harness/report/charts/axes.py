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
from harness.core.labels import load
from harness.report.charts import data
from harness.report.charts.data import Point, Subject
from harness.report.charts.figure import LOADS, explain, sheet
from harness.report.charts.looks import Look
from harness.report.charts.words import Series, short
from harness.report.wording import KEY, over

PREDICTED = "pale: predicted from the CPU time per request at one load step"

# Between loads further apart than this factor a line would look like measurements.
FAR_APART = 5

# Longer names leave no room for what is drawn.
MOST_OF_NAME = 24

# More names than these hide each other at the axis.
MOST_AT_AXIS = 26

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
        axes.xaxis.set_minor_locator(NullLocator())
        if subject.one_load:
            _name_ticks(axes, subject)
        else:
            axes.xaxis.set_major_locator(_load_ticks(subject, columns))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: units.count(value)))
            axes.set_xlabel(LOADS[subject.model][columns > 1])
    return figure, panels


def at_axis(subject: Subject) -> bool:
    """Return whether each deployment has its name at the axis: at one load, where there is room."""
    return subject.one_load and len(subject.shown) <= MOST_AT_AXIS


def _name_ticks(axes: Axes, subject: Subject) -> None:
    """Write at each place whose it is, where there is room: there is one load alone."""
    (level,) = subject.levels
    axes.set_xlabel(f"at {load(subject.samples[0])}")
    if not at_axis(subject):
        axes.set_xticks([])
        return
    places = [level * dodge for dodge in subject.dodges().values()]
    names = [short(name, MOST_OF_NAME) for name in subject.dodges()]
    axes.set_xticks(places, names, rotation=35, ha="right", rotation_mode="anchor", fontsize=8.5)


def _load_ticks(subject: Subject, columns: int) -> Locator:
    """Return ticks at the loads of the plan; the rates of an open loop are as they come."""
    if subject.model == "open":
        return LogLocator(subs=(1, 2, 5), numticks=9)
    return FixedLocator(data.apart(subject.levels, 0.1 * columns))


def line(axes: Axes, look: Look, points: Sequence[Point], far_apart: float = FAR_APART) -> None:
    """Draw one deployment: its middles joined, its spreads as bars, flagged points hollow.

    Middles are joined up to a factor `far_apart` between them.
    """
    style = (0, look.dashes or None)
    axes.plot(*_joined(points, far_apart), color=look.colour, linestyle=style, gid=look.key)
    bars(axes, look, points, width=5)
    markers(axes, look, points)
    _marks(axes, look, points)


def _joined(points: Sequence[Point], far_apart: float) -> tuple[list[float], list[float]]:
    """Return loads and middles, with gaps where a line would look like measurements.

    That is at a load without a measurement, at a lower bound, which would bend the line down, and
    between loads that are far apart.
    """
    loads: list[float] = []
    middles: list[float] = []
    for point in points:
        if loads and point.load > far_apart * loads[-1]:
            loads.append(loads[-1])
            middles.append(nan)
        loads.append(point.load)
        middles.append(point.spread.middle if point.spread and point.mark != "≥" else nan)
    return loads, middles


def prediction(axes: Axes, subject: Subject, metric: str) -> None:
    """Draw what the model predicts of a metric, behind all points."""
    for name, look in subject.looks.items():
        curve = subject.prediction(name, metric)
        axes.plot(*curve, color=look.colour, linewidth=4, alpha=0.25, zorder=0.5, gid=look.key)


def bars(axes: Axes, look: Look, points: Sequence[Point], width: float) -> None:
    """Draw the spread of each point as an upright bar; `width` in points."""
    # One line with gaps takes a fraction of the room of many on the page.
    spreads = [(point.load, point.spread) for point in points if point.spread]
    loads = [place for load, _ in spreads for place in (load, load, nan)]
    ends = [end for _, spread in spreads for end in (spread.low, spread.high, nan)]
    axes.plot(
        loads,
        ends,
        color=look.colour,
        linewidth=width,
        alpha=0.35,
        solid_capstyle="butt",
        gid=look.key,
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
        gid=Series.of(look.key, (point.words for point, _ in measured)),
    )


def _marks(axes: Axes, look: Look, points: Sequence[Point]) -> None:
    """Write what a point's mark is below it; a lower bound has an arrow upwards instead."""
    for point in points:
        if point.spread and point.mark == "≥":
            _arrow(axes, look, (point.load, point.spread.middle))
        elif point.spread and point.mark:
            axes.annotate(
                point.mark,
                (point.load, point.spread.low),
                xytext=(0, -5),
                textcoords="offset points",
                ha="center",
                va="top",
                color=look.colour,
                size=11,
                gid=look.key,
            )


def _arrow(axes: Axes, look: Look, point: tuple[float, float]) -> None:
    style = {"arrowstyle": "<-", "color": look.colour, "gid": look.key, "linewidth": 1.6}
    axes.annotate("", point, (0, 22), textcoords="offset points", arrowprops=style)


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
            gid=subject.looks[name].key,
        )


def value_axis(axes: Axes, label: str, text: Callable[[float], str]) -> None:
    """Label the axis of values and print each tick by `text`."""
    axes.set_ylabel(label)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))


def plain(value: float) -> str:
    """Return a value as a tick has it: as it is, thousands set apart."""
    return f"{value:,.12g}"


def log_axis(axes: Axes, label: str, least: float) -> None:
    """Make the values logarithmic, over at least a factor `least`, so that ticks stay legible."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if low <= 0:  # nothing is drawn yet
        low, high = 1, least
    room = max(1.1, (least * low / high) ** 0.5)
    axes.set_ylim(low / room, high * room)
    axes.set_ylabel(label)
    subs: tuple[float, ...] = (1, 1.5, 2, 3, 4, 5, 6, 8)
    if high / low > 30:
        subs = (1, 2, 5) if high / low < 10_000 else (1,)
    axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=20))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))


def reading(
    figure: Figure,
    subject: Subject,
    more: str = "",
    subset: Collection[str] | None = None,
    last: str = "",
    at_ends: bool = False,
) -> Figure:
    """Write below a chart how to read it, with the key of the deployments of `subset` (all).

    `more` stands beside the marks, `last` in a line of its own. No key where the names stand
    `at_ends` of lines.
    """
    marks = "; ".join(filter(None, (KEY, more)))
    lines = (f"{MODELS[subject.model]}; {over(subject.rounds)}", marks, last)
    keys = [] if at_ends else deployment_keys(subject, subset)
    return explain(figure, "\n".join(filter(None, lines)), keys)


def deployment_keys(subject: Subject, subset: Collection[str] | None = None) -> list[Line2D]:
    """Return how each of the deployments of `subset` (all) is drawn, for the key of a chart.

    A deployment that the scenario does not run against has none.
    """
    return [
        Line2D(
            [],
            [],
            color=look.colour,
            marker=look.marker,
            dashes=look.dashes,
            label=short(name, MOST_OF_NAME),
        )
        for name, look in subject.looks.items()
        if name in subject.shown and (subset is None or name in subset)
    ]

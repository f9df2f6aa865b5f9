"""Draw what many clients come to: who serves them in time, and how they arrive."""

from collections.abc import Sequence
from math import nan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from harness.core import units
from harness.core.metrics import SERVED
from harness.core.summary import Timeline
from harness.report.charts.axes import (
    failures,
    line,
    over_loads,
    reading,
    value_axis,
)
from harness.report.charts.colours import INK
from harness.report.charts.data import Subject
from harness.report.charts.figure import explain, sheet
from harness.report.charts.line_names import name_ends, named
from harness.report.charts.words import Series, Words

CONNECTIONS = "#56B4E9"
IN_FLIGHT = "#D55E00"
ANSWERS = "#009E73"
STOPPED = "#BBBBBB"


def served(subject: Subject) -> Figure:
    """Draw the share of requests that were answered within the scenario's objective."""
    question = (
        f"How many requests are served within {units.milliseconds(subject.objective_ms or 0)}?"
    )
    figure, (axes,) = over_loads(subject, question)
    points = {name: subject.served(name, dodge) for name, dodge in subject.dodges().items()}
    for name, series in points.items():
        look = subject.looks[name]
        line(axes, look, series)
        if most := subject.most_in_time(name):
            axes.vlines(most, 0, 100, color=look.colour, linestyle=":", linewidth=1.2, gid=look.key)
    failures(axes, subject)
    axes.set_ylim(-5, 105)
    value_axis(axes, SERVED.axis, lambda share: f"{share:g}%")
    name_ends(axes, subject, points)
    text = "failed, late and unanswered requests count as not served"
    if any(subject.most_in_time(name) for name in subject.looks):
        text += "\ndotted: the most clients that can be served in time, by theory"
    return reading(figure, subject, text, at_ends=named(subject, points))


def timeline(subject: Subject) -> Figure:
    """Draw one deployment second by second: connections and requests in flight, and answers."""
    (story,) = subject.timelines
    question = f"How do the clients of {story.deployment} arrive?"
    figure, (above, below) = sheet(subject, question, rows=2, sharey=False)
    held = _words(story, "connections", story.connections)
    above.plot(story.seconds, story.connections, color=CONNECTIONS, linewidth=3, gid=held)
    in_flight = [nan if many is None else many for many in story.in_flight]
    open_requests = _words(story, "requests in flight", story.in_flight)
    above.plot(story.seconds, in_flight, color=IN_FLIGHT, linestyle="--", gid=open_requests)
    answers = _words(story, "answers per second", story.answers_rps)
    below.plot(story.seconds, story.answers_rps, color=ANSWERS, gid=answers)
    _stops(above, below, story)
    _label(above, story, "connections, requests", "")
    _label(below, story, "answers per second", "seconds since the first request")
    keys = [
        Line2D([], [], color=CONNECTIONS, linewidth=3, label="established connections (kernel)"),
        Line2D([], [], color=IN_FLIGHT, linestyle="--", label="requests in flight"),
        Line2D([], [], color=ANSWERS, label="answers per second"),
        *([Patch(color=STOPPED, label="the server's process stood still")] if story.stops else []),
    ]
    text = "One block, from its first request to its last answer; in flight: while all have a row"
    return explain(figure, text, keys)


def _words(story: Timeline, series: str, values: Sequence[float | None]) -> Series:
    """Return the values of each second in words."""
    return Series.of(
        "line",
        (
            Words(series, f"{second:g} s", units.count(many))
            for second, many in zip(story.seconds, values, strict=True)
            if many is not None
        ),
    )


def _stops(above: Axes, below: Axes, story: Timeline) -> None:
    """Shade the stops in both panels, each at least as wide as can be seen."""
    least_s = story.seconds[-1] / 500
    for stop in story.stops:
        until_s = max(stop.until_s, stop.at_s + least_s)
        for axes in (above, below):
            axes.axvspan(stop.at_s, until_s, color=STOPPED, linewidth=0, zorder=0)


def _label(axes: Axes, story: Timeline, label: str, under: str) -> None:
    value_axis(axes, label, units.count)
    axes.set_xlim(0, story.seconds[-1])
    axes.set_ylim(bottom=0)
    axes.set_xlabel(under, color=INK)

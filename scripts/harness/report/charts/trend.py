"""Draw the runs of a plan in time: a row per deployment and scenario, a panel per metric."""

from collections.abc import Mapping, Sequence
from math import nan
from string import ascii_uppercase
from textwrap import shorten

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness.core import units
from harness.core.metrics import Place, metrics_at
from harness.report.charts.axes import bars, markers, value_axis
from harness.report.charts.colours import INK, QUIET
from harness.report.charts.data import Point
from harness.report.charts.figure import blank, explain
from harness.report.charts.looks import ASGI, WSGI, Look
from harness.runs.trends import Course, Level, Line, Stretch, Trend

LOOKS = {"wsgi": WSGI[0], "asgi": ASGI[0]}

# Noise of a few percent must not fill a panel: at least this share of the values is its height.
LEAST_HEIGHT = 0.3

ROW_HEIGHT_IN = 1.35
TEXT_HEIGHT_IN = 1.7
MARK_HEIGHT_IN = 0.16

# Marks that the key has room for; all of them are in the table.
MOST_MARKS = 8
MOST_LETTERS = 105

# Square points: a hundred runs stand beside each other in a panel.
MARKER = 9

READING = (
    "Median and range over the rounds of a run; hollow = flagged; dotted = facts changed",
    "Black: levels, with the factor where one changed; a trend, not a verdict",
)


def over_runs(trend: Trend) -> Figure:
    """Draw a course per row: a gap with a mark where facts changed, and levels if there are any."""
    headings = [metric.axis for metric in metrics_at(Place.TREND)]
    rows = max(1, len(trend.courses))
    columns = len(headings)
    title = f"How have the runs of plan {trend.plan} changed over time?"
    figure, panels = blank(title, columns, rows, sharey=False)
    marks = dict(zip(ascii_uppercase, trend.stretches[1:][-MOST_MARKS:], strict=False))
    text_in = TEXT_HEIGHT_IN + MARK_HEIGHT_IN * len(marks)
    figure.set_figheight(ROW_HEIGHT_IN * rows + text_in)
    for n, axes in enumerate(panels[: len(trend.courses) * columns]):
        course = trend.courses[n // columns]
        _panel(axes, trend, course.lines[n % columns], LOOKS[course.cell.interface])
        for letter, stretch in marks.items():
            _write(axes, _cut(stretch), letter, QUIET)
    for axes, course in zip(panels[::columns], trend.courses, strict=False):
        axes.set_title(course.cell.label, loc="left", fontsize=9.5, color=INK)
    for axes, heading in zip(panels, headings, strict=False):
        axes.annotate(heading, (0.5, 1), (0, 24), "axes fraction", "offset points", ha="center")
    for axes in panels[-columns:]:
        axes.set_xticks(*_days(trend.days), fontsize=8)
        axes.set_xlabel("runs, in the order of their start", fontsize=9)
    return explain(figure, _reading(marks), _keys(trend.courses))


def _panel(axes: Axes, trend: Trend, line: Line, look: Look) -> None:
    """Draw one line: each stretch by itself, its levels, the marks between."""
    for stretch in trend.stretches:
        _stretch(axes, line, stretch, look)
    axes.set_xlim(-0.7, len(trend.runs) - 0.3)
    axes.set_xticks([0, len(trend.runs) - 1], ["", ""])
    _room(axes)
    for level in line.levels:
        _level(axes, level)
    value_axis(axes, "", lambda value: f"{value:,.6g}")
    axes.tick_params(axis="y", labelsize=8)


def _stretch(axes: Axes, line: Line, stretch: Stretch, look: Look) -> None:
    """Draw the runs of equal facts, joined, and the mark in front of them."""
    runs = range(stretch.first, stretch.end)
    points = [Point(n, line.spreads[n], line.doubted[n]) for n in runs]
    middles = [point.spread.middle if point.spread else nan for point in points]
    axes.plot(runs, middles, color=look.colour, linewidth=0.8, alpha=0.6)
    bars(axes, look, points, width=2.2)
    markers(axes, look, points, MARKER)
    if stretch.changed:
        axes.axvline(_cut(stretch), color=QUIET, linewidth=1, linestyle=":")


def _level(axes: Axes, level: Level) -> None:
    """Draw a level, and where it is another than before, by which factor."""
    axes.hlines(level.middle, level.first, level.last, color=INK, linewidth=1.1, zorder=5)
    if level.ratio is not None:
        axes.axvline(level.first - 0.5, color=INK, linewidth=1)
        _write(axes, level.first - 0.5, f"{units.factor(level.ratio)}x", INK)


def _write(axes: Axes, at: float, text: str, colour: str) -> None:
    """Write beside the top of an upright mark."""
    place = axes.get_xaxis_transform()
    axes.annotate(text, (at, 1), (2, -1), place, "offset points", va="top", size=8, color=colour)


def _cut(stretch: Stretch) -> float:
    """Return the place between a stretch and the one before."""
    return stretch.first - 0.5


def _days(days: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return the ticks of the first and of the last run, and their days."""
    ends = [0] if len(days) == 1 else [0, len(days) - 1]
    return ends, [days[n] for n in ends]


def _room(axes: Axes) -> None:
    """Widen the values to the least height, and leave room above for what is written there."""
    low, high = axes.get_ylim()
    middle = (low + high) / 2
    half = max((high - low) / 2, LEAST_HEIGHT / 2 * middle)
    axes.set_ylim(middle - half, middle + 1.35 * half)


def _reading(marks: Mapping[str, Stretch]) -> str:
    """Return how to read the panels, and what changed at each mark."""
    changes = (f"{letter}: {', '.join(stretch.changed)}" for letter, stretch in marks.items())
    return "\n".join((*READING, *(shorten(change, MOST_LETTERS) for change in changes)))


def _keys(courses: Sequence[Course]) -> list[Line2D]:
    looks = {course.cell.interface: LOOKS[course.cell.interface] for course in courses}
    return [
        Line2D([], [], color=look.colour, marker=look.marker, linewidth=0.8, label=name.upper())
        for name, look in looks.items()
    ]

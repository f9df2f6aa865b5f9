"""Draw the runs of a plan in time: a row per deployment and scenario, a panel per metric."""

from collections.abc import Sequence
from string import ascii_uppercase

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from harness import units
from harness.series import ASGI, WSGI, Look, Point
from harness.sheet import INK, QUIET, blank, explain
from harness.strokes import line, value_axis
from harness.trends import TITLES, Course, Level, Line, Stretch, Trend

LOOKS = {"wsgi": WSGI[0], "asgi": ASGI[0]}

# Noise of a few percent must not fill a panel: at least this share of the values is its height.
LEAST_HEIGHT = 0.3

ROW_HEIGHT_IN, WORDS_HEIGHT_IN, MARK_HEIGHT_IN = 1.45, 1.5, 0.16

# Marks that the key has room for; all of them are in the table.
MOST_MARKS = 8
MOST_LETTERS = 105


def over_runs(trend: Trend) -> Figure:
    """Draw a course per row; a gap with a mark where facts changed, levels where they are known."""
    rows = max(1, len(trend.courses))
    title = f"How do runs of the plan {trend.plan} differ in time?"
    figure, panels = blank(title, len(TITLES), rows, sharey=False)
    marked = trend.stretches[1:][-MOST_MARKS:]
    figure.set_figheight(
        ROW_HEIGHT_IN * rows + WORDS_HEIGHT_IN + MARK_HEIGHT_IN * len(marked),
    )
    for course, first in zip(trend.courses, range(0, len(panels), len(TITLES)), strict=False):
        _course(panels[first : first + len(TITLES)], trend, course)
    for axes, title in zip(panels, TITLES.values(), strict=False):
        axes.annotate(
            title,
            (0.5, 1),
            xytext=(0, 24),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="center",
            color=INK,
        )
        for stretch, letter in zip(marked, ascii_uppercase, strict=False):
            above = axes.get_xaxis_transform()
            axes.text(_cut(stretch), 1.0, letter, transform=above, ha="center", size=8, color=QUIET)
    for axes in panels[-len(TITLES) :]:
        axes.set_xlabel("runs, in the order of their start")
    return explain(figure, _words(marked), _keys(trend.courses))


def _course(panels: Sequence[Axes], trend: Trend, course: Course) -> None:
    panels[0].set_title(course.named, loc="left", fontsize=9.5, color=INK)
    for axes, of in zip(panels, course.lines, strict=True):
        _panel(axes, trend, of, LOOKS[course.interface])


def _panel(axes: Axes, trend: Trend, of: Line, look: Look) -> None:
    """Draw one line: each stretch by itself, its levels, the marks between."""
    for stretch in trend.stretches:
        runs = range(stretch.first, stretch.end)
        line(axes, look, [Point(n, of.spreads[n], of.doubted[n]) for n in runs])
        if stretch.changed:
            axes.axvline(_cut(stretch), color=QUIET, linewidth=1, linestyle=":")
    last = len(trend.runs) - 1
    axes.set_xlim(-0.7, last + 0.7)
    axes.set_xticks(*_days(trend.days), fontsize=8)
    _room(axes)
    for level in of.levels:
        _level(axes, level)
    value_axis(axes, "", lambda value: units.significant(value, 4))
    axes.tick_params(axis="y", labelsize=8)


def _level(axes: Axes, level: Level) -> None:
    """Draw a level, and where it is another than before, by which factor."""
    axes.hlines(level.middle, level.first, level.last, color=INK, linewidth=1.1, zorder=5)
    if level.ratio is not None:
        axes.axvline(level.first - 0.5, color=INK, linewidth=1)
        axes.annotate(
            f"{units.factor(level.ratio)}x",
            (level.first - 0.5, 1),
            xytext=(2, -2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            va="top",
            size=8,
            color=INK,
        )


def _cut(stretch: Stretch) -> float:
    return stretch.first - 0.5


def _days(days: Sequence[str]) -> tuple[list[int], list[str]]:
    """Tell the days of the first and of the last run."""
    ends = [0] if len(days) == 1 else [0, len(days) - 1]
    return ends, [days[n] for n in ends]


def _room(axes: Axes) -> None:
    """Widen the values to the least height, and leave room above for what is written there."""
    low, high = axes.get_ylim()
    middle, half = (low + high) / 2, (high - low) / 2
    half = max(half, LEAST_HEIGHT / 2 * middle)
    axes.set_ylim(middle - half, middle + 1.35 * half)


def _words(marked: Sequence[Stretch]) -> str:
    """Tell how to read the panels, and what changed at each mark."""
    named = (
        f"{letter}: {', '.join(stretch.changed)}"
        for letter, stretch in zip(ascii_uppercase, marked, strict=False)
    )
    short = (text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]} ..." for text in named)
    return "\n".join(
        (
            "Median and range over the rounds of a run; hollow = doubted; dotted = facts changed",
            "Black: levels and, by a factor, where they changed; a trend and no verdict",
            *short,
        )
    )


def _keys(courses: Sequence[Course]) -> list[Line2D]:
    shown = dict.fromkeys(course.interface for course in courses)
    return [
        Line2D(
            *([], []),
            color=LOOKS[interface].colour,
            marker=LOOKS[interface].marker,
            dashes=LOOKS[interface].dashes,
            label=interface.upper(),
        )
        for interface in shown
    ]

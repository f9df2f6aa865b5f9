"""Write the names of deployments at the ends of their lines, which needs no key."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from matplotlib.axes import Axes

from harness.report.charts.axes import MOST_OF_NAME, at_axis
from harness.report.charts.colours import INK
from harness.report.charts.data import Point, Subject
from harness.report.charts.looks import Look
from harness.report.charts.words import short

# More names than these leave no room for the lines.
MOST_AT_ENDS = 8

# How high a name is, as a share of the axes.
LINE_OF_TEXT = 0.062

# Deployments that stand beside each other are at most this factor apart at one load.
SAME_LOAD = 1.5


def named(subject: Subject, names: Collection[str]) -> bool:
    """Return whether these deployments are named on their axes: at lines, or at the one load."""
    return at_axis(subject) or (not subject.one_load and few(names))


def few(names: Collection[str]) -> bool:
    """Return whether there is room for these names at the ends of their lines."""
    return len(names) <= MOST_AT_ENDS


def name_ends(axes: Axes, subject: Subject, series: Mapping[str, Sequence[Point]]) -> None:
    """Write each deployment's name at the end of its line over the loads, where there is room."""
    if not subject.one_load and few(series):
        write_names(axes, subject, series)


def write_names(axes: Axes, subject: Subject, series: Mapping[str, Sequence[Point]]) -> None:
    """Write each deployment's name at the end of its line.

    Call it when the axes have their limits: names that would hide each other are set apart.
    """
    ends = {name: end for name, points in series.items() if (end := _end(points))}
    last = max((users for users, _ in ends.values()), default=0)
    outside = {name: _height(axes, end) for name, end in ends.items() if end[0] > last / SAME_LOAD}
    for name, end in ends.items():
        if name not in outside:
            _name_inside(axes, subject.looks[name], name, end)
    rising = sorted(outside, key=lambda name: outside[name])
    for name, height in zip(rising, _apart(outside.values()), strict=True):
        _name_outside(axes, subject.looks[name], name, ends[name], height)


def _end(points: Sequence[Point]) -> tuple[float, float] | None:
    """Return the last point with a value."""
    ends = [(point.load, point.spread.middle) for point in points if point.spread]
    return ends[-1] if ends else None


def _height(axes: Axes, point: tuple[float, float]) -> float:
    """Return how high a point stands, as a share of the height of the axes."""
    return float(axes.transAxes.inverted().transform(axes.transData.transform(point))[1])


def _apart(heights: Iterable[float]) -> list[float]:
    """Return heights, rising, far enough apart for a line of text each, and none above the top."""
    apart: list[float] = []
    for height in sorted(heights):
        apart.append(max(height, apart[-1] + LINE_OF_TEXT) if apart else max(height, 0.0))
    top = 1.0
    for place in reversed(range(len(apart))):
        apart[place] = min(apart[place], top)
        top = apart[place] - LINE_OF_TEXT
    return apart


def _name_inside(axes: Axes, look: Look, name: str, end: tuple[float, float]) -> None:
    """Write a name above and beside a point with nothing of its line after it."""
    axes.annotate(
        short(name, MOST_OF_NAME),
        end,
        (4, 4),
        textcoords="offset points",
        va="bottom",
        size=9,
        color=INK,
        gid=look.key,
    )


def _name_outside(
    axes: Axes, look: Look, name: str, end: tuple[float, float], height: float
) -> None:
    """Write a name beside the axes, with a thin line to the point."""
    leader = {
        "arrowstyle": "-",
        "color": look.colour,
        "gid": look.key,
        "linewidth": 0.8,
        "relpos": (0, 0.5),
        "shrinkA": 0,
        "shrinkB": 5,
    }
    axes.annotate(
        short(name, MOST_OF_NAME),
        end,
        (1.02, height),
        textcoords="axes fraction",
        va="center",
        size=9,
        color=INK,
        gid=look.key,
        arrowprops=leader,
        annotation_clip=False,
    )

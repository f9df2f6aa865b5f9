"""Draw what each server of an advice holds, and at what price in memory."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harness.core import units
from harness.core.advice import Advice, Verification
from harness.core.metrics import COUNT, MEMORY
from harness.core.summary import Spread
from harness.report.charts.axes import bars, deployment_keys, markers, value_axis
from harness.report.charts.colours import QUIET
from harness.report.charts.data import Point, Subject
from harness.report.charts.figure import explain, sheet
from harness.report.charts.looks import Look
from harness.report.charts.words import Words, value

RING = 160
"""The ring around what is recommended, in square points."""


def frontier(subject: Subject, advice: Advice) -> Figure:
    """Draw a point for each server: what lies above and left of another holds more with less.

    A bar is the range over fresh starts, a dash the forecast, the ring what is recommended.
    """
    figure, (axes,) = sheet(subject, "Who holds more users, with how much memory?")
    servers = {each.name: each for each in advice.verifications}
    points = points_of(advice)
    for name, point in points.items():
        _server(axes, subject.looks[name], point, servers[name], name == advice.recommended)
    axes.axhline(advice.case.users, color=QUIET, linewidth=1, linestyle=":")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda mib, _: units.count(mib)))
    axes.set_xlabel(MEMORY.axis)
    value_axis(axes, "users held within the objective", units.count)
    reading = (
        "Median and range of fresh starts; memory at the highest load step that was held\n"
        "dash: forecast; ring: recommended; hollow = some trials flagged; dotted: expected load"
    )
    return explain(figure, reading, deployment_keys(subject, points))


def points_of(advice: Advice) -> Mapping[str, Point]:
    """Return a point for each server that held something, over the memory that it took."""
    return {
        server.name: _point(server, at.memory_mib, reach.spread)
        for server in advice.verifications
        if (reach := server.reach) and (at := server.at) and at.memory_mib is not None
    }


def _point(server: Verification, memory_mib: float, spread: Spread) -> Point:
    flagged = bool(server.flags)
    at = f"{units.count(memory_mib)} {MEMORY.unit.symbol}"
    words = Words(server.name, at, f"{value(spread, COUNT, flagged)} users")
    return Point(memory_mib, spread, flagged, words=words)


def _server(axes: Axes, look: Look, point: Point, server: Verification, recommended: bool) -> None:
    bars(axes, look, [point], width=5)
    markers(axes, look, [point])
    if server.expected is not None:
        (dash,) = axes.plot([point.load], [server.expected], color=look.colour, gid=look.key)
        dash.set(marker="_", markersize=16, alpha=0.5)
    if recommended and point.spread:
        middle = point.spread.middle
        axes.scatter([point.load], [middle], s=RING, facecolors="none", edgecolors=QUIET)

"""Draw what a connection costs in memory: the server's, over the connections that it holds."""

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harness.core import units
from harness.core.metrics import METRICS
from harness.report.charts.axes import markers, value_axis
from harness.report.charts.data import Subject
from harness.report.charts.figure import explain, sheet


def price(subject: Subject) -> Figure:
    """Draw a point per trial and the line that was fitted to them, on linear axes.

    Where points bend away from their line, no one price holds at every level.
    """
    figure, (axes,) = sheet(subject, "How much memory does a connection take?")
    keys = []
    for name, (points, line) in subject.memory().items():
        look = subject.looks[name]
        ends = (0.0, max(point.load for point in points))
        middles = [(line.base + line.each * held) / 1024 for held in ends]
        axes.plot(
            ends, middles, color=look.colour, linestyle=(0, look.dashes or None), gid=look.key
        )
        markers(axes, look, points)
        label = f"{name}: {units.significant(line.each)} KiB each"
        style = Line2D([], [], color=look.colour, marker=look.marker, dashes=look.dashes)
        style.set_label(label)
        keys.append(style)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda held, _: units.count(held)))
    axes.set_xlabel("connections held by the server")
    value_axis(axes, METRICS["server_rss_mib"].axis, units.count)
    reading = "One point per trial; hollow = flagged; lines: least squares over all points"
    return explain(figure, reading, keys, columns=2)  # a key has its slope beside the name

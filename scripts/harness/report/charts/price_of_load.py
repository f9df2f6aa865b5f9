"""Draw how much each deployment of a search holds, over the memory and the CPU time it takes."""

from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harness.core import units
from harness.core.holding import Holding
from harness.core.metrics import METRICS, MIB
from harness.core.summary import Spread
from harness.report import capacity, threads
from harness.report.charts.axes import bars, deployment_keys, markers, value_axis
from harness.report.charts.colours import QUIET
from harness.report.charts.data import Point, Subject
from harness.report.charts.figure import explain, sheet
from harness.report.charts.words import Words

CPU = METRICS["server_cpu_ms_per_request"]
# The name of the metric, proportional server memory, is wider than a panel of the page.
MEMORY_LABEL = f"server memory ({MIB.symbol})"
LOADS = {"closed": "users held", "open": "requests/s held"}

READING = (
    "higher: holds more within the objective; further left: for less, in trials at that load\n"
    "memory: shared pages counted once (PSS); grey line: more and more threads\n"
    "bar: 95% interval; hollow: may hold more, as no trial of a higher load counts"
)

Price = Callable[[Holding], float | None]


def price_of_load(subject: Subject) -> Figure:
    """Draw a point for each deployment in both panels; more threads of WSGI are joined."""
    figure, (memory, cpu) = sheet(subject, "What does the load that is held cost?", columns=2)
    _panel(memory, subject, lambda holding: holding.memory_mib, MEMORY_LABEL)
    _panel(cpu, subject, lambda holding: holding.cpu_ms, CPU.axis)
    value_axis(memory, f"{LOADS[subject.model]} within the objective", units.count)
    return explain(figure, READING, deployment_keys(subject))


def _panel(axes: Axes, subject: Subject, price: Price, label: str) -> None:
    points = {holding.deployment: _point(holding, price) for holding in subject.priced}
    _join(axes, [points[each.deployment] for each in threads.threaded(subject.priced)])
    for name, point in points.items():
        bars(axes, subject.looks[name], [point], width=5)
        markers(axes, subject.looks[name], [point])
    axes.set_xlim(0, 1.1 * max(point.load for point in points.values()))
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: units.quotient(value)))
    axes.set_xlabel(label)


def _point(holding: Holding, price: Price) -> Point:
    """Return what a deployment of `priced` holds, over its price."""
    held = holding.capacity
    load, cost = held.load or 0.0, price(holding) or 0.0
    spread = Spread(load, held.low or load, held.high or load, 1, "interval")
    at = f"{units.significant(holding.memory_mib or 0)} MiB, "
    at += f"{units.milliseconds(holding.cpu_ms or 0)} of CPU each"
    words = Words(holding.deployment, at, capacity.holds(holding))
    return Point(cost, spread, held.at_least, words=words)


def _join(axes: Axes, points: list[Point]) -> None:
    """Join what more and more threads hold, behind the points."""
    middles = [point.spread.middle for point in points if point.spread]
    loads = [point.load for point in points if point.spread]
    axes.plot(loads, middles, color=QUIET, linewidth=1, zorder=1)

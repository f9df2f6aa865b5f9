"""Draw what more workers serve: throughput over their number, beside the ideal."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from harness.core import units
from harness.core.labels import clients
from harness.core.metrics import METRICS
from harness.core.summary import WorkerFamily
from harness.report.charts import words
from harness.report.charts.axes import MOST_OF_NAME, line, value_axis
from harness.report.charts.colours import QUIET
from harness.report.charts.data import Point, Subject
from harness.report.charts.figure import explain, sheet
from harness.report.charts.looks import Look
from harness.report.charts.words import short
from harness.report.wording import KEY, over

RATE = METRICS["throughput_rps"]


def scaling(subject: Subject) -> Figure:
    """Draw the highest load of the scenario over the number of workers, a line for each server.

    What the clients ask for at most is dotted: where a line lies on it, they are the limit.
    """
    figure, (axes,) = sheet(subject, "How much more do more workers serve?")
    axes.set_xscale("log", base=2)
    keys = []
    for family in subject.families:
        points = over_workers(subject, family)
        if points:
            name = next(iter(family.workers))
            look = subject.looks[name]
            line(axes, look, points)
            _ideal(axes, look, points, family.cores)
            keys.append(_key(look, name, points))
    _asked(axes, subject)
    numbers = {number for family in subject.families for number in family.workers.values()}
    axes.xaxis.set_major_locator(FixedLocator(sorted(numbers)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: units.count(number)))
    axes.set_xlabel("workers")
    axes.set_ylim(bottom=0)
    value_axis(axes, RATE.axis, units.count)
    cores = max(family.cores for family in subject.families)
    text = (
        f"At {clients(round(subject.levels[-1]))}; {over(subject.rounds)}; {KEY}\n"
        f"pale: ideal, as much by each worker as by the first, on {units.count(cores)} "
        f"{'core' if cores == 1 else 'cores'}; dotted: all that the clients ask for"
    )
    return explain(figure, text, keys, columns=2)


def over_workers(subject: Subject, family: WorkerFamily) -> list[Point]:
    """Return throughput over workers at the highest load; none with fewer than two numbers."""
    points = []
    for name, number in family.workers.items():
        for sample in subject.samples_of(name)[-1:]:
            spread = sample.metrics.get(RATE.name)
            if spread and sample.load == subject.levels[-1]:
                text = words.of_cell(sample, spread, RATE)
                points.append(Point(number, spread, bool(sample.doubts), words=text))
    return points if len(points) > 1 else []


def ideal(first: Point, workers: Sequence[int], cores: int) -> list[float]:
    """Return what so many workers would serve if each that has a core did as the first do.

    Beyond a worker for each core it is level.
    """
    if first.spread is None:
        return []
    apiece = first.spread.middle / min(first.load, cores)
    return [apiece * min(number, cores) for number in workers]


def _ideal(axes: Axes, look: Look, points: Sequence[Point], cores: int) -> None:
    """Draw the ideal behind all points, with its bend where every core has a worker."""
    ends = (points[0].load, points[-1].load)
    numbers = sorted({*map(int, ends), *({cores} if ends[0] < cores < ends[1] else ())})
    line = ideal(points[0], numbers, cores)
    axes.plot(numbers, line, color=look.colour, linewidth=4, alpha=0.25, zorder=0.5, gid=look.key)


def _asked(axes: Axes, subject: Subject) -> None:
    """Draw N / (D + Z), the most that so many clients ask for; nothing where nothing limits it."""
    bounds = (sample.bound for sample in subject.samples if sample.load == subject.levels[-1])
    bound = next((bound for bound in bounds if bound), None)
    if bound and bound.wait_ms + bound.think_ms:
        rate = 1000 * subject.levels[-1] / (bound.wait_ms + bound.think_ms)
        axes.axhline(rate, color=QUIET, linewidth=1, linestyle=":")


def _key(look: Look, name: str, points: Sequence[Point]) -> Line2D:
    numbers = ", ".join(units.count(point.load) for point in points)
    label = f"{short(name, MOST_OF_NAME)}: with {numbers} workers"
    style = Line2D([], [], color=look.colour, marker=look.marker, dashes=look.dashes)
    style.set_label(label)
    return style

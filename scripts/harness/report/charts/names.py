"""Draw the latency of each name: one line of a panel per name, one panel per deployment."""

from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from harness.core.labels import load
from harness.core.metrics import METRICS
from harness.core.summary import NameSample, Sample
from harness.report import names
from harness.report.charts.colours import INK, QUIET
from harness.report.charts.data import Subject
from harness.report.charts.figure import explain, sheet
from harness.report.charts.looks import Look
from harness.report.charts.words import Series, Words, short, value
from harness.report.wording import over

COLUMNS = 3
LINE_HEIGHT_IN, WORDS_HEIGHT_IN = 0.32, 1.9
MOST_NAME = 32
LABELS = {names.P50: "p50", names.P95: "p95"}
MARKERS = {names.P50: "o", names.P95: "D"}
LEAST_MS, ROOM = 0.01, 1.5


def by_name(subject: Subject) -> Figure:
    """Draw p50 and p95 of each name at the highest load step that is not flagged."""
    timed = ((name, names.step_of(subject.samples_of(name))) for name in subject.looks)
    steps = {name: step for name, step in timed if step}
    columns = min(len(steps), COLUMNS)
    rows = ceil(len(steps) / columns)
    figure, panels = sheet(subject, "How long does each name take?", columns, rows)
    lines = _lines(steps)
    figure.set_figheight(rows * (1.2 + LINE_HEIGHT_IN * len(lines)) + WORDS_HEIGHT_IN)
    for axes, (name, step) in zip(panels, steps.items(), strict=False):
        _panel(axes, subject.looks[name], step, lines)
        _value_axis(axes, _limits(steps))
    for axes in panels[len(steps) :]:
        axes.set_axis_off()
    return explain(figure, _words(subject), _keys())


def _lines(steps: dict[str, Sample]) -> list[str]:
    """Order the names from the slowest of any deployment at the bottom up to the fastest."""
    slowest: dict[str, float] = {}
    for step in steps.values():
        for each in step.names:
            if names.P50 in each.metrics:
                middle = each.metrics[names.P50].middle
                slowest[each.label] = max(slowest.get(each.label, 0.0), middle)
    return sorted(slowest, key=lambda label: -slowest[label])


def _panel(axes: Axes, look: Look, step: Sample, lines: list[str]) -> None:
    """Draw one deployment at one load step."""
    axes.set_gid(look.key)
    mark = " ○" if step.doubts else ""
    axes.set_title(f"{step.deployment}\n{load(step)}{mark}", fontsize=10.5, color=INK)
    axes.set_yticks(range(len(lines)), [short(label, MOST_NAME) for label in lines])
    axes.set_ylim(-0.6, len(lines) - 0.4)
    figures = {each.label: each for each in step.names}
    for place, label in enumerate(lines):
        if label in figures:
            _line(axes, look, place, figures[label], bool(step.doubts))


def _limits(steps: dict[str, Sample]) -> tuple[float, float]:
    """Return the lowest and the highest latency of all panels, with some room, in ms."""
    spreads = [
        each.metrics[name]
        for step in steps.values()
        for each in step.names
        for name in MARKERS
        if name in each.metrics
    ]
    low, high = min(each.low for each in spreads), max(each.high for each in spreads)
    return max(low, LEAST_MS) / ROOM, max(high, LEAST_MS) * ROOM


def _value_axis(axes: Axes, limits: tuple[float, float]) -> None:
    """Make the latencies logarithmic, the same in all panels: names differ a hundredfold."""
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    axes.set_xlabel("latency (ms)")
    low, high = limits
    wide = high > 10 * low
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3), numticks=9) if wide else MaxNLocator(3))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}"))
    axes.tick_params(axis="x", labelsize=8.5)


def _line(axes: Axes, look: Look, place: int, each: NameSample, flagged: bool) -> None:
    """Draw the percentiles of one name with their spreads over the rounds."""
    spreads = {name: each.metrics[name] for name in MARKERS if name in each.metrics}
    middles = [spread.middle for spread in spreads.values()]
    if len(middles) > 1:
        axes.plot(middles, [place] * len(middles), color=QUIET, linewidth=1, zorder=1)
    unit = METRICS[names.P50].unit
    for name, spread in spreads.items():
        words = Words(each.label, LABELS[name], value(spread, unit, flagged))
        axes.hlines(place, spread.low, spread.high, color=look.colour, linewidth=5, alpha=0.35)
        axes.scatter(
            spread.middle,
            place,
            marker=MARKERS[name],
            s=34,
            facecolors="white" if flagged else look.colour,
            edgecolors=look.colour,
            zorder=4,
            gid=Series.of(look.key, [words]),
        )


def _words(subject: Subject) -> str:
    return (
        "Each deployment at its highest load step that is not flagged, else at its highest; "
        f"{over(subject.rounds)}\nhollow with ○ = flagged"
    )


def _keys() -> list[Line2D]:
    return [
        Line2D([], [], linestyle="", marker=marker, color=INK, label=LABELS[name])
        for name, marker in MARKERS.items()
    ]

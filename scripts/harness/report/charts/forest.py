"""Draw a check as a forest plot: each change with its interval, beside BASE against itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import log

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from harness.checks.judge import Change, Verdict
from harness.checks.metric import judged, moved
from harness.checks.outcome import Check
from harness.checks.self_comparison import Repeat
from harness.core.statistics import MARGIN
from harness.report.charts.colours import BAND, INK, QUIET
from harness.report.charts.figure import blank, explain
from harness.report.wording import VERDICTS

# The form of a marker is its verdict; the colour (Okabe & Ito 2008) only repeats it.
LOOKS: dict[Verdict, tuple[str, str, str]] = {
    "improved": ("^", "#0072B2", "#0072B2"),
    "unchanged": ("o", INK, INK),
    "regressed": ("v", "#D55E00", "#D55E00"),
    "undecided": ("D", INK, "white"),
}
GREY = "#8c8c8c"
ITSELF = "BASE / BASE"

# How far a row lies below the one before, in rows; what belongs together stands close together.
HEADING = 1.25
ROW = 1.0
REPEAT = 0.62

WIDTH_IN = 10
ROW_IN = 0.27
TEXT_IN = 1.9

# The axis holds every ratio; an interval may go on beyond it, or one would press all others flat.
FARTHEST = 2.0

# Changes in percent that a tick may stand at; the first two are next to nothing and the margin.
SMALL_TICKS = (1, 3, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100)
LARGE_TICKS = (150, 200, 300, 500, 1_000, 2_000, 5_000, 10_000)
MOST_TICKS = 9


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the chart at a height: a heading, a change or a repeat."""

    at: float
    label: str
    entry: Change | Repeat | None = None


def forest(check: Check) -> Figure:
    """Draw HEAD / BASE with its 95% interval, a row for each metric of each cell.

    Below each, in grey, BASE against itself. A difference has no place on the axis: its figures
    stand at the right alone.
    """
    rows = list(_rows(check))
    figure, (axes,) = blank("What changed from BASE to HEAD?")
    figure.set_size_inches(WIDTH_IN, TEXT_IN + ROW_IN * rows[-1].at)
    _scale(axes, [row.entry for row in rows if row.entry])
    _bands(axes, rows)
    _label(axes, rows)
    for row in rows:
        if isinstance(row.entry, Change):
            marker, edge, face = LOOKS.get(row.entry.verdict, ("", INK, INK))
            _draw(axes, row.at, row.entry, 2.2, marker, edge, face)
        elif row.entry:
            _draw(axes, row.at, row.entry, 1.3, "|", GREY, GREY)
    return explain(figure, _reading(check), _keys(check))


def _rows(check: Check) -> Iterator[_Row]:
    """Yield a heading for each cell, below it each change, and below that its repeat."""
    repeats = {each.metric: each for each in check.repeatability if each.scale == "ratio"}
    at = 0.0
    for cell, changes in groupby(check.changes, lambda change: change.metric.cell):
        yield _Row(at := at + HEADING, str(cell))
        for change in changes:
            yield _Row(at := at + ROW, change.metric.name, change)
            if repeat := repeats.get(change.metric):
                yield _Row(at := at + REPEAT, ITSELF, repeat)


def _scale(axes: Axes, entries: Sequence[Change | Repeat]) -> None:
    """Make the ratios logarithmic, with room for every margin, and label them as changes."""
    ratios = [each for each in entries if each.scale == "ratio"]
    ends = [end for each in ratios for end in (each.low, each.high) if end is not None]
    marks = [each.ratio for each in ratios if each.ratio is not None]
    marks += [min(max(end, 1 / FARTHEST), FARTHEST) for end in ends]
    widest = max((each.margin for each in ratios if isinstance(each, Change)), default=MARGIN)
    room = 1 + max(widest, 2 * MARGIN)
    low = min([*marks, 1 / room])
    high = max([*marks, room])
    edge = (high / low) ** 0.04
    axes.set_xscale("log")
    axes.set_xlim(low / edge, high * edge)
    axes.axvline(1, color=QUIET, linewidth=1, zorder=1)
    axes.xaxis.set_major_locator(FixedLocator(_ticks(low, high)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda ratio, _: _percent(ratio)))
    axes.set_xlabel("change from BASE to HEAD (%), on a logarithmic axis")


def _bands(axes: Axes, rows: Sequence[_Row]) -> None:
    """Shade the margin of each change, down to the repeat below it."""
    for row, below in zip(rows, [*rows[1:], None], strict=True):
        if isinstance(row.entry, Change) and row.entry.scale == "ratio":
            repeat = below is not None and isinstance(below.entry, Repeat)
            ends = [row.at - ROW / 2, row.at + ROW / 2 + (REPEAT if repeat else 0)]
            margin = 1 + row.entry.margin
            axes.fill_betweenx(ends, 1 / margin, margin, color=BAND, linewidth=0, zorder=0)


def _ticks(low: float, high: float) -> tuple[float, ...]:
    """Return ratios that stand apart, from 1 outwards."""
    gap = log(high / low) / MOST_TICKS
    ticks = {1.0}
    for sign, end in ((1, high), (-1, low)):
        last = 1.0
        for ratio in (1 + sign * percent / 100 for percent in SMALL_TICKS + LARGE_TICKS):
            if ratio > 0 and sign * ratio <= sign * end and abs(log(ratio / last)) >= gap:
                ticks.add(last := ratio)
    return tuple(sorted(ticks))


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):+,.0f}%" if ratio != 1 else "0%"


def _label(axes: Axes, rows: Sequence[_Row]) -> None:
    """Write the names of the rows at the left, headings in bold, and their figures at the right."""
    heights = [row.at for row in rows]
    axes.set_ylim(heights[-1] + ROW, heights[0] - HEADING / 2)
    axes.grid(False, axis="y")
    axes.set_yticks(heights, [row.label for row in rows])
    figures = axes.secondary_yaxis("right")
    figures.set_yticks(heights, [_figures(row.entry) for row in rows])
    for side in (axes, figures):
        side.tick_params("y", length=0, labelsize=9.5)
    figures.spines["right"].set_visible(False)
    labels = zip(rows, axes.get_yticklabels(), figures.get_yticklabels(), strict=True)
    for row, *both in labels:
        for label in both:
            if row.entry is None:
                label.set(weight="bold", color=INK)
            elif isinstance(row.entry, Repeat):
                label.set(size=8, color=QUIET)


def _draw(
    axes: Axes, at: float, entry: Change | Repeat, width: float, marker: str, edge: str, face: str
) -> None:
    """Draw an interval and its middle, where there are any and they have a place on the axis."""
    if entry.scale != "ratio" or entry.ratio is None:
        return
    if entry.low is not None and entry.high is not None:
        axes.hlines(at, entry.low, entry.high, color=edge, linewidth=width, zorder=2)
    axes.plot(
        [entry.ratio],
        [at],
        marker=marker,
        markersize=7,
        color=edge,
        markerfacecolor=face,
        zorder=3,
    )


def _figures(entry: Change | Repeat | None) -> str:
    """Return the change with its interval, or with the verdict where the axis cannot show it."""
    if entry is None:
        return ""
    kind = judged(entry.metric)
    if isinstance(entry, Change) and (entry.scale != "ratio" or entry.ratio is None):
        move = "" if entry.ratio is None else f"{moved(entry.ratio, kind)}: "
        return f"{move}{VERDICTS[entry.verdict]}"
    text = "" if entry.ratio is None else moved(entry.ratio, kind)
    if entry.low is not None and entry.high is not None:
        text += f" ({moved(entry.low, kind)} to {moved(entry.high, kind)})"
    return text


def _reading(check: Check) -> str:
    differences = any(change.scale != "ratio" for change in check.changes)
    return (
        "HEAD / BASE with 95% intervals over all looks; those at the edge continue beyond it\n"
        "BASE / BASE: each start of BASE over its next one"
        + ("\nwhat is mostly 0 has no ratio: only its figures are given" if differences else "")
    )


def _keys(check: Check) -> list[Line2D | Patch]:
    """Return the key of the verdicts that are drawn, the repeats and the band."""
    verdicts = {change.verdict for change in check.changes if change.scale == "ratio"}
    keys: list[Line2D | Patch] = [
        Line2D([], [], marker=marker, color=edge, markerfacecolor=face, label=VERDICTS[verdict])
        for verdict, (marker, edge, face) in LOOKS.items()
        if verdict in verdicts
    ]
    if check.repeatability:
        keys.append(Line2D([], [], marker="|", color=GREY, linewidth=1.3, label=ITSELF))
    return [*keys, Patch(color=BAND, label="within the margin")]

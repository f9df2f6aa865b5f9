"""Draw how long requests took over the time of a block: a heat map for each deployment."""

from collections.abc import Iterator
from itertools import groupby
from math import ceil

from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harness.core import units
from harness.core.metrics import METRICS
from harness.core.summary import HeatMap
from harness.report.charts.axes import log_axis
from harness.report.charts.colours import INK, QUIET
from harness.report.charts.data import Subject
from harness.report.charts.figure import explain, sheet
from harness.report.charts.looks import Look
from harness.report.charts.words import Series, Words

COLUMNS = 3
PANEL_HEIGHT_IN, WORDS_HEIGHT_IN = 2.4, 1.9

SHADES = ((0.5, 1.0), (0.2, 0.7), (0.05, 0.45), (0.01, 0.25), (0.0, 0.12))
"""From which share of a moment's requests on a cell is how dark, the darkest first."""

UNIT = METRICS["latency_p50_ms"].unit


def heat_maps(subject: Subject) -> Figure:
    """Draw a panel for each deployment, over the seconds since its first request."""
    maps = subject.heat_maps
    columns = min(len(maps), COLUMNS)
    rows = ceil(len(maps) / columns)
    figure, panels = sheet(subject, "How long do requests take over time?", columns, rows)
    figure.set_figheight(rows * PANEL_HEIGHT_IN + WORDS_HEIGHT_IN)
    for axes, each in zip(panels, maps, strict=False):
        _panel(axes, subject.looks[each.deployment], each)
    for axes in panels[len(maps) :]:
        axes.set_axis_off()
    log_axis(panels[0], f"latency ({UNIT.symbol})", least=10)
    return explain(
        figure,
        "The first block of each; a request stands at the second in which it was due\n"
        "the darker, the larger the share of that moment's requests; dots: medians; "
        "dotted: the measurement at a load begins",
        _keys(),
        columns=len(SHADES),
    )


def _panel(axes: Axes, look: Look, each: HeatMap) -> None:
    axes.set_gid(look.key)
    axes.set_title(each.deployment, fontsize=10.5, color=INK)
    axes.grid(visible=False)
    axes.set_yscale("log")
    for least, opacity in SHADES:
        boxes = [box for share, box in _cells(each) if share == least]
        if boxes:
            colour = to_rgba(look.colour, opacity)
            axes.add_patch(
                PathPatch(Path.make_compound_path(*boxes), facecolor=colour, linewidth=0)
            )
    for step in each.steps:
        axes.axvline(step.at_s, color=QUIET, linewidth=0.8, linestyle=":")
        above = axes.get_xaxis_transform()
        text = f" {units.count(step.load)}"
        axes.text(step.at_s, 0.99, text, transform=above, va="top", size=8, color=QUIET)
    _medians(axes, look, each)
    axes.set_xlim(0, each.step_s * len(each.counts))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10], integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: units.count(value)))
    axes.set_xlabel("seconds")


def _cells(each: HeatMap) -> Iterator[tuple[float, Path]]:
    """Yield the outlines of neighbouring cells of one shade, each with its least share."""
    for column, counts in enumerate(each.counts):
        left, right = each.step_s * column, each.step_s * (column + 1)
        shades = [_shade(count, sum(counts)) for count in counts]
        for shade, group in groupby(range(len(counts)), key=shades.__getitem__):
            places = list(group)
            if shade is not None:
                low, high = each.edges_ms[places[0]], each.edges_ms[places[-1] + 1]
                corners = [(left, low), (right, low), (right, high), (left, high), (left, low)]
                yield shade, Path(corners, closed=True)


def _shade(count: int, of: int) -> float | None:
    """Return the least share of the shade of so many requests; None for none of them."""
    return next((least for least, _ in SHADES if count / of >= least), None) if count else None


def _medians(axes: Axes, look: Look, each: HeatMap) -> None:
    """Draw the median of each moment, with its words."""
    middles = [
        (each.step_s * (column + 0.5), ms, Words(each.deployment, at, f"median {UNIT.text(ms)}"))
        for column, ms in enumerate(each.medians_ms)
        if ms is not None
        for at in [f"{units.count(each.step_s * column)} s"]
    ]
    axes.scatter(
        [at_s for at_s, _, _ in middles],
        [ms for _, ms, _ in middles],
        s=5,
        color=INK,
        zorder=4,
        gid=Series.of(look.key, (words for _, _, words in middles)),
    )


def _keys() -> list[Patch]:
    names = [f"from {units.threshold(least)}" if least else "fewer" for least, _ in SHADES]
    return [
        Patch(facecolor=to_rgba(QUIET, opacity), alpha=opacity, label=name)
        for name, (_, opacity) in zip(names, SHADES, strict=True)
    ]

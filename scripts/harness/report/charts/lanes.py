"""Draw lanes, a bar after the other over time, and requests as lanes: one below the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from types import MappingProxyType

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harness.core import units
from harness.core.summary import Lane, Lanes
from harness.measure.lanes import ANSWER
from harness.report.charts import breakdown
from harness.report.charts.colours import BAND, INK, PAPER, QUIET
from harness.report.charts.data import Subject
from harness.report.charts.figure import explain, sheet
from harness.report.charts.words import Series, Words
from harness.report.lanes import TITLES, heading, mean, parts_of, reading


@dataclass(frozen=True, slots=True)
class Mark:
    """How a part of a lane is drawn: told by form, and only then by colour.

    `share` is how much of the lane's height it fills: all of it where the server is at it, so that
    what waits outside is a line. A `pale` one has an edge of its colour, another that of `edge`.
    """

    colour: str
    share: float
    pale: bool = False
    edge: str = "none"


@dataclass(frozen=True, slots=True)
class Box:
    """Where a part of a lane stands: from when for how long, and its lane's top and height."""

    left: float
    width: float
    top: float
    height: float


# In the colours that the parts have where their means are drawn, but for a yellow that is lost on
# white.
MARKS = {
    "part_late_ms": Mark(breakdown.LOOKS["part_late_ms"][1], 0.15),
    "part_connect_ms": Mark("#B08060", 0.6, pale=True),
    "part_queue_ms": Mark(breakdown.LOOKS["part_queue_ms"][1], 0.3),
    "part_view_ms": Mark(breakdown.LOOKS["part_view_ms"][1], 0.9),
    "part_wait_ms": Mark(breakdown.LOOKS["part_wait_ms"][1], 0.9, pale=True),
    "part_back_ms": Mark(breakdown.LOOKS["part_back_ms"][1], 0.3),
    ANSWER: Mark(QUIET, 0.5),
}
"""How each part of a request is drawn, in the order in which they pass."""

LABEL = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}
"""What a word stands on that is written into lanes."""

NO_WORDS: Mapping[str, Series] = MappingProxyType({})

# From so many panels on they stand in two columns.
MANY_PANELS = 7
PANEL_HEIGHT_IN = 1.45
TEXT_HEIGHT_IN = 1.5

# What fills no more of its lane looks like a line.
THIN = 0.4

# A panel whose lanes end within this share of the axis has room for them once more, wider.
NARROW = 0.16
LENS = (0.3, 0.26, 0.69, 0.73)

# A part is named where many lanes have it for so long a share of the axis.
LONG = 0.2
MANY_LANES = 10

# More workers than these cannot be named beside their lanes.
MOST_WORKERS = 8


def shape(mark: Mark, boxes: Iterable[Box], label: str = "") -> PathPatch:
    """Return all bars of a kind as one shape, which takes a fraction of the room of many."""
    outlines = [_outline(box, mark.share) for box in boxes]
    face = to_rgba(mark.colour, 0.25 if mark.pale else 1)
    edge = mark.colour if mark.pale else mark.edge
    return PathPatch(
        Path.make_compound_path(*outlines),
        facecolor=face,
        edgecolor=edge,
        linewidth=0.6,
        label=label,
    )


def _outline(box: Box, share: float) -> Path:
    """Return the outline of a bar, which fills a share of its lane's height, in the middle."""
    height = share * box.height
    top = box.top + (box.height - height) / 2
    right, bottom = box.left + box.width, top + height
    corners = [(box.left, top), (right, top), (right, bottom), (box.left, bottom), (box.left, top)]
    return Path(np.array(corners), closed=True)


def lanes(subject: Subject) -> Figure:
    """Draw the first requests of each deployment over time, all on one axis of time."""
    several = subject.lanes
    columns = 1 if len(several) < MANY_PANELS else 2
    rows = ceil(len(several) / columns)
    figure, panels = sheet(subject, "What happens inside?", columns, rows, False)
    figure.set_figheight(PANEL_HEIGHT_IN * rows + TEXT_HEIGHT_IN)
    end_ms = max(each.end_ms for each in several)
    for axes, each in zip(panels, several, strict=False):
        title = heading(each, subject.model)
        if columns > 1:
            title = title.replace(": ", ":\n", 1)
        axes.set_title(title, fontsize=9.5 if columns == 1 else 8, color=INK)
        axes.set_gid(subject.looks[each.deployment].key)
        _panel(axes, each, end_ms)
    for axes in panels[len(several) :]:
        axes.set_axis_off()
    parts = parts_of(several)
    return explain(figure, reading(several), [_key(part) for part in parts], len(parts))


def _panel(axes: Axes, each: Lanes, end_ms: float) -> None:
    """Draw the lanes of a deployment, and where they leave room for it once more, wider."""
    _draw(axes, each.lanes, end_ms, _words(each))
    if is_narrow(each, end_ms):
        lens = axes.inset_axes(LENS)
        _draw(lens, each.lanes, each.end_ms)
        lens.tick_params(axis="y", labelleft=False)
        text = "\n".join(enlarged(each, end_ms))
        at = (LENS[0] - 0.015, 0.95)
        axes.text(*at, text, ha="right", va="top", size=8, color=QUIET, transform=axes.transAxes)
        axes.grid(visible=False)


def _words(each: Lanes) -> dict[str, Series]:
    """Return what is said of each part of a deployment's lanes."""
    return {
        part: Series.of("lane", [Words(TITLES[part], "on average", f"{mean(each, part)} ms")])
        for part in parts_of([each])
    }


def is_narrow(each: Lanes, end_ms: float) -> bool:
    """Return whether lanes leave room for them once more, on an axis up to a time."""
    return each.end_ms < NARROW * end_ms


def enlarged(each: Lanes, end_ms: float) -> tuple[str, ...]:
    """Return how much wider they are there, in short lines."""
    wider = units.significant(LENS[2] * end_ms / each.end_ms, 2)
    return "the same,", f"{wider} times", "as wide"


def _draw(
    axes: Axes, drawn: Sequence[Lane], end_ms: float, words: Mapping[str, Series] = NO_WORDS
) -> None:
    """Draw lanes from the top down, up to a time; `words` are those of each part."""
    axes.set_xlim(0, 1.01 * end_ms)
    axes.set_ylim(len(drawn), 0)
    axes.grid(visible=False, axis="y")
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda ms, _: f"{ms:,g} ms"))
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0, labelsize=8)
    for part, boxes in boxes_of(drawn).items():
        bars = axes.add_patch(shape(MARKS[part], boxes))
        bars.set_gid(words.get(part))
    for place, lane in enumerate(drawn):
        if lane.failed:
            axes.scatter(lane.end_ms, place + 0.5, marker="x", s=9, linewidths=1, color=INK)
    for part, at in words_of(drawn, end_ms).items():
        axes.text(*at, TITLES[part], size=8, color=INK, ha="center", va="center", bbox=LABEL)
    _name_workers(axes, drawn)


def boxes_of(drawn: Sequence[Lane]) -> dict[str, list[Box]]:
    """Return where each part stands that took any time, in lanes of height 1 from 0 down."""
    boxes: dict[str, list[Box]] = {part: [] for part in MARKS}
    for place, lane in enumerate(drawn):
        left = lane.start_ms
        for part, length_ms in lane.parts.items():
            if length_ms:
                boxes[part].append(Box(left, length_ms, place, 1))
            left += length_ms
    return {part: of_part for part, of_part in boxes.items() if of_part}


def words_of(drawn: Sequence[Lane], end_ms: float) -> dict[str, tuple[float, float]]:
    """Return where each part can be named in its lanes, on an axis up to a time: ms, and lane."""
    places: dict[str, tuple[float, float]] = {}
    for part, boxes in boxes_of(drawn).items():
        long = [box for box in boxes if box.width >= LONG * end_ms]
        if len(long) >= MANY_LANES:
            middle = long[len(long) // 2]
            places[part] = (middle.left + middle.width / 2, middle.top + middle.height / 2)
    return places


def workers(drawn: Sequence[Lane]) -> dict[int, tuple[int, int]]:
    """Return from which lane up to before which each worker's are, where several can be named."""
    places = groupby(range(len(drawn)), lambda place: drawn[place].worker)
    spans = {worker: (span[0], span[-1] + 1) for worker, (*span,) in places if worker}
    return spans if 1 < len(spans) <= MOST_WORKERS else {}


def _name_workers(axes: Axes, drawn: Sequence[Lane]) -> None:
    """Write each worker beside its lanes, with a line to the next one's."""
    spans = workers(drawn)
    axes.set_yticks(
        [(top + bottom) / 2 for top, bottom in spans.values()],
        [f"worker {worker}" for worker in spans],
    )
    for top, _ in list(spans.values())[1:]:
        axes.axhline(top, color=BAND, linewidth=0.7, zorder=0)


def _key(part: str) -> Artist:
    """Return how a part is drawn, and its name: as a line where it looks like one."""
    mark = MARKS[part]
    if mark.share < THIN:
        return Line2D([], [], color=mark.colour, linewidth=2, label=TITLES[part])
    return shape(mark, [Box(0, 1, 0, 1)], TITLES[part])

"""Draw request lanes that appear as time passes, for talks: an SVG that moves by CSS alone.

A cover slides off the lanes, so the picture stands complete wherever nothing moves: in print, in a
program that draws no animations, and for who prefers reduced motion.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from matplotlib.ticker import MaxNLocator

from harness.core.plan import Model
from harness.core.summary import Lane, Lanes
from harness.report.charts import colours
from harness.report.charts.data import Subject
from harness.report.charts.lanes import (
    LENS,
    MARKS,
    Box,
    boxes_of,
    enlarged,
    is_narrow,
    words_of,
    workers,
)
from harness.report.lanes import TITLES, heading, parts_of, reading

WIDTH = 960
LEFT = 76
RIGHT = 20
TOP = 56
BOTTOM = 70
PANEL = 116
GAP = 52
"""Above each panel, for its heading."""


# How long the lanes take to appear, about, and the share of it after which they stand still.
PLAY_S = 10
STILL = 0.25


@dataclass(frozen=True, slots=True)
class Field:
    """Where lanes are drawn, in pixels, and up to which time."""

    left: float
    top: float
    width: float
    height: float
    end_ms: float

    def x(self, ms: float) -> float:
        """Return where a time stands."""
        return self.left + ms / self.end_ms * self.width

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Return where its axis has times, and these."""
        times = MaxNLocator(5).tick_values(0, self.end_ms)
        return [(round(self.x(ms), 2), f"{ms:,g} ms") for ms in times if 0 <= ms <= self.end_ms]

    def paths(self, drawn: Sequence[Lane]) -> dict[str, str]:
        """Return the outlines of each part of some lanes, as the data of an SVG path."""
        lane_px = self.height / len(drawn)
        return {
            part: "".join(self._outline(box, MARKS[part].share, lane_px) for box in boxes)
            for part, boxes in boxes_of(drawn).items()
        }

    def words(self, drawn: Sequence[Lane]) -> list[tuple[float, float, str]]:
        """Return the parts that can be named in some lanes: where, and the word."""
        lane_px = self.height / len(drawn)
        return [
            (round(self.x(ms), 2), round(self.top + place * lane_px + 5, 2), TITLES[part])
            for part, (ms, place) in words_of(drawn, self.end_ms).items()
        ]

    def failures(self, drawn: Sequence[Lane]) -> list[tuple[float, float]]:
        """Return where requests failed."""
        lane_px = self.height / len(drawn)
        return [
            (round(self.x(lane.end_ms), 2), round(self.top + (place + 0.5) * lane_px, 2))
            for place, lane in enumerate(drawn)
            if lane.failed
        ]

    def _outline(self, box: Box, share: float, lane_px: float) -> str:
        left = _px(self.x(box.left))
        top = _px(self.top + (box.top + (1 - share) / 2) * lane_px)
        width = _px(box.width / self.end_ms * self.width)
        height = _px(share * lane_px)
        return f"M{left} {top}h{width}v{height}h-{width}z"


def _px(value: float) -> str:
    """Return a length with as many digits as can be seen."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def moving(subject: Subject) -> str:
    """Return the SVG of a scenario's deployments, one below the other on one axis of time."""
    several = subject.lanes
    end_ms = max(each.end_ms for each in several)
    slower = max(1, round(1000 * PLAY_S / end_ms))
    return _template().render(
        title=f"What happens inside? ({subject.scenario})",
        reading=reading(several).replace("\n", " "),
        speed="as fast as it was" if slower == 1 else f"{slower} times slower than it was",
        width=WIDTH,
        height=TOP + len(several) * (GAP + PANEL) + BOTTOM,
        cycle_s=round(slower * end_ms / 1000 * (1 + STILL), 2),
        moves=round(100 / (1 + STILL), 1),
        marks=MARKS,
        css=colours.css,
        light=colours.variables(),
        dark=colours.variables(dark=True),
        ink=colours.css(colours.INK),
        quiet=colours.css(colours.QUIET),
        paper=colours.css(colours.PAPER),
        keys=[(part, TITLES[part]) for part in parts_of(several)],
        panels=[
            _panel(TOP + place * (GAP + PANEL) + GAP, each, end_ms, subject.model)
            for place, each in enumerate(several)
        ],
    )


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("harness.report"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("lanes.svg.j2")


def _panel(top: float, each: Lanes, end_ms: float, model: Model) -> Mapping[str, object]:
    """Return what the template shows of a deployment: its lanes, twice where they are narrow."""
    field = Field(LEFT, top, WIDTH - LEFT - RIGHT, PANEL, end_ms)
    fields = [_content(field, each)]
    if is_narrow(each, end_ms):
        left, width = LEFT + LENS[0] * field.width, LENS[2] * field.width
        lens = Field(left, top, width, PANEL - 24, each.end_ms)
        fields.append(_content(lens, each, enlarged(each, end_ms)))
    lane_px = PANEL / len(each.lanes)
    return {
        "left": LEFT,
        "top": top,
        "heading": heading(each, model),
        "workers": [
            (worker, top + (first + last) / 2 * lane_px)
            for worker, (first, last) in workers(each.lanes).items()
        ],
        "fields": fields,
    }


def _content(field: Field, each: Lanes, text: Sequence[str] = ()) -> Mapping[str, object]:
    """Return what stands in a field."""
    return {
        "at": field,
        "paths": field.paths(each.lanes),
        "failures": field.failures(each.lanes),
        "words": field.words(each.lanes),
        "text": text,
    }

"""A chart as the page has it: SVG in panels, and all else as text. Pure."""

from dataclasses import dataclass
from typing import Literal

from harness.core.metrics import METRICS
from harness.report.charts.words import Words

Values = Literal["", "linear", "log", "ratio"]

VALUES: dict[Values, str] = {
    "linear": "on a linear axis",
    "log": "on a logarithmic axis",
    "ratio": "as ratio to the reference",
}
"""What a reader chooses of values, in words; '' is as each chart is drawn."""

PERCENTILES = tuple(metric.short for metric in METRICS.values() if metric.quantile and metric.short)
"""The percentiles that a reader chooses from."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader chooses of a chart; '' is no choice."""

    values: Values = ""
    percentile: str = ""

    @property
    def title(self) -> str:
        """Return it in words."""
        return self.percentile or VALUES[self.values].capitalize()


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes: its title, its SVG, and its points in words.

    `key` is that of the deployment that it is about, if it is about one.
    """

    title: str
    svg: str
    words: tuple[Words, ...]
    key: str = ""

    @property
    def percentile(self) -> str:
        """Return the percentile that it is about; empty where it is about none."""
        return self.title if self.title in PERCENTILES else ""


@dataclass(frozen=True, slots=True)
class Variant:
    """The panels of a chart as a reader may choose them instead, and how else to read them."""

    choice: Choice
    panels: tuple[Panel, ...]
    reading: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """How one series is drawn: its name, and a small SVG; `key` is that of its deployment."""

    name: str
    swatch: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart as the page has it: the question it answers, how to read it, its key, its panels.

    `wide` panels are drawn so large that at most two stand side by side.
    """

    question: str
    reading: tuple[str, ...]
    keys: tuple[Key, ...]
    panels: tuple[Panel, ...]
    variants: tuple[Variant, ...] = ()
    wide: bool = False

    @property
    def every_panel(self) -> tuple[Panel, ...]:
        """Return the panels, and those of the variants."""
        return (*self.panels, *(panel for each in self.variants for panel in each.panels))

"""Take a chart apart for the page: a small SVG for each panel, in variables instead of colours.

A page as narrow as a phone sets the panels below each other, a wide one beside each other. What a
point says comes with it, for hovering and for the table of the chart; question, reading and key
are text of the page.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from itertools import count
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.legend import Legend

from harness.report.charts import swatches
from harness.report.charts.axes import MOST_OF_NAME
from harness.report.charts.data import Subject
from harness.report.charts.drawing import Drawing, Key, Panel
from harness.report.charts.svg import element
from harness.report.charts.words import Series, Words, short

# In inches, each 96 pixels of a page. What is below and above the panels of a figure is no part
# of them.
WIDE_IN, NARROW_IN = 4.8, 3.1
TEXT_HEIGHT_IN, LEAST_HEIGHT_IN, AXIS_HEIGHT_IN = 1.9, 1.8, 0.3

# What is longer than the lowest panel is high would be cut.
LABEL_LENGTH = 26
UNIT = re.compile(r"\(.*?\)")
NO_BREAK = "\N{NO-BREAK SPACE}"


def drawing(figure: Figure, subject: Subject) -> Drawing:
    """Return a chart in panels. The figure is taken apart: nothing else can be made of it after."""
    question = figure.get_suptitle().removesuffix(f" ({subject.scenario})")
    (legend,) = figure.legends
    reading = tuple(legend.get_title().get_text().splitlines())
    entries = [text.get_text() for text in legend.get_texts()]
    words = _numbered(figure)
    deployments = _deployments(entries, subject, _ids(figure))
    others = _others(legend, subject)
    axes = [each for each in figure.axes if each.axison]
    _strip(figure, axes)
    wide = figure.get_figwidth() == WIDE_IN
    panels = tuple(_panel(figure, each, question, words) for each in axes)
    # Panels that are about one deployment each bear its name.
    named = any(panel.key for panel in panels)
    keys = others if named else (*deployments, *others)
    return Drawing(question, reading, keys, panels, wide=wide)


def _numbered(figure: Figure) -> dict[str, tuple[Words, ...]]:
    """Give each series with words an id of its own; return the words by these."""
    numbers = count()
    words: dict[str, tuple[Words, ...]] = {}
    for artist in figure.findobj():
        gid = artist.get_gid()
        if isinstance(gid, Series) and gid.words:
            own = Series.of(f"{gid}.{next(numbers)}", gid.words)
            artist.set_gid(own)
            words[own] = gid.words
    return words


def _ids(figure: Figure) -> set[str]:
    return {str(artist.get_gid()).partition(".")[0] for artist in figure.findobj()}


def _strip(figure: Figure, panels: Sequence[Axes]) -> None:
    """Remove what the page has as text, and give every panel the labels of its axes."""
    places = [spec for axes in panels if (spec := axes.get_subplotspec())]
    rows = len({place.rowspan.start for place in places})
    columns = len({place.colspan.start for place in places})
    height = (figure.get_figheight() - TEXT_HEIGHT_IN) / rows
    width = WIDE_IN if columns == 1 else NARROW_IN
    figure.set_size_inches(width, max(LEAST_HEIGHT_IN, height) + AXIS_HEIGHT_IN)
    figure.suptitle("")
    for legend in figure.legends:
        legend.remove()
    for axes in panels:
        axes.tick_params(labelleft=True)
        axes.set_ylabel(_wrapped(axes.get_ylabel() or panels[0].get_ylabel()))


def _wrapped(label: str) -> str:
    """Return the label of an upright axis in lines that fit; a unit in parentheses stays whole."""
    whole = UNIT.sub(lambda unit: unit[0].replace(" ", NO_BREAK), label)
    return fill(whole, LABEL_LENGTH, break_on_hyphens=False).replace(NO_BREAK, " ")


def _panel(
    figure: Figure, axes: Axes, question: str, words: Mapping[str, tuple[Words, ...]]
) -> Panel:
    """Draw one panel as large as the whole figure."""
    for other in figure.axes:
        other.set_visible(other is axes)
    axes.set_subplotspec(GridSpec(1, 1, figure=figure)[0, 0])
    title = " ".join(axes.get_title().split())
    axes.set_title("")
    own = {gid: words[gid] for gid in _own_ids(axes) if gid in words}
    text = StringIO()
    figure.savefig(text, format="svg", facecolor="none", edgecolor="none", metadata={"Date": None})
    label = ": ".join(filter(None, (question, title)))
    svg = element(text.getvalue(), own, label, _description(axes, own))
    spoken = tuple(each for series in own.values() for each in series)
    return Panel(title, svg, spoken, str(axes.get_gid() or ""))


def _description(axes: Axes, words: Mapping[str, tuple[Words, ...]]) -> str:
    """Return what a panel shows: its axes, and the last value of each series."""
    labels = (("Across", axes.get_xlabel()), ("Up", " ".join(axes.get_ylabel().split())))
    text = "".join(f"{way}: {label}. " for way, label in labels if label)
    last = {each.series: each for series in words.values() for each in series}
    return f"{text}Last values: {'; '.join(each.text for each in last.values())}."


def _own_ids(axes: Axes) -> Iterable[str]:
    return (str(artist.get_gid()) for artist in axes.findobj() if artist.get_gid())


def _deployments(entries: Sequence[str], subject: Subject, ids: set[str]) -> tuple[Key, ...]:
    """Return the deployments that are drawn; what the key of the figure remarks stands beside."""
    remarks = {entry.partition(": ")[0]: entry.partition(": ")[2] for entry in entries}
    looks = {name: subject.looks[name] for name in subject.shown}
    return tuple(
        Key(
            ": ".join(filter(None, (name, remarks.get(name)))),
            swatches.of_line(look.colour, look.marker, look.dashes),
            look.key,
        )
        for name, look in looks.items()
        if look.key in ids
    )


def _others(legend: Legend, subject: Subject) -> tuple[Key, ...]:
    """Return what the key of the figure names beside deployments."""
    names = {*subject.looks, *(short(name, MOST_OF_NAME) for name in subject.looks)}
    texts = (text.get_text() for text in legend.get_texts())
    return tuple(
        Key(text, swatches.of_handle(handle))
        for text, handle in zip(texts, legend.legend_handles, strict=True)
        if handle and text.partition(": ")[0] not in names
    )

"""Write the report as a page and as Markdown. Both say nothing that is not in summary.json.

Whatever is put into the templates is escaped: names and reasons come from plans and from logs.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from harness.core.summary import Summary
from harness.report import chart_tables, side_by_side
from harness.report.charts import colours
from harness.report.charts.drawing import PERCENTILES, VALUES, Drawing
from harness.report.narrate import Narrative
from harness.report.section import Part
from harness.report.sections import answer, parts
from harness.runs.drift import SideBySide

CODE = re.compile(r"(`[^`]*`)")
NO_ANCHOR = re.compile(r"[^a-z0-9]+")
LOOK = re.compile(r' style="([^"]*)"')
REFERENCE = re.compile(r'(\bid="|url\(#|href="#)')
SPECIAL = re.compile(r"([\\*_~|<>\[\]#])")

# More keys than these are higher than the one panel that they stand beside.
MOST_BESIDE = 14


def html(summary: Summary, narrative: Narrative, charts: Mapping[str, Drawing]) -> str:
    """Return one self-contained page; `charts` holds drawings, keyed `<scenario>.<chart>`."""
    environment = _environment(autoescape=True)
    environment.filters["words"] = _marked_up
    environment.filters["plain"] = _plain
    looks = _looks(charts.values())
    environment.filters["inlined"] = partial(_inlined, looks=looks, numbers=count())
    content = _content(summary, narrative, charts)
    page = {
        "calculates": any(each.calculator for part in content["parts"] for each in part.sections),
        "light": colours.variables(),
        "dark": colours.variables(dark=True),
        "looks": looks,
        "anchors": _anchors([*charts, *(part.title for part in content["parts"])]),
        "tables": {key: chart_tables.of_drawing(drawing) for key, drawing in charts.items()},
        "index": _index(content["parts"]),
        "most_beside": MOST_BESIDE,
        "values": VALUES,
        "percentiles": PERCENTILES,
    }
    return environment.get_template("report.html.j2").render(content | page)


def comparison(both: SideBySide) -> str:
    """Return one self-contained page that shows two runs side by side."""
    environment = _environment(autoescape=True)
    return environment.get_template("comparison.html.j2").render(
        heads=side_by_side.heads(both),
        notes=side_by_side.notes(both),
        metrics=[metric.heading for metric in side_by_side.metrics()],
        tables=side_by_side.tables(both),
        words=side_by_side.WORDS,
    )


def markdown(summary: Summary, narrative: Narrative, charts: Mapping[str, str]) -> str:
    """Return the same as Markdown; `charts` holds links from the text to files, keyed likewise."""
    # Markdown has no escaping of jinja2's own: every value passes through `finalize` instead.
    environment = _environment(autoescape=False, finalize=_marked_down)
    links = {name: Markup(link) for name, link in charts.items()}
    return environment.get_template("report.md.j2").render(_content(summary, narrative, links))


def _environment(**escaping: Any) -> Environment:
    return Environment(
        loader=PackageLoader("harness.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **escaping,
    )


def _content(
    summary: Summary, narrative: Narrative, charts: Mapping[str, Drawing | str]
) -> dict[str, Any]:
    return {
        "summary": summary,
        "charts": charts,
        "answer": answer(summary, narrative, charts),
        "parts": parts(summary, narrative, charts),
    }


def _index(shown: Sequence[Part]) -> list[tuple[str, list[str]]]:
    """Return the titles of the parts, each with the charts in it."""
    return [
        (part.title, [key for each in part.sections for key in (*each.charts, *each.folded)])
        for part in shown
    ]


def _anchors(titles: Sequence[str]) -> dict[str, str]:
    """Return an id of its own for each title: small letters and digits, joined by hyphens."""
    anchors: dict[str, str] = {}
    for title in titles:
        anchor = NO_ANCHOR.sub("-", title.lower()).strip("-")
        taken = anchor in anchors.values() or not anchor
        anchors[title] = f"{anchor}-{len(anchors)}" if taken else anchor
    return anchors


def _marked_up(text: str) -> Markup:
    """Return a sentence, escaped, with what stands between backticks as code."""
    parts = CODE.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part[1:-1]) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )


def _plain(text: str) -> str:
    """Return a title without backticks, for places where no code can be set."""
    return text.replace("`", "")


def _marked_down(value: object) -> object:
    """Return a value without what Markdown would read as a mark, except in code and in links."""
    if isinstance(value, Markup):
        return value
    parts = CODE.split(" ".join(str(value).split()))
    return "".join(
        part if index % 2 else SPECIAL.sub(r"\\\1", part) for index, part in enumerate(parts)
    )


def _looks(drawings: Iterable[Drawing]) -> dict[str, str]:
    """Return a short class for each look of what is drawn: thousands of lines have few of them."""
    svgs = (panel.svg for drawing in drawings for panel in drawing.every_panel)
    looks = dict.fromkeys(look for svg in svgs for look in LOOK.findall(svg))
    return {look: f"l{number}" for number, look in enumerate(looks)}


def _inlined(svg: str, looks: Mapping[str, str], numbers: Iterator[int]) -> Markup:
    """Return an SVG element with ids of its own among the others on the page, and with classes."""
    own = REFERENCE.sub(rf"\g<1>s{next(numbers)}.", svg)
    return Markup(LOOK.sub(lambda look: f' class="{looks[look[1]]}"', own))

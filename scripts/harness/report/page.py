"""Write the report as a page and as Markdown. Both say nothing that is not in summary.json.

Whatever is put into the templates is escaped: names and reasons come from plans and from logs.
"""

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from harness.core.labels import load
from harness.core.plan import Model
from harness.core.statistics import MIN_ROUNDS_FOR_INTERVAL, kind
from harness.core.summary import Kind, Sample, Summary
from harness.report import name_table, ratio_table, tables, time_table
from harness.report.narrate import Narrative
from harness.report.wording import KEY, flag_reason

LOOPS: dict[Model, str] = {
    "closed": "Closed loop: a client sends its next request only after an answer.",
    "open": (
        "Open loop: requests arrive at random, whether or not the server keeps up. Latency counts "
        "from when a request was due."
    ),
}
MARKS = f"{KEY} (some requests were never answered)."
POINTS: dict[Kind, str] = {
    "range": "Points are medians over the rounds, bars their range",
    "interval": (
        "Points are geometric means over the rounds (of shares: means), bars 95% intervals; "
        f"under {MIN_ROUNDS_FOR_INTERVAL} measured rounds, medians and ranges"
    ),
}
CODE = re.compile(r"(`[^`]*`)")
REFERENCE = re.compile(r'(\bid="|url\(#|href="#)')
SPECIAL = re.compile(r"([\\*_~|<>\[\]#])")


def html(summary: Summary, narrative: Narrative, charts: Mapping[str, str]) -> str:
    """Return one self-contained page; `charts` holds SVG text, keyed `<scenario>.<chart>`."""
    environment = _environment(autoescape=True)
    environment.filters["words"] = _marked_up
    inline = {name: _inlined(name, svg) for name, svg in charts.items()}
    return environment.get_template("report.html.j2").render(_content(summary, narrative, inline))


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
    summary: Summary, narrative: Narrative, charts: Mapping[str, Markup]
) -> dict[str, Any]:
    return {
        "summary": summary,
        "narrative": narrative,
        "scenarios": [
            {
                "name": scenario,
                "charts": [
                    (name.replace(".", ": "), chart)
                    for name, chart in charts.items()
                    if name.partition(".")[0] == scenario
                ],
                "glossary": f"{LOOPS[model]} {POINTS[kind(summary.rounds)]}; {MARKS}",
                "headings": tables.headings(summary, scenario),
                "rows": tables.rows(summary, scenario),
                "further": [table for table in _further(summary, scenario, model) if table["rows"]],
            }
            for scenario, model in summary.scenarios.items()
        ],
        "prices": {
            "words": tables.COST_WORDS,
            "headings": tables.COST_HEADINGS,
            "rows": tables.cost_rows(summary.prices),
        },
        "gates": {"headings": tables.GATE_HEADINGS, "rows": tables.gate_rows(summary.gates)},
        "sections": (
            ("Accuracy and noise floor", (narrative.calibration, *narrative.noise), ""),
            ("Flagged trials", _flags(summary), "No gate flagged any trial."),
            ("Failed requests", narrative.failures, "No request failed, and no log has an error."),
            ("Missing results", narrative.holes, "Every trial of the plan was measured."),
            ("What the locustfile does", narrative.locustfile, "Nothing that changes a figure."),
            ("What else differs", narrative.unequal, "Nothing that the plan specifies."),
            ("What this does not show", narrative.limits, ""),
        ),
    }


def _further(summary: Summary, scenario: str, model: Model) -> list[dict[str, Any]]:
    """Return the tables of a scenario that follow the one of its cells."""
    return [
        {
            "title": "in time",
            "words": time_table.WORDS,
            "headings": time_table.headings(summary, scenario),
            "rows": time_table.rows(summary, scenario),
        },
        {
            "title": "ratios",
            "words": ratio_table.WORDS,
            "headings": ratio_table.headings(summary, scenario),
            "rows": ratio_table.rows(summary, scenario),
        },
        {
            "title": "names",
            "words": name_table.WORDS,
            "headings": name_table.headings(model),
            "rows": name_table.rows(summary, scenario),
        },
    ]


def _flags(summary: Summary) -> tuple[str, ...]:
    return tuple(
        f"{_cell(sample)}: {flag_reason(doubt)}"
        for sample in summary.samples
        for doubt in sample.doubts
    )


def _cell(sample: Sample) -> str:
    return f"`{sample.scenario}`, {sample.deployment}, {load(sample)}"


def _marked_up(text: str) -> Markup:
    """Return a sentence, escaped, with what stands between backticks as code."""
    parts = CODE.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part[1:-1]) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )


def _marked_down(value: object) -> object:
    """Return a value without what Markdown would read as a mark, except in code and in links."""
    if isinstance(value, Markup):
        return value
    parts = CODE.split(" ".join(str(value).split()))
    return "".join(
        part if index % 2 else SPECIAL.sub(r"\\\1", part) for index, part in enumerate(parts)
    )


def _inlined(name: str, svg: str) -> Markup:
    """Return the element of an SVG file, with ids of its own among the others on the page."""
    element = svg[svg.index("<svg") :]
    return Markup(REFERENCE.sub(rf"\g<1>{name}.", element))

"""A chart as the page has it: panels in variables, with words for each point."""

import re
from functools import cache

import pytest
from matplotlib.colors import to_rgb

from harness.report import chart_tables
from harness.report.charts import registry
from harness.report.charts.colours import DARK, PAPER, variables
from harness.report.charts.drawing import Choice, Drawing
from harness.report.charts.looks import ASGI, WSGI, Look
from harness.report.charts.svg import element
from harness.report.charts.words import Words
from tests.support.builders import summary

NAMES = ("throughput", "latency", "parts", "rounds")
POINT = Words("one", "16 clients", "15 requests/s")
RAW = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9pt">
 <metadata/>
 <defs><style type="text/css">*{}</style></defs>
 <g id="figure_1"><g id="d3.7">
  <defs><path id="m1" d="M 1.23456 2"/></defs>
  <use xlink:href="#m1" x="1.98765" style="fill: #ffffff; stroke: #123456"/>
 </g></g>
</svg>"""


@cache
def drawings() -> dict[str, Drawing]:
    """Take some charts apart, once for all tests."""
    whole = summary()
    figures = registry.draw(whole)
    return registry.drawings(whole, {f"wait.{name}": figures[f"wait.{name}"] for name in NAMES})


def panels(name: str) -> list[str]:
    """Return the SVG of each panel of a chart."""
    return [panel.svg for panel in drawings()[f"wait.{name}"].panels]


def test_an_svg_of_matplotlib_becomes_an_element_of_a_page() -> None:
    """Short, in variables, with words; the id of a series is its class, another id a number."""
    assert element(RAW, {"d3.7": (POINT,)}, "How many?", "Up: <b>") == (
        '<svg role="img" aria-label="How many?"><desc>Up: &lt;b&gt;</desc><g class="d3">'
        '<defs><path id="0" d="M1.2 2" /></defs>'
        '<use href="#0" x="2" style="fill:var(--cffffff);stroke:#123456">'
        "<title>one, 16 clients: 15 requests/s</title></use></g></svg>"
    )


@pytest.mark.parametrize(
    ("drawn", "short"),
    [
        ("M 1 2 \nL 9 2 \nL 9 7.5 \nL 1 7.5 \nz", "M1 2H9V7.5H1z"),
        ("M 1 2 \nL 3 4 \nM 5 4 \nL 6 4", "M1 2L3 4M5 4H6"),
        ("M 1 2 \nQ 3 4 5 6", "M 1 2 Q 3 4 5 6"),
    ],
)
def test_lines_along_an_axis_are_written_by_one_number(drawn: str, short: str) -> None:
    """A rectangle takes half; a path with curves stays as it is."""
    raw = f'<svg xmlns="http://www.w3.org/2000/svg"><path d="{drawn}"/></svg>'
    assert f'<path d="{short}" />' in element(raw, {}, "", "")


def test_each_panel_is_an_image_with_a_name_and_a_description() -> None:
    """Three percentiles in three panels; the last values are described."""
    latency = drawings()["wait.latency"]
    assert [panel.title for panel in latency.panels] == ["p50", "p95", "p99"]
    for svg in panels("latency"):
        assert svg.startswith("<svg")
        assert 'role="img" aria-label="How long does a request take?: p' in svg
        assert "<desc>Across: users. Up: latency (ms). Last values: gunicorn-gthread-64, 256" in svg


def test_a_label_that_is_longer_than_its_axis_is_high_has_two_lines() -> None:
    """One line would be cut at the edge of the panel; a screen reader says it as one."""
    (svg,) = panels("rounds")
    assert ">throughput, deviation from</text>" in svg and ">the middle (%)</text>" in svg
    assert "Up: throughput, deviation from the middle (%)." in svg


@pytest.mark.parametrize("name", NAMES)
def test_each_point_says_its_value(name: str) -> None:
    """As a title of what is drawn there; two deployments at three loads, in each of the panels."""
    for panel in drawings()[f"wait.{name}"].panels:
        assert panel.words
        assert panel.svg.count("<title>") == len(panel.words)
        assert all(each.text in panel.svg for each in panel.words)


def test_a_reader_chooses_the_axis_or_ratios_of_rate_and_latency() -> None:
    """Each percentile in each variant of latency; what another axis shows has no second table."""
    choices = {
        key: [variant.choice for variant in drawing.variants] for key, drawing in drawings().items()
    }
    assert choices == {
        "wait.throughput": [Choice("log"), Choice("ratio")],
        "wait.latency": [Choice("linear"), Choice("ratio")],
        "wait.parts": [],
        "wait.rounds": [],
    }
    latency = drawings()["wait.latency"]
    for every in (latency.panels, *(variant.panels for variant in latency.variants)):
        assert [panel.percentile for panel in every] == ["p50", "p95", "p99"]
    own, ratio = (table.title for table in chart_tables.of_drawing(drawings()["wait.throughput"]))
    assert (own, ratio) == (
        "How many requests per second are served?",
        "How many requests per second are served?: As ratio to the reference",
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_colour_is_written_out(name: str) -> None:
    """Each is a variable that the page defines, for light and for dark."""
    used = set(re.findall(r"var\((--\w+)\)", "".join(panels(name))))
    assert len(used) > 4
    assert used <= set(variables()) == set(variables(dark=True))
    assert not re.search(r"#[0-9a-fA-F]{6}\b", "".join(panels(name)))


def test_what_is_drawn_of_a_deployment_has_its_class_and_its_key() -> None:
    """So that the page can hide it in all charts; a panel of one deployment as a whole."""
    for name in ("throughput", "latency"):
        assert [key.key for key in drawings()[f"wait.{name}"].keys] == ["d0", "d1"]
        assert all('class="d0"' in svg and 'class="d1"' in svg for svg in panels(name))
    assert [panel.key for panel in drawings()["wait.parts"].panels] == ["d0", "d1"]


@pytest.mark.parametrize("looks", [WSGI, ASGI])
def test_deployments_stay_apart_and_legible_on_a_dark_page(looks: tuple[Look, ...]) -> None:
    """As many colours as on a light one, each with a contrast of 3 to the page (WCAG 1.4.11)."""
    dark = [DARK[look.colour.lower()] for look in looks]
    assert len(set(dark)) == len(looks)
    assert min(contrast(colour, DARK[PAPER]) for colour in dark) >= 3


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, by WCAG 2."""
    dark, light = sorted(luminance(colour) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, by WCAG 2."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in to_rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

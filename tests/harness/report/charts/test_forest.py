"""The forest plot of a check: what has a row, where it lies, and how its verdict is shown."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from harness.checks.judge import Change, Verdict
from harness.checks.outcome import Check
from harness.checks.self_comparison import Repeat
from harness.report.charts import registry
from tests.support.builders import judged

CELLS = ("gunicorn.plain", "uvicorn.wait")


def change(name: str, verdict: Verdict, ratio: float | None, **other: float | None) -> Change:
    """Build a change with an interval of 1% each way."""
    ends = {"low": ratio and ratio / 1.01, "high": ratio and ratio * 1.01} | other
    return Change(
        judged(name), verdict, ratio, ends["low"], ends["high"], 40, 0.04, None, "because"
    )


def check(*changes: Change) -> Check:
    """Build a check in which every change has its repeat at 0.999."""
    repeats = tuple(Repeat(each.metric, 0.999, 0.99, 1.008, 32, each.scale) for each in changes)
    return Check("main", "HEAD", {}, changes, repeatability=repeats)


EVERY = check(
    change("gunicorn.plain.throughput_rps", "improved", 1.06),
    change("gunicorn.plain.latency_p50_ms", "unchanged", 1.004),
    replace(change("gunicorn.plain.error_share", "unchanged", 0.0), scale="difference"),
    change("uvicorn.wait.throughput_rps", "missing", None),
    change("uvicorn.wait.latency_p50_ms", "regressed", 1.1),
    change("uvicorn.wait.server_rss_mib", "undecided", 1.02, low=None, high=None),
)


def panel(result: Check) -> Axes:
    """Draw the chart of a check; return its panel."""
    figure = registry.draw_check(result)["forest"]
    figure.draw_without_rendering()
    return figure.axes[0]


def labels(axes: Axes, *, right: bool = False) -> list[str]:
    """Read what stands at the left of the rows, or at the right."""
    side = axes.child_axes[0] if right else axes
    return [label.get_text() for label in side.get_yticklabels()]


def markers(axes: Axes) -> list[tuple[str, float]]:
    """List the marker of each point and where it lies."""
    lines = [line for line in axes.get_lines() if line.get_marker() != "None"]
    return [(str(line.get_marker()), float(np.asarray(line.get_xdata())[0])) for line in lines]


def test_each_cell_has_a_heading_and_each_of_its_metrics_a_row() -> None:
    """With BASE against itself below, but for a difference, which has no place on the axis."""
    axes = panel(EVERY)
    again = "BASE / BASE"
    assert labels(axes) == [
        "gunicorn.plain",
        "throughput_rps",
        again,
        "latency_p50_ms",
        again,
        "error_share",
        "uvicorn.wait",
        "throughput_rps",
        again,
        "latency_p50_ms",
        again,
        "server_rss_mib",
        again,
    ]


def test_the_form_of_a_marker_is_the_verdict() -> None:
    """Not its colour alone; what is inconclusive is hollow, what is missing has none."""
    axes = panel(EVERY)
    assert [each for each in markers(axes) if each[0] != "|"] == [
        *(("^", 1.06), ("o", 1.004), ("v", 1.1), ("D", 1.02)),
    ]
    assert sum(marker == "|" for marker, _ in markers(axes)) == 5
    (hollow,) = [line for line in axes.get_lines() if line.get_marker() == "D"]
    assert hollow.get_markerfacecolor() == "white"


def test_the_figures_stand_at_the_right() -> None:
    """Of what the axis cannot show, the verdict."""
    axes = panel(EVERY)
    figures = dict(zip(labels(axes), labels(axes, right=True), strict=True))
    assert figures["error_share"] == "+0.00 points: unchanged"
    assert figures["server_rss_mib"] == "+2.0%"
    assert figures["BASE / BASE"] == "-0.1% (-1.0% to +0.8%)"
    assert "missing" in labels(axes, right=True)


def test_the_axis_is_logarithmic_and_labelled_as_change() -> None:
    """The bands of the margins are within it, at the edges of the narrow ones there are ticks."""
    axes = panel(EVERY)
    assert axes.get_xscale() == "log"
    ticks = [label.get_text() for label in axes.get_xticklabels()]
    assert {"-3%", "0%", "+3%"} <= set(ticks)
    low, high = axes.get_xlim()
    assert low < 1 / 1.06 and high > 1.111


@pytest.mark.parametrize("ratio", [0.02, 1.0, 4.2, 60.0])
def test_however_far_a_change_is_ticks_stay_apart(ratio: float) -> None:
    """None is written over its neighbour, and the change is in the picture."""
    axes = panel(check(change("uvicorn.wait.latency_p50_ms", "regressed", ratio)))
    assert axes.get_xlim()[0] < ratio < axes.get_xlim()[1]
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert len(boxes) >= 3
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_an_interval_without_end_presses_nothing_flat() -> None:
    """Two pairs say next to nothing; their interval goes on beyond the edge."""
    wide = change("uvicorn.wait.latency_p50_ms", "undecided", 1.0, low=1e-9, high=1e9)
    axes = panel(check(wide))
    assert axes.get_xlim() == pytest.approx((0.5, 2), rel=0.1)


def test_a_check_has_its_chart_as_svg_and_png(tmp_path: Path) -> None:
    """Both named forest, the same bytes every time."""
    for folder in ("one", "two"):
        registry.save(registry.draw_check(EVERY), tmp_path / folder)
    for name in ("forest.svg", "forest.png"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_each_metric_has_a_band_of_its_own_margin() -> None:
    """A metric that scatters more is judged by a wider one, and the axis has room for it."""
    wide = replace(EVERY, changes=tuple(replace(c, margin=0.5) for c in EVERY.changes))
    axes = panel(wide)
    edges = [area.get_datalim(axes.transData).x1 for area in axes.collections]
    assert max(edges) == pytest.approx(1.5)
    assert axes.get_xlim()[1] > 1.5

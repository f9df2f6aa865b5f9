"""The chart of a trend: what is joined, what is marked and how it is named."""

from collections.abc import Sequence

import numpy as np
import pytest
from matplotlib.figure import Figure

from harness.report.charts import registry
from harness.runs.changepoints import AVAILABLE
from harness.runs.entry import Entry
from harness.runs.trends import trend
from tests.support.histories import steady


def figure_of(history: Sequence[Entry]) -> Figure:
    """Draw the trend of a history."""
    return registry.draw_trend(trend(history))["trend"]


def test_the_chart_joins_only_runs_of_equal_facts() -> None:
    """A panel for each metric, in it a line for each of two stretches."""
    figure = figure_of(steady(9, change=4))
    panels = figure.axes
    assert len(panels) == 3
    for axes in panels:
        joined = [list(np.asarray(line.get_xdata())) for line in axes.get_lines()]
        assert [0, 1, 2, 3] in joined and [4, 5, 6, 7, 8] in joined
        assert [3.5, 3.5] in joined


def test_the_chart_names_what_changed_at_its_mark() -> None:
    """By a letter in each panel and a line below."""
    figure = figure_of(steady(9, change=4))
    assert [text.get_text() for axes in figure.axes for text in axes.texts].count("A") == 3
    words = figure.legends[0].get_title().get_text()
    assert "A: python CPython 3.11.2 -> CPython 3.12.1" in words


@pytest.mark.skipif(not AVAILABLE, reason="ruptures has no release for this Python")
def test_the_chart_writes_the_factor_at_a_change_point() -> None:
    """In each of the panels, whose metrics all changed at once."""
    figure = figure_of(steady(40, step=1.25, at=20))
    written = [text.get_text() for axes in figure.axes for text in axes.texts]
    factors = [text for text in written if text.endswith("x")]
    assert len(factors) == 3 and all(text.startswith("1.2") for text in factors)


def test_a_single_run_is_drawn() -> None:
    """One point in each panel, and its day."""
    figure = figure_of(steady(1))
    figure.draw_without_rendering()
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["2026-01-01"]

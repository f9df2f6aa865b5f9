"""The charts of the execution models: who worked when, and measured times over theory."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch

from harness.core.execution_models import MODELS, Case, Task, Work
from harness.core.summary import Spread
from harness.measure.execution_models import Cell
from harness.report.charts import registry
from harness.report.charts.execution_models import LANED, LOOKS


def tasks(model: str, work: Work) -> list[Task]:
    """Return three tasks: two overlap, the third begins when the first has ended."""
    spans = [(0.0, 20.0), (1.0, 21.0), (20.0, 40.0)]
    return [Task(model, work, n, 1, began, ended) for n, (began, ended) in enumerate(spans)]


def cell(model: str, work: Work, number: int, took_ms: float) -> Cell:
    """Return a cell of waits of 20 ms, whose theory is that of an event loop."""
    spread = Spread(took_ms, took_ms - 1, took_ms + 1, 5, "interval")
    return Cell(Case(model, work, 20.0, None, 1, number), spread, each_ms=0.1)


CELLS = [
    *(cell("asyncio", "wait", number, ms) for number, ms in ((1, 21.0), (1_000, 118.0))),
    *(cell(name, "compute", 10, 200.0) for name in ("asyncio", "uvloop")),
]
DRAWN = [*tasks("asyncio", "wait"), *tasks("asyncio", "compute")]


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    """Return both charts, drawn once."""
    return registry.draw_models(CELLS, DRAWN)


def test_every_model_has_a_look_of_its_own() -> None:
    """By colour and by marker; lanes are drawn of models that exist."""
    assert list(LOOKS) == [model.name for model in MODELS]
    assert len({look.colour for look in LOOKS.values()}) == len(MODELS)
    assert len({look.marker for look in LOOKS.values()}) == len(MODELS)
    assert set(LANED) <= set(LOOKS)


def test_tasks_of_one_worker_that_overlap_do_not_hide_each_other(
    figures: dict[str, Figure],
) -> None:
    """Three bars on two lines, inside the row of their worker."""
    waits, computations = figures["lanes"].axes
    for axes in (waits, computations):
        (shape,) = [each for each in axes.patches if isinstance(each, PathPatch)]
        # Four corners of each bar, and its first once more.
        bars = np.asarray(shape.get_path().vertices).reshape(-1, 5, 2)
        assert [(bar[:, 0].min(), bar[:, 0].max()) for bar in bars] == [(0, 20), (20, 40), (1, 21)]
        first, third, second = ((bar[:, 1].min(), bar[:, 1].max()) for bar in bars)
        assert first == third and 0.5 < first[0] < first[1] < second[0] < second[1] < 1.5


def test_measured_points_lie_beside_theory(figures: dict[str, Figure]) -> None:
    """Dotted from 1 task to 1,000: D + n S = 20.1 to 120 ms; measured 21 and 118."""
    waits, computations = figures["times"].axes
    (theory,) = dotted(waits)
    values = np.asarray(theory.get_ydata())
    assert (values[0], values[-1]) == pytest.approx((20.1, 120))
    (points,) = [each for each in waits.collections if isinstance(each, PathCollection)]
    assert [float(y) for _, y in np.asarray(points.get_offsets())] == [21, 118]
    assert len(dotted(computations)) == 2
    assert computations.get_title() == "computations of 20 ms"


def dotted(axes: Axes) -> list[Line2D]:
    """Return what theory says; bars are lines, too."""
    return [line for line in axes.get_lines() if line.get_linestyle() == ":"]


def test_the_key_has_the_models_that_were_measured(figures: dict[str, Figure]) -> None:
    """And says what a point is."""
    (legend,) = figures["times"].legends
    assert [text.get_text() for text in legend.get_texts()] == ["asyncio", "uvloop"]
    assert "95% interval of 5 rounds" in legend.get_title().get_text()

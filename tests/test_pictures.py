"""The pictures that README and docs show are those that `make pictures` would draw now."""

import re
from itertools import groupby
from pathlib import Path

import pytest
from matplotlib.image import imread

from harness.measure.execution_models import cells
from harness.report import execution_model_files
from harness.report.charts import registry
from harness.report.write import summary_of
from harness.runs.store import Run

PAGES = (*Path().glob("README*.md"), *Path("docs").glob("*.md"))
SHOWN = sorted(
    {
        (page.parent / link).resolve().relative_to(Path.cwd())
        for page in PAGES
        for link in re.findall(r"!\[[^]]*\]\(([^)]+\.png)\)", page.read_text())
    }
)
OF_RUNS = [picture for picture in SHOWN if picture.parent.name == "charts"]
RUNS = [
    pytest.param(run, [picture.stem for picture in pictures], id=str(run))
    for run, pictures in groupby(OF_RUNS, lambda picture: picture.parents[1])
]
COLOUR_STEP = 1 / 255
OF_MODELS = [picture for picture in SHOWN if picture not in OF_RUNS]


@pytest.mark.parametrize(("run", "charts"), RUNS)
def test_a_chart_of_a_stored_run_is_what_its_figures_give(
    run: Path, charts: list[str], tmp_path: Path
) -> None:
    """Pixel by pixel."""
    figures = registry.draw(summary_of(Run.open(run)), only=charts)
    drawn = registry.save_pictures(figures, tmp_path)
    assert sorted(drawn) == charts
    for chart in charts:
        assert_alike(run / "charts" / f"{chart}.png", drawn[chart])


def test_a_chart_of_the_execution_models_is_what_their_figures_give(tmp_path: Path) -> None:
    """Pixel by pixel."""
    (folder,) = {picture.parent for picture in OF_MODELS}
    run = execution_model_files.read(folder)
    figures = registry.draw_models(cells(run.repetitions), run.drawn)
    drawn = registry.save_pictures(figures, tmp_path)
    for picture in OF_MODELS:
        assert_alike(picture, drawn[picture.stem])


def assert_alike(stored: Path, drawn: Path) -> None:
    """Compare two pictures by their pixels: processors round a colour to one step or the next."""
    first, second = imread(stored), imread(drawn)
    assert first.shape == second.shape, f"{stored}: make pictures"
    assert abs(first - second).max() < 1.5 * COLOUR_STEP, f"{stored}: make pictures"

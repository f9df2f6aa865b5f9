"""The cost of the analysis, told of a run small enough for a test."""

from pathlib import Path

import pytest

from benchmarks import synthetic
from benchmarks.pipeline import SCENARIOS, USERS, Cost, analysis_cost
from harness.core.errors import BenchError
from harness.measure.measurement import measure
from harness.runs.store import Run


def test_made_rows_measure_as_what_they_were_made_from() -> None:
    """20,000 requests of 200 users in 8 s: 99 each, in 80.8 ms on average, half in the view."""
    plateau = synthetic.plateau(200, opened=1000.0)
    rows = synthetic.requests(plateau, 20_000, seed=1)
    measured, extra = measure(rows, synthetic.usage(plateau), plateau, SCENARIOS[0])
    assert measured.throughput_rps == pytest.approx(200 / 0.0808, rel=0.02)
    assert measured.latency_mean_ms == pytest.approx(80.8, rel=0.02)
    assert measured.server_cpu_share == pytest.approx(0.75)
    assert abs(measured.little_residual or 1) < 0.005
    assert extra.part_view_ms == pytest.approx(80.8 / 2 - 1, rel=0.02)


Analysed = tuple[Run, Cost]


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    """Analyse a made run of one round, and see what that costs."""
    folder = tmp_path_factory.mktemp("analysed")
    cost = analysis_cost(folder, rounds=1, requests=3200)
    return Run.open(folder / "run"), cost


@pytest.mark.long
def test_every_trial_is_measured_trusted_and_drawn(analysed: Analysed) -> None:
    """5 deployments x 2 scenarios x 5 loads; the raw rows end up as Parquet, none as CSV."""
    run, cost = analysed
    records = run.records()
    assert len(records) == 5 * 2 * len(USERS)
    assert not any(record.doubts for record in records)
    assert cost.requests == len(records) * 3200
    assert len(list(run.folder.glob("blocks/*/requests.parquet"))) == 10
    assert not list(run.folder.glob("blocks/*/*.csv"))
    assert (run.charts / "one.parts.png").exists()


@pytest.mark.long
def test_every_step_is_timed_and_making_rows_is_none(analysed: Analysed) -> None:
    """What a run does not do is told apart."""
    _, cost = analysed
    assert list(cost.seconds) == ["read", "measure", "judge", "keep", "summarise", "draw"]
    assert all(seconds > 0 for seconds in cost.seconds.values())
    assert cost.drawing_s > 0
    assert 0 < cost.gates_share < 1


def test_no_rounds_are_refused(tmp_path: Path) -> None:
    """Nothing to tell of."""
    with pytest.raises(BenchError, match="set --rounds to 1 or more"):
        analysis_cost(tmp_path, rounds=0)

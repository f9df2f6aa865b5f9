"""A run folder that an earlier version made is read, reported and compared."""

import json
from pathlib import Path
from shutil import copytree

import pytest

from harness.core.gate import GateName
from harness.report.write import report
from harness.runs.drift import drifts
from harness.runs.history import condense
from harness.runs.store import Run
from tests.support.old_runs import OLD_RUNS

OLD = pytest.mark.parametrize("old", OLD_RUNS, ids=lambda folder: folder.name)


def copied(old: Path, folder: Path) -> Run:
    """Open a copy of the files that a report is made from."""
    return Run.open(Path(copytree(old, folder / old.name)))


@OLD
def test_an_old_run_is_read_with_its_doubts(old: Path, tmp_path: Path) -> None:
    """Every gate of then is one of now; each reason stands in the file as it was read."""
    run = copied(old, tmp_path)
    text = (run.folder / "trials.csv").read_text()
    doubts = [doubt for record in run.records() for doubt in record.doubts]
    assert doubts
    for doubt in doubts:
        assert doubt.gate is not GateName.UNKNOWN
        assert str(doubt) in text


@pytest.mark.long
@OLD
def test_an_old_run_is_reported_and_compared(old: Path, tmp_path: Path) -> None:
    """Nothing is missing, all gates judged, each doubt is an object; it is off itself by 0."""
    run = copied(old, tmp_path)
    written = report(run)
    assert not written.narrative.holes
    assert "not judged" not in written.page.read_text()
    summary = json.loads((run.folder / "summary.json").read_text())
    doubts = [doubt for sample in summary["samples"] for doubt in sample["doubts"]]
    assert {doubt["gate"] for doubt in doubts} <= set(GateName)
    assert all(1 <= len(doubt["reasons"]) <= run.plan.rounds == doubt["rounds"] for doubt in doubts)
    ratios = [
        r.value for drift in drifts(condense(run), condense(run)) for r in drift.ratios.values()
    ]
    assert ratios
    assert set(ratios) == {1.0}

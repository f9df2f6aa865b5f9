"""`make claims` from a run that is finished: what it writes, prints and refuses."""

from dataclasses import asdict
from pathlib import Path

import pytest

from harness.core import schedule
from harness.report.assessment import markdown, read
from harness.report.claims import CLAIMS
from harness.runs.store import Run
from harness.runs.summarise import summarise
from tests.support import claims, verbs


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Store a whole run of the plan, with its summary."""
    order = [block.slug for block in schedule.blocks(claims.PLAN)]
    run = Run.create(
        tmp_path / "it", claims.TEXT, claims.MACHINE, "abc", order, plan_folder=claims.PATH.parent
    )
    for record in claims.records():
        run.append(record)
    run.write_summary(asdict(summarise("it", run.plan, claims.MACHINE, run.records())))
    return run


def call(run: Run) -> tuple[int, str, str]:
    """Make the claims of a run, into its own folder of results."""
    results = run.folder.parent
    words = (f"--results={results}", f"--document={results / 'claims.md'}")
    return verbs.call("claims", f"--run={run.name}", *words)


def test_a_finished_run_is_judged_not_measured_again(run: Run) -> None:
    """The file, the page that it gives, and each claim with its verdict on the screen."""
    status, output, errors = call(run)
    assert (status, errors) == (0, "")
    stored = read(run.folder.parent / "claims" / "claims.json")
    assert stored is not None
    assert (stored.run, stored.measured.commit) == ("it", "abc")
    assert (run.folder.parent / "claims.md").read_text() == markdown(stored)
    for claim, outcome in zip(CLAIMS, stored.outcomes, strict=True):
        assert f"\n{outcome.verdict}: {claim.text}\n" in output


def test_a_run_of_another_plan_is_refused(tmp_path: Path) -> None:
    """With the first cell that it lacks; no page is written."""
    document = tmp_path / "claims.md"
    status, _, errors = verbs.call("claims", "--run=reference", f"--document={document}")
    assert status == 2
    assert "the run has no uvicorn-sync-views, one-at-a-time at 16 clients; " in errors
    assert not document.exists()


def test_a_run_without_a_summary_names_the_cure(run: Run) -> None:
    """Which is to write it anew."""
    (run.folder / "summary.json").unlink()
    status, _, errors = call(run)
    assert status == 2
    assert "summary.json: cannot be read; `make report RUN=it` writes it anew" in errors

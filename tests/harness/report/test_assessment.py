"""claims.json and docs/claims.md: what a run makes of each claim, and since when."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.summary import Sample
from harness.report.assessment import Assessment, assess, markdown, read, sentence, write
from harness.report.claims import CLAIMS
from harness.runs.facts import RunFacts
from tests.support.claims import MACHINE, samples
from tests.test_figures import NO_FIGURES, numbers, numbers_of

FILE = Path("results/claims/claims.json")
DOCUMENT = Path("docs/claims.md")


def facts(started: str = "2026-11-26T10:00:00+00:00", commit: str = "abc") -> RunFacts:
    """Return the facts of a run of a day."""
    return RunFacts(schema=1, started=started, plan="", machine=dict(MACHINE), commit=commit)


def assessed(cells: Sequence[Sample], earlier: Assessment | None = None) -> Assessment:
    """Return what a run of a later day makes of the claims."""
    return assess("later", facts("2027-01-02T10:00:00+00:00", "def"), cells, earlier)


@pytest.fixture(scope="module")
def first() -> Assessment:
    """Assess a run in which ASGI takes 1.3 ms of CPU for a request, and WSGI 0.5 ms."""
    return assess("first", facts(), samples(), None)


def test_each_claim_has_an_outcome_in_the_order_of_the_registry(first: Assessment) -> None:
    """With the run, its day, its commit and the versions that served."""
    assert [each.claim for each in first.outcomes] == [claim.key for claim in CLAIMS]
    assert (first.run, first.measured.date, first.measured.commit) == ("first", "2026-11-26", "abc")
    assert first.measured.versions == {"django": "5.2.19", "uvicorn": "0.54.0"}


def test_a_finding_has_figures_range_claim_and_verdict(first: Assessment) -> None:
    """1.3 / 0.5 is 2.6; three digits, as the file has them."""
    outcome = next(each for each in first.outcomes if each.claim == "slower-for-sync-views")
    assert sentence(outcome.findings[0]) == (
        "server CPU per request of uvicorn-sync-views at 64 clients (1.3 ms) over "
        "gunicorn-gthread-64 at 64 clients (0.5 ms) is 2.6 (range 2.6 to 2.6 over 3 rounds); "
        "claimed at least 1.03: confirmed."
    )
    assert outcome.verdict == "confirmed"


def test_what_is_stored_is_what_is_read(first: Assessment, tmp_path: Path) -> None:
    """Nothing before the first run; a spoilt file is named."""
    path = tmp_path / "claims" / "claims.json"
    assert read(path) is None
    write(first, path)
    assert read(path) == first
    path.write_text(path.read_text().replace('"confirmed"', '"perhaps"'))
    with pytest.raises(BenchError, match=r"claims\.json: spoilt \(outcomes.*remove it"):
        read(path)


def test_a_verdict_stands_since_the_first_run_that_had_it(first: Assessment) -> None:
    """One that changes begins anew, as one on other predictions does."""
    again = assessed(samples(), first)
    assert again.measured.date == "2027-01-02"
    assert [each.since for each in again.outcomes] == [first.measured] * len(CLAIMS)
    once = replace(first.outcomes[0], findings=())
    other = replace(first, outcomes=(once, *first.outcomes[1:]))
    assert assessed(samples(), other).outcomes[0].since.date == "2027-01-02"
    cheaper = assessed(samples({"uvicorn-sync-views": 0.3}), first)
    since = {each.claim: each.since.date for each in cheaper.outcomes}
    assert since["slower-for-sync-views"] == "2027-01-02"
    assert since["async-orm"] == "2026-11-26"


def test_the_page_has_a_row_for_each_claim_with_its_source(first: Assessment) -> None:
    """And the scenarios that test it, what was found, since when."""
    rows = [line for line in markdown(first).splitlines() if line.startswith("| ")][2:]
    assert len(rows) == len(CLAIMS)
    for row, claim, outcome in zip(rows, CLAIMS, first.outcomes, strict=True):
        assert row.startswith(f"| {claim.text} ([{claim.publisher}]({claim.source})) | `")
        assert row.endswith(
            f" | 2026-11-26, `abc`, django 5.2.19, uvicorn 0.54.0 | **{outcome.verdict}** |"
        )
        for finding in outcome.findings:
            assert sentence(finding) in row
            assert f"`{finding.prediction.scenario}`" in row


def test_the_page_has_no_figure_that_is_not_in_the_file(first: Assessment, tmp_path: Path) -> None:
    """With as many digits; tests/test_figures.py asks that of every document."""
    write(first, tmp_path / "claims.json")
    figures = numbers(NO_FIGURES.sub("", markdown(first)))
    assert len(figures) > 20
    assert figures <= numbers_of(tmp_path / "claims.json")


def test_a_flagged_finding_says_so(first: Assessment) -> None:
    """Beside its range."""
    finding = replace(first.outcomes[0].findings[0], flagged=True)
    assert " over 3 rounds, flagged); claimed at most 1.5: " in sentence(finding)


@pytest.mark.skipif(not FILE.exists(), reason="no run is committed: make claims writes one")
def test_the_page_is_what_the_committed_file_gives() -> None:
    """Figure by figure, and it judges the claims as they stand in the registry now."""
    stored = read(FILE)
    assert stored is not None
    assert DOCUMENT.read_text() == markdown(stored)
    claimed = {claim.key: list(claim.predictions) for claim in CLAIMS}
    assert {
        each.claim: [finding.prediction for finding in each.findings] for each in stored.outcomes
    } == claimed
    assert json.loads(FILE.read_text())["run"] == stored.run

"""Outcomes of events in words."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.core import plan_file
from harness.core.deploys import Outcome
from harness.core.errors import BenchError
from harness.core.plan import Event
from harness.report import deploy_files, deploys

PLAN, TEXT = plan_file.read(Path("loadtests/plans/deploys.toml"))

OUTCOME = Outcome(
    scenario="wait",
    deployment="uvicorn",
    event="restart",
    asked=480,
    before=120,
    spoilt_before=1,
    answered=348,
    late=7,
    refused=10,
    cut=2,
    by_status=0,
    otherwise=0,
    unanswered=0,
    lost_begun=2,
    lost_ended=1,
    in_flight=6,
    in_flight_lost=2,
    twice=0,
    gap_before_ms=95.0,
    gap_ms=1234.0,
    took_over_s=1.26,
    stopped_s=0.31,
    reopened=64,
    astray=0,
    lag_p99_ms=1.5,
)


def test_a_row_says_what_was_lost_and_how() -> None:
    """Twelve in all, two of which the application had begun; the server ended after 0.31 s."""
    assert deploys.row(OUTCOME) == (
        *("restart", "480", "12 (10 refused, 2 cut)", "2 of 6", "2 (1)", "7", "0"),
        *("1,230 ms", "1.3 s", "0.31 s", "64"),
    )


def test_what_did_not_happen_is_empty_or_zero() -> None:
    """No new process, no end, no connections to keep."""
    kept = replace(OUTCOME, refused=0, cut=0, lost_begun=0, took_over_s=None, stopped_s=None)
    row = dict(zip(deploys.HEADINGS, deploys.row(replace(kept, reopened=None)), strict=True))
    assert (row["lost"], row["lost in work"]) == ("0", "0")
    assert row["new process after"] == "none"
    assert row["ended after"] == row["reconnected"] == ""


def test_each_server_has_a_row_for_each_event_in_the_order_of_the_plan() -> None:
    """Servers without an outcome are left out."""
    other = replace(OUTCOME, deployment="gunicorn-sync")
    first = replace(OUTCOME, event="reload")
    tables = [*deploys.tables(PLAN, [OUTCOME, other, first])]
    assert [heading for heading, _ in tables] == ["gunicorn-sync", "uvicorn"]
    assert [row[0] for row in tables[1][1]] == ["reload", "restart"]


def test_the_page_says_what_the_counts_rest_on() -> None:
    """What was spoilt before the event, and that both sides agree; or loudly that they do not."""
    page = deploys.markdown(PLAN, [OUTCOME], {"cores": "2"})
    assert "Before the events, 1 of 120 requests were lost or late" in page
    assert "Every request was counted on both sides" in page
    assert "- `kill`: SIGKILL to the worker that served last." in page
    assert "with cores 2." in page
    wrong = deploys.markdown(PLAN, [replace(OUTCOME, astray=3)], {})
    assert "do NOT agree on what was executed: uvicorn (restart: 3)" in wrong
    assert "Every request was counted" not in wrong


def test_every_heading_has_a_meaning() -> None:
    """But for the event, which the page lists by itself."""
    assert [text.split("**")[1] for text in deploys.MEANINGS] == [*deploys.HEADINGS[1:]]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Event(name="a", signal="SIGHUP"), "SIGHUP to the process that was started."),
        (
            Event(name="b", requests=240),
            "workers end by themselves, each after its share of 240 req",
        ),
    ],
)
def test_an_event_is_described(event: Event, words: str) -> None:
    """By what is done."""
    assert deploys.happens(event).startswith(words)


def test_outcomes_are_read_as_they_were_written(tmp_path: Path) -> None:
    """With what is empty."""
    other = replace(OUTCOME, event="reload", took_over_s=None, stopped_s=None, reopened=None)
    folder = deploy_files.folder(tmp_path, "run", PLAN, TEXT, {"cores": "2"})
    assert deploy_files.read(folder) == ()
    for outcome in (OUTCOME, other):
        deploy_files.append(folder, outcome)
    assert deploy_files.write(folder, PLAN, {}) == (OUTCOME, other)
    assert "12 (10 refused, 2 cut)" in (folder / "deploys.md").read_text()


def test_a_run_goes_on_only_with_its_own_plan_and_machine(tmp_path: Path) -> None:
    """Or else its tables would mix two."""
    folder = deploy_files.folder(tmp_path, "run", PLAN, TEXT, {"cores": "2"})
    assert deploy_files.folder(tmp_path, "run", PLAN, TEXT, {"cores": "2"}) == folder
    for text, facts in ((TEXT + "\n", {"cores": "2"}), (TEXT, {"cores": "4"})):
        with pytest.raises(BenchError, match="another plan, or is of another machine"):
            deploy_files.folder(tmp_path, "run", PLAN, text, facts)

"""The mutation score: files, a table and sentences that hide no fault that was missed."""

from dataclasses import replace
from pathlib import Path

from harness.core.score import Score
from harness.report.mutation_score import append, markdown, read, summary

NOTICED = Score("a leak", "application", "trials of a run", 4, 4, 0, 4, 2, "memory")
MOSTLY = Score("a tail", "rows", "simulated checks", 400, 300, 90, 400, 0, "slow_share")
MISSED = Score("a stall", "simulated turns", "simulated checks", 2000, 8, 1975, 2000, 0, "")
EQUAL = Score("noise", "simulated turns", "simulated checks", 0, 0, 0, 1000, 10, "")
SCORES = (NOTICED, MOSTLY, MISSED, EQUAL)


def test_what_is_stored_is_what_is_read(tmp_path: Path) -> None:
    """Row by row, as each fault is done with."""
    assert read(tmp_path) == ()
    for score in SCORES:
        append(tmp_path, score)
    assert read(tmp_path) == SCORES


def test_each_judge_has_its_sentence_and_what_is_missed_is_named() -> None:
    """10 alarms of 3,400 equal sides are 0.29%: simulated ones do not thin out real ones."""
    assert summary(SCORES) == (
        "Trials of a run: 1 of 1 faults are noticed in most tries, 1 in all; judgements of "
        "equal sides that alarm: 2 of 4 (50%), most in 2 of 4 (50%) beside a leak.",
        "Simulated checks: 1 of 2 faults are noticed in most tries, 0 in all; judgements of "
        "equal sides that alarm: 10 of 3,400 (0.29%), most in 10 of 1,000 (1.0%) beside noise.",
        "Not noticed in most tries: a stall (simulated checks: 8 of 2,000 (0.4%) noticed, 1,975 of "
        "2,000 (99%) inconclusive).",
    )


def test_where_nothing_is_missed_the_sentence_says_so() -> None:
    """And where equal sides never alarmed, none of them is named."""
    quiet = replace(NOTICED, false_alarms=0)
    assert summary((quiet,)) == (
        "Trials of a run: 1 of 1 faults are noticed in most tries, 1 in all; judgements of "
        "equal sides that alarm: 0 of 4 (0%).",
        "Not noticed in most tries: none.",
    )


def test_the_page_has_a_row_for_each_fault() -> None:
    """With its counts; noise of equal sides has no tries."""
    text = markdown(SCORES)
    assert (
        "| a tail | rows | simulated checks "
        "| 300 of 400 (75%) | 90 of 400 (22%) | 0 of 400 (0%) | slow_share |"
    ) in text
    assert "| noise | simulated turns | simulated checks |  |  | 10 of 1,000 (1.0%) |  |" in text

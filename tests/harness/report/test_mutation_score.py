"""The mutation score: files, a table and sentences that hide no fault that was missed."""

from pathlib import Path

from harness.core.score import Score
from harness.report.mutation_score import append, markdown, read, summary

NOTICED = Score("a leak", "application", "simulated checks", 400, 400, 0, 400, 2, "memory")
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


def test_the_sentences_name_what_is_missed_and_what_alarms_most() -> None:
    """12 alarms of 3,800 equal sides are 0.32%; noise alarms in 10 of 1,000, a leak in 2 of 400."""
    assert summary(SCORES) == (
        "Of 3 faults, 2 are noticed in most tries, 1 of them in all.",
        "Not noticed in most: a stall (simulated checks: 8 of 2,000 (0.4%) noticed, 1,975 of "
        "2,000 (99%) inconclusive).",
        "Equal sides alarmed in 12 of 3,800 judgements (0.32%); at most, in 10 of 1,000 (1.0%) "
        "beside noise.",
    )


def test_where_nothing_is_missed_no_sentence_says_so() -> None:
    """And the table has a row for each fault."""
    assert len(summary((NOTICED,))) == 2
    text = markdown(SCORES)
    assert (
        "| a tail | rows | simulated checks "
        "| 300 of 400 (75%) | 90 of 400 (22%) | 0 of 400 (0%) | slow_share |"
    ) in text
    assert "| noise | simulated turns | simulated checks |  |  | 10 of 1,000 (1.0%) |  |" in text

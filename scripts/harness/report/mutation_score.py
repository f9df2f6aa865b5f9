"""The mutation score as files and sentences: which faults the suite notices, which it does not."""

import csv
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from harness.checks import store
from harness.core.labels import markdown_table
from harness.core.score import Score
from harness.core.units import count, percent

SCORE = "score.csv"
SCORES = TypeAdapter(tuple[Score, ...])

HEADINGS = (
    "fault",
    "put into",
    "judged by",
    "noticed",
    "inconclusive",
    "false alarms on equal sides",
    "mostly by",
)


def row(score: Score) -> tuple[str, ...]:
    """Return a score under HEADINGS."""
    return (
        score.fault,
        score.place,
        score.judge,
        _share(score.noticed, score.tries),
        _share(score.inconclusive, score.tries),
        _share(score.false_alarms, score.equal),
        score.by,
    )


def summary(scores: Sequence[Score]) -> tuple[str, ...]:
    """Return the score in sentences: one for each judge, and what is not noticed in most tries."""
    judges = dict.fromkeys(score.judge for score in scores)
    by_judge = [_of_judge(judge, [s for s in scores if s.judge == judge]) for judge in judges]
    missed = [_missed(score) for score in scores if score.tries and not score.is_noticed]
    return (*by_judge, f"Not noticed in most tries: {'; '.join(missed) or 'none'}.")


def _of_judge(judge: str, scores: Sequence[Score]) -> str:
    """Return how many faults one judge notices, and how often it alarms for nothing."""
    faults = [score for score in scores if score.tries]
    noticed = sum(score.is_noticed for score in faults)
    always = sum(score.noticed == score.tries for score in faults)
    alarms = sum(score.false_alarms for score in scores)
    equal = sum(score.equal for score in scores)
    text = (
        f"{judge.capitalize()}: {noticed} of {len(faults)} faults are noticed in most tries, "
        f"{always} in all; judgements of equal sides that alarm: {_share(alarms, equal)}"
    )
    worst = max(scores, key=lambda score: score.false_alarms / score.equal)
    if not worst.false_alarms:
        return f"{text}."
    return f"{text}, most in {_share(worst.false_alarms, worst.equal)} beside {worst.fault}."


def _missed(score: Score) -> str:
    shares = [f"{_share(score.noticed, score.tries)} noticed"]
    if score.inconclusive:
        shares.append(f"{_share(score.inconclusive, score.tries)} inconclusive")
    return f"{score.fault} ({score.judge}: {', '.join(shares)})"


def _share(part: int, of: int) -> str:
    return f"{count(part)} of {count(of)} ({percent(part / of)})" if of else ""


def append(folder: Path, score: Score) -> None:
    """Put one score on disk."""
    store.append(folder / SCORE, score)


def read(folder: Path) -> tuple[Score, ...]:
    """Return the scores of a folder, none where it has no file of them yet."""
    if not (folder / SCORE).exists():
        return ()
    with (folder / SCORE).open(newline="") as file:
        return SCORES.validate_python(list(csv.DictReader(file)))


def markdown(scores: Sequence[Score]) -> str:
    """Return score.md: the sentences, and a table of all faults."""
    sentences = "\n\n".join(summary(scores))
    table = markdown_table(HEADINGS, map(row, scores))
    return f"# Mutation score\n\n{sentences}\n\n{table}"

"""The mutation score as files and sentences: which faults the suite notices, which it does not."""

import csv
from collections.abc import Iterable, Sequence
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


def summary(scores: Iterable[Score]) -> tuple[str, ...]:
    """Return the score in sentences: what is noticed, what is not, what alarms for nothing."""
    scores = tuple(scores)
    faults = [score for score in scores if score.tries]
    noticed = [score for score in faults if score.is_noticed]
    missed = [score for score in faults if not score.is_noticed]
    always = sum(score.noticed == score.tries for score in noticed)
    alarms = sum(score.false_alarms for score in scores)
    equal = sum(score.equal for score in scores)
    sentences = (
        f"Of {len(faults)} faults, {len(noticed)} are noticed in most tries, {always} of them in "
        "all.",
        f"Not noticed in most: {'; '.join(map(_missed, missed))}." if missed else "",
        f"Equal sides alarmed in {count(alarms)} of {count(equal)} judgements "
        f"({percent(alarms / equal)}); at most, in {_worst(scores)}.",
    )
    return tuple(filter(None, sentences))


def _missed(score: Score) -> str:
    shares = [f"{_share(score.noticed, score.tries)} noticed"]
    if score.inconclusive:
        shares.append(f"{_share(score.inconclusive, score.tries)} inconclusive")
    return f"{score.fault} ({score.judge}: {', '.join(shares)})"


def _worst(scores: Iterable[Score]) -> str:
    worst = max((s for s in scores if s.equal), key=lambda score: score.false_alarms / score.equal)
    return f"{_share(worst.false_alarms, worst.equal)} beside {worst.fault}"


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

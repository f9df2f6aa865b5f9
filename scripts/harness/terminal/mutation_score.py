"""What `make mutation-score` prints."""

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape

from harness.core.score import Score
from harness.report import mutation_score
from harness.terminal.terminal import OUT


def score(score: Score) -> None:
    """Print what became of one fault."""
    cells = zip(mutation_score.HEADINGS[1:], mutation_score.row(score)[1:], strict=True)
    texts = ", ".join(f"{heading}: {cell}" for heading, cell in cells if cell)
    OUT.print(escape(f"{score.fault}; {texts}"))


def note(text: str) -> None:
    """Print why something was not tried."""
    OUT.print(escape(text))


def summary(scores: Sequence[Score], folder: Path) -> None:
    """Print the sentences of the score and where its files are."""
    for sentence in mutation_score.summary(scores):
        OUT.print(f"\n{escape(sentence)}")
    OUT.print(f"score: {folder}")

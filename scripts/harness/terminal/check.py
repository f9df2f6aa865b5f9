"""What `make check` prints: how far it is, then its tables and the verdict."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Column, Table

from harness.checks.execute import Look
from harness.checks.judge import Change, Verdict
from harness.checks.metric import moved
from harness.checks.outcome import Check
from harness.core.units import seconds
from harness.report.wording import VERDICTS, interval, move
from harness.terminal.terminal import OUT

STYLES: dict[Verdict, str] = {
    "improved": "green",
    "unchanged": "",
    "regressed": "bold red",
    "undecided": "yellow",
    "missing": "red",
}


def start(sides: Sequence[str], longest_s: float) -> None:
    """Print what is compared, and how long that may take."""
    OUT.print(f"{escape(' against '.join(reversed(sides)))}: at most {seconds(longest_s)}")


def progress(look: Look) -> None:
    """Print how far the check is and, after a look, what it has decided."""
    if look.changes:
        verdicts = [change.verdict for change in look.changes]
        inconclusive = f"{verdicts.count('undecided')} of {len(verdicts)} metrics inconclusive"
        OUT.print(f"{look.pairs} of {look.most} pairs of each cell: {inconclusive}")


def result(check: Check, folder: Path) -> None:
    """Print a table for each cell, the notes, the verdict and where the documents are."""
    for cell, changes in groupby(check.changes, lambda change: change.metric.cell):
        table = Table(Column(escape(str(cell)), min_width=26), box=SIMPLE_HEAD, padding=0)
        for heading in ("change", "95% interval"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column(" verdict", no_wrap=True)
        for change in changes:
            table.add_row(*_row(change), style=STYLES[change.verdict])
        OUT.print(table)
    for count in check.instructions:
        OUT.print(f"{escape(count.name)}: {moved(count.ratio)}, {VERDICTS[count.verdict]}")
    for note in check.notes:
        OUT.print(escape(note))
    OUT.print(f"\n[bold]{escape(check.outcome.reason)}[/]\ncheck: {folder}")


def _row(change: Change) -> tuple[str, ...]:
    return (
        change.metric.name,
        move(change, change.ratio),
        f" {interval(change)}",
        f" {VERDICTS[change.verdict]}",
    )

"""What `make models` prints."""

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape

from harness.core.execution_models import Case
from harness.core.units import seconds, times
from harness.report import execution_models as report
from harness.runs import execution_models as runs
from harness.terminal.terminal import ERR, OUT, table


def note(text: str) -> None:
    """Print what will not be shown, and why."""
    ERR.print(f"[yellow]note:[/] {escape(text)}")


def begin(cases: Sequence[Case], rounds: int) -> None:
    """Print how much is measured, and about how long that takes."""
    duration = seconds(runs.seconds(cases, rounds))
    OUT.print(f"{len(cases)} cases, carried out {times(rounds)}: about {duration}")


def end_of_round(number: int, rounds: int) -> None:
    """Print how far the run is."""
    OUT.print(f"round {number} of {rounds} has ended")


def summary(run: report.Run, folder: Path) -> None:
    """Print how long all tasks took, and where the rest is."""
    for work, plural in report.PLURALS.items():
        OUT.print(f"\n{plural}")
        table(report.middles(run, work))
    OUT.print(f"report: {folder / report.PAGE}")

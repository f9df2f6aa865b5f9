"""What `make deploy-test` prints."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from rich.markup import escape

from harness.core.deploys import Case, Outcome
from harness.core.plan import Plan
from harness.core.units import count, milliseconds, seconds
from harness.report import deploys as report
from harness.runs import deploys as runs
from harness.terminal.terminal import ERR, OUT, table


def left_out(reasons: Mapping[str, str]) -> None:
    """Print which servers are left out, and why."""
    for name, reason in reasons.items():
        ERR.print(f"[yellow]note:[/] {escape(f'{name} is left out: {reason}')}")


def begin(cases: Collection[Case], folder: Path) -> None:
    """Print how much is carried out, and about how long that takes."""
    duration = seconds(runs.seconds(cases))
    OUT.print(f"{len(cases)} events, each on a fresh server: about {duration}; {folder}")


def follow(outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
    """Print a line for each outcome as it comes, and hand it on."""
    for each in outcomes:
        OUT.print(
            escape(
                f"{each.deployment}, {each.event}: {report.lost(each)} of {count(each.asked)} "
                f"lost, {count(each.late)} late, longest gap {milliseconds(each.gap_ms)}"
            )
        )
        yield each


def summary(plan: Plan, outcomes: Sequence[Outcome], page: Path) -> None:
    """Print a table for each server, what they rest on, and where the page is."""
    for heading, rows in report.tables(plan, outcomes):
        OUT.print(f"\n{heading}")
        table([dict(zip(report.HEADINGS, row, strict=True)) for row in rows])
    for note in report.notes(outcomes):
        OUT.print(escape(note))
    OUT.print(f"report: {page}")

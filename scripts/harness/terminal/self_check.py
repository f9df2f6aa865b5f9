"""What `make self-test` prints."""

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from harness.checks.self_check import Result
from harness.core.units import seconds
from harness.terminal.terminal import OUT


def outcome(result: Result) -> None:
    """Print what one check said of a slow-down that was put in."""
    OUT.print(f"{result.slowdown.named}: {escape(result.reason)} ({seconds(result.took_s)})")


def rates(rows: Sequence[Mapping[str, str]]) -> None:
    """Print how often checks gave each verdict, for each slow-down."""
    table = Table(*rows[0], box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*row.values())
    OUT.print(table)

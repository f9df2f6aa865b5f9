"""What `make instructions` prints."""

from pathlib import Path

from rich.markup import escape

from harness.checks.request_costs import RequestCost
from harness.core.units import count
from harness.terminal.terminal import OUT


def cost(each: RequestCost) -> None:
    """Print what one request costs a deployment."""
    OUT.print(
        escape(
            f"{each.deployment}, {each.scenario}: {count(each.per_request)} instructions per "
            f"request, {count(each.to_start)} to start"
        )
    )


def summary(folder: Path) -> None:
    """Print where the table is."""
    OUT.print(f"table: {folder / 'instructions.md'}")

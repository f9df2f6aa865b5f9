"""What `make self-test` prints."""

from rich.markup import escape

from harness.checks.self_check import Result
from harness.core.units import seconds
from harness.terminal.terminal import OUT


def outcome(result: Result) -> None:
    """Print what one check said of a slow-down that was put in."""
    OUT.print(f"{result.slowdown.named}: {escape(result.reason)} ({seconds(result.took_s)})")

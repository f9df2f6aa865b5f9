"""What `make check-proof` prints."""

from pathlib import Path

from rich.markup import escape

from harness.checks.proof import FAULTS, Attempt
from harness.core.units import seconds
from harness.terminal.terminal import OUT


def start(folder: Path) -> None:
    """Print where the attempts are stored, by which they can be continued."""
    OUT.print(f"proof: {folder}; make check-proof RUN={folder.name} continues it")


def attempt(attempt: Attempt) -> None:
    """Print what one check said."""
    mark = "" if attempt.holds else f", NOT {attempt.expected} in time"
    OUT.print(
        f"{FAULTS[attempt.fault].name}: {attempt.verdict}{mark} ({seconds(attempt.seconds)}): "
        f"{escape(attempt.by)}"
    )

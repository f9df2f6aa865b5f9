"""How often servers with a probe stopped, and what ran meanwhile. Pure."""

from collections.abc import Iterable

from harness.core.summary import StopTally
from harness.core.units import count, milliseconds, times


def sentences(stopped: Iterable[StopTally]) -> tuple[str, ...]:
    """Return a sentence for each deployment and scenario that a probe watched."""
    return tuple(_sentence(each) for each in stopped)


def _sentence(cell: StopTally) -> str:
    process = "event loop" if cell.interface == "asgi" else "process"
    subject = f"For `{cell.scenario}`, the {process} of {cell.deployment}"
    blocks = "" if cell.blocks == 1 else f" in {count(cell.blocks)} blocks"
    if not cell.stops:
        return f"{subject} never stopped{blocks}."
    longest = f"for up to {milliseconds(cell.longest_ms)}"
    return f"{subject} stopped {times(cell.stops)}{blocks} {longest}, {_collecting(cell)}."


def _collecting(cell: StopTally) -> str:
    if cell.collecting == cell.stops:
        return "while the garbage collector ran"
    if not cell.collecting:
        return "never while the garbage collector ran"
    return f"{count(cell.collecting)} of them while the garbage collector ran"

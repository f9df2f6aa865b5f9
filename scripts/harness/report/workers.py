"""How evenly the load of kept connections spread over workers, as rows. Pure."""

from collections.abc import Callable

from harness.core import units
from harness.core.metrics import MEMORY
from harness.core.summary import Spread, Summary
from harness.report.tables import bounds_text

WORDS = (
    "How the load spread over workers, where connections are kept: a worker keeps those that it "
    "has accepted. The share of all connections that the worker with most of them had at any "
    "reading, and the share of the requests that the busiest and the idlest answered, beside that "
    "of an even spread. Memory is that of the whole server, its master included, over its workers, "
    "pages that processes share counted once. In brackets the range over the rounds, from five "
    "rounds on the 95% interval. ○ = flagged. Empty = not measured."
)

HEADINGS = (
    "deployment",
    "users",
    "workers",
    "flagged",
    "even share",
    "connections of the busiest",
    "requests of the busiest",
    "requests of the idlest",
    "memory of a worker (MiB)",
)


def rows(summary: Summary, scenario: str) -> tuple[tuple[str, ...], ...]:
    """Return a row under HEADINGS for each cell of a scenario; none where none has several."""
    return tuple(
        (
            spread.deployment,
            units.count(spread.users),
            units.count(spread.workers),
            "○" if spread.flagged else "",
            units.percent(1 / spread.workers),
            _text(spread.connections, units.percent, summary.rounds),
            _text(spread.busiest, units.percent, summary.rounds),
            _text(spread.idlest, units.percent, summary.rounds),
            _text(spread.memory_mib, MEMORY.unit.text, summary.rounds),
        )
        for spread in summary.workers
        if spread.scenario == scenario
    )


def _text(spread: Spread | None, text: Callable[[float], str], rounds: int) -> str:
    """Return the middle with its bounds; nothing where it was not measured."""
    if spread is None:
        return ""
    bounds = "one round" if spread.rounds == 1 else bounds_text(spread, text, rounds)
    return f"{text(spread.middle)} ({bounds})"

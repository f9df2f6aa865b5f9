"""The league table of a scenario: each server with its ranks and as it comes. Pure."""

from collections.abc import Sequence
from itertools import groupby

from harness.core import units
from harness.core.labels import clients
from harness.core.metrics import Metric
from harness.core.summary import Spread, Standing, Summary
from harness.report.tables import bounds_text
from harness.runs.league import BY

THROUGHPUT = BY[0]

WORDS = (
    "Servers by rank, those of each interface among themselves, at the highest load: 1 + how many "
    "are better in every round and beyond the margin, so that those that cannot be told apart "
    "share a rank. Without a rank are cells in which too many requests failed, and latencies that "
    "are lower bounds. Memory counts pages that processes share once. As it comes is the "
    "throughput of the same server with settings of its own choosing. ○ = flagged. "
    "Empty = not measured."
)

HEADINGS = (
    "deployment",
    "interface",
    "users",
    "flagged",
    *(f"{metric.heading}, by rank" for metric in BY),
    f"as it comes: {THROUGHPUT.heading}",
)


def rows(summary: Summary, scenario: str) -> tuple[tuple[str, ...], ...]:
    """Return a row under HEADINGS for each server of a scenario; none where there is no league."""
    return tuple(
        _row(standing, summary.rounds)
        for standing in summary.league
        if standing.scenario == scenario
    )


def sentences(standings: Sequence[Standing]) -> tuple[str, ...]:
    """Return a sentence for each scenario: who served most, of each interface."""
    return tuple(
        _sentence(scenario, list(here))
        for scenario, here in groupby(standings, key=lambda standing: standing.scenario)
    )


def _sentence(scenario: str, standings: Sequence[Standing]) -> str:
    clauses = []
    for interface, group in groupby(standings, key=lambda standing: standing.interface):
        first = [each for each in group if each.ranks.get(THROUGHPUT.name) == 1]
        names = ", ".join(
            each.deployment + (" (flagged)" if each.flagged else "") for each in first
        )
        level = "level: " if len(first) > 1 else ""
        clauses.append(f"of {interface.upper()} {level}{names or 'none that can be ranked'}")
    return (
        f"For `{scenario}` at {clients(standings[0].users)}, the servers that nothing else "
        f"measurably exceeded in {THROUGHPUT.title}: {'; '.join(clauses)}."
    )


def _row(standing: Standing, rounds: int) -> tuple[str, ...]:
    default = standing.as_it_comes
    return (
        standing.deployment,
        standing.interface.upper(),
        units.count(standing.users),
        "○" if standing.flagged else "",
        *(_cell(standing, metric, rounds) for metric in BY),
        _value(default, THROUGHPUT, rounds) if default else "",
    )


def _cell(standing: Standing, metric: Metric, rounds: int) -> str:
    """Return the rank and the value with its bounds: 2: 1,240 (1,210 to 1,260)."""
    spread = standing.values.get(metric.name)
    if spread is None:
        return ""
    rank = standing.ranks.get(metric.name)
    text = _value(spread, metric, rounds)
    return f"{rank}: {text}" if rank else text


def _value(spread: Spread, metric: Metric, rounds: int) -> str:
    text = metric.unit.text(spread.middle)
    if spread.rounds == 1:
        return f"{text} (one round)"
    return f"{text} ({bounds_text(spread, metric.unit.text, rounds)})"

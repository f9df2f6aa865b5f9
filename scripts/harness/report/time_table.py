"""The rows of a scenario with an objective: who was served in time, and what that took. Pure."""

from collections.abc import Callable, Iterable

from harness.core import units
from harness.core.metrics import METRICS
from harness.core.summary import Sample, Summary
from harness.report.tables import load_text
from harness.report.wording import share_in_time

WORDS = (
    "Served in time is the share of requests that were answered within the objective; failed, late "
    "and unanswered ones count as not served. Connections are those that the server held, by the "
    "kernel's count. From the lowest round to the highest."
)


def headings(summary: Summary, scenario: str) -> tuple[str, ...]:
    """Return the columns of rows()."""
    objective_ms = next((s.objective_ms for s in summary.samples if s.scenario == scenario), None)
    return (
        "deployment",
        "users",
        "flagged",
        "rounds",
        "connections held",
        "failed",
        f"served within {units.milliseconds(objective_ms or 0)}",
        "answers/s",
        "server memory",
        "threads",
    )


def rows(summary: Summary, scenario: str) -> tuple[tuple[str, ...], ...]:
    """Return a row for each cell of a scenario with an objective; none where it has none."""
    return tuple(
        _row(sample)
        for sample in summary.samples
        if sample.scenario == scenario and sample.objective_ms and sample.rounds
    )


def _row(sample: Sample) -> tuple[str, ...]:
    rounds = sample.per_round
    return (
        sample.deployment,
        load_text(sample),
        "○" if sample.doubts else "",
        units.count(sample.rounds),
        _range(sample.connections_by_round, units.count),
        _range(rounds.get("error_share", ()), METRICS["error_share"].unit.text),
        share_in_time(sample),
        _range(rounds.get("throughput_rps", ()), units.significant),
        _range(rounds.get("server_rss_mib", ()), lambda mib: f"{mib:.0f} MiB"),
        _range(rounds.get("server_threads", ()), units.count),
    )


def _range(by_round: Iterable[float | None], text: Callable[[float], str]) -> str:
    """Return the lowest and the highest of the rounds; nothing where none measured it."""
    measured = [value for value in by_round if value is not None]
    if not measured:
        return ""
    low, high = text(min(measured)), text(max(measured))
    return low if low == high else f"{low} to {high}"

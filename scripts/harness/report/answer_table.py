"""The answer as a table: in each scenario the best of either interface, side by side. Pure."""

from collections.abc import Sequence

from harness.core import units
from harness.core.metrics import METRICS
from harness.core.summary import Comparison, Sample, Summary
from harness.report.ratio_table import ratio_text
from harness.report.tables import middle_text
from harness.runs.leaders import leader

THROUGHPUT = METRICS["throughput_rps"]
P95 = METRICS["latency_p95_ms"]

HEADINGS = (
    "scenario",
    "clients",
    "best WSGI",
    f"WSGI: {THROUGHPUT.short}",
    f"WSGI: {P95.short}",
    "best ASGI",
    f"ASGI: {THROUGHPUT.short}",
    f"ASGI: {P95.short}",
    f"ASGI / WSGI: {THROUGHPUT.short}",
)

WORDS = (
    "The deployments that served the most requests per second, at the highest load that both were "
    "measured at. ○ = rests on flagged trials, ~ = inconclusive."
)


def rows(summary: Summary) -> tuple[tuple[str, ...], ...]:
    """Return a row for each scenario in which both interfaces were measured at one load."""
    found = ((scenario, _last(summary, scenario)) for scenario in summary.scenarios)
    return tuple(_row(summary, scenario, pair) for scenario, pair in found if pair)


def _last(summary: Summary, scenario: str) -> Comparison | None:
    """Return the comparison of the best of both sides at their highest load."""
    samples = [sample for sample in summary.samples if sample.scenario == scenario]
    of_wsgi = {sample.deployment for sample in samples if sample.interface == "wsgi"}
    pairs = [
        each
        for each in summary.comparisons
        if (each.scenario, each.metric) == (scenario, THROUGHPUT.name) and each.bottom in of_wsgi
    ]
    # A second label of a deployment (A/A) is compared with that alone.
    compared = {name for pair in pairs for name in (pair.top, pair.bottom)}
    rivals = [sample for sample in samples if sample.deployment in compared]
    wsgi = leader(rivals, "wsgi", THROUGHPUT.name)
    asgi = leader(rivals, "asgi", THROUGHPUT.name)
    if wsgi is None or asgi is None:
        return None
    best = (asgi.sample.deployment, wsgi.sample.deployment)
    climbed = [each for each in pairs if (each.top, each.bottom) == best]
    return max(climbed, key=lambda pair: pair.users, default=None)


def _row(summary: Summary, scenario: str, pair: Comparison) -> tuple[str, ...]:
    cells = {
        sample.deployment: sample
        for sample in summary.samples
        if (sample.scenario, sample.users) == (scenario, pair.users)
    }
    return (
        scenario,
        units.count(pair.users),
        pair.bottom,
        *_values(cells[pair.bottom]),
        pair.top,
        *_values(cells[pair.top]),
        ratio_text(pair, summary.rounds),
    )


def _values(sample: Sample) -> Sequence[str]:
    return [middle_text(sample, metric) for metric in (THROUGHPUT, P95)]

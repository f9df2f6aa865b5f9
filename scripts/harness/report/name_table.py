"""Set out the figures by name of a scenario in rows of text. Pure."""

from collections.abc import Iterator

from harness.core import units
from harness.core.metrics import METRICS
from harness.core.summary import NameSample, Sample, Summary
from harness.report import names
from harness.report.tables import load_text

LATENCIES = ("latency_p50_ms", "latency_p95_ms", "latency_p99_ms")
SHARES = {"asked_share": "asked", "served_share": "of all served", "error_share": "failed"}
RATE = METRICS["throughput_rps"]

WORDS = (
    "By name, as Locust's statistics have it. Asked is the share of all requests, so the weight as "
    "it came out; of all served is the share of all good answers. Requests that set users up are "
    "not in it, nor those that were never answered, which have no name yet. Events that the "
    "locustfile fired itself have no shares. Empty = not measured."
)


def headings(model: str = "closed") -> tuple[str, ...]:
    """Return the columns of rows()."""
    return (
        "deployment",
        "users" if model == "closed" else "offered (requests/s)",
        "flagged",
        "name",
        "requests a round",
        *SHARES.values(),
        *(METRICS[name].title for name in LATENCIES),
        RATE.heading,
    )


def rows(summary: Summary, scenario: str) -> tuple[tuple[str, ...], ...]:
    """Return one scenario under headings(), a row per name of each cell; none without two names."""
    here = [sample for sample in summary.samples if sample.scenario == scenario]
    if not names.several(here):
        return ()
    return tuple(_row(sample, each) for sample in here for each in sample.names)


def _row(sample: Sample, each: NameSample) -> tuple[str, ...]:
    event = " (event)" if each.fired else ""
    return (
        sample.deployment,
        load_text(sample),
        "○" if sample.doubts else "",
        f"{each.label}{event}",
        *_middles(each),
    )


def _middles(each: NameSample) -> Iterator[str]:
    """Yield the middles over rounds as text; empty where not measured."""
    texts = {"requests": units.count, "throughput_rps": RATE.unit.text}
    texts |= dict.fromkeys(SHARES, units.percent)
    texts |= dict.fromkeys(LATENCIES, units.milliseconds)
    for number in ("requests", *SHARES, *LATENCIES, "throughput_rps"):
        spread = each.metrics.get(number)
        yield "" if spread is None else texts[number](spread.middle)

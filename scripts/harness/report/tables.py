"""Set out what a report says of each cell in rows of text. Pure."""

from collections.abc import Callable

from harness.core import statistics, units
from harness.core.plan import Model
from harness.core.record import NAMES, Comparison, Sample, Spread, Summary
from harness.runs import compare


def headings(summary: Summary, model: Model = "closed") -> tuple[str, ...]:
    """Name the columns of rows(): what stands beside a throughput depends on the rounds."""
    return (
        "deployment",
        "users" if model == "closed" else "offered (requests/s)",
        "doubted",
        "throughput (requests/s)",
        f"{NAMES[statistics.kind(summary.rounds)]} over rounds",
        "ASGI/WSGI ratio",
        "p50 latency",
        "p95 latency",
        "p99 latency",
        "errors",
        "server CPU per request",
    )


def scenarios(summary: Summary) -> dict[str, Model]:
    """List the scenarios that have samples, in the order of the plan, with their load model."""
    return {sample.scenario: sample.model for sample in summary.samples}


def rows(summary: Summary, scenario: str) -> tuple[tuple[str, ...], ...]:
    """Set out one scenario under headings(), a row per cell; an empty text means not measured."""
    here = [sample for sample in summary.samples if sample.scenario == scenario]
    reference = compare.best(here, scenario, "wsgi")
    wsgi = reference.deployment if reference else ""
    ratios = {
        (c.top, c.users): _ratio(c, summary.rounds)
        for c in summary.comparisons
        if (c.scenario, c.metric, c.bottom) == (scenario, "throughput_rps", wsgi)
    }
    ratios |= {(s.deployment, s.users): "reference" for s in here if s.deployment == wsgi}
    return tuple(
        _row(sample, ratios.get((sample.deployment, sample.users), ""), summary.rounds)
        for sample in here
    )


def _row(sample: Sample, ratio: str, rounds: int) -> tuple[str, ...]:
    found = sample.metrics
    rate = found.get("throughput_rps")
    errors, cpu = found.get("error_share"), found.get("server_cpu_ms_per_request")
    latencies = (found.get(f"latency_{p}_ms") for p in ("p50", "p95", "p99"))
    least = "≥ " if sample.latency_at_least else ""
    return (
        sample.deployment,
        _load(sample),
        "○" if sample.doubts else "",
        units.significant(rate.middle) if rate else "failed" if sample.failed_rounds else "",
        _bounds(rate, units.significant, rounds) if rate else "",
        ratio,
        *(least + units.milliseconds(latency.middle) if latency else "" for latency in latencies),
        units.percent(errors.middle) if errors else "",
        units.milliseconds(cpu.middle) if cpu else "",
    )


def _load(sample: Sample) -> str:
    if sample.model == "closed":
        return units.count(sample.users)
    rate = "" if sample.rate_rps is None else units.significant(sample.rate_rps)
    return rate if sample.fraction is None else f"{units.percent(sample.fraction)}: {rate}"


def _ratio(comparison: Comparison, rounds: int) -> str:
    ratio = comparison.ratio
    sign = "~ " if comparison.sign == "~" else ""
    return f"{sign}{units.factor(ratio.middle)} ({_bounds(ratio, units.factor, rounds)})"


def _bounds(spread: Spread, words: Callable[[float], str], rounds: int) -> str:
    """Print the bounds; what is not the kind that the heading promises says so."""
    other = "" if spread.kind == statistics.kind(rounds) else f"{spread.named} "
    return f"{other}{words(spread.low)} to {words(spread.high)}"

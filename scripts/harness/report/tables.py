"""The rows of text that a report has for cells, connections and gates. Pure."""

from collections.abc import Callable, Sequence

from harness.core import statistics, units
from harness.core.metrics import METRICS, Metric, Place, metrics_at
from harness.core.summary import (
    NAMES,
    Price,
    Sample,
    Slope,
    Spread,
    Summary,
    Tally,
)

# The rate is followed by its bounds, the others stand as they are.
THROUGHPUT, *BESIDE = metrics_at(Place.TABLE)


def headings(summary: Summary, scenario: str) -> tuple[str, ...]:
    """Return the columns of rows(): what stands beside a throughput depends on the rounds."""
    first = _of(summary, scenario)[0]
    return (
        "deployment",
        "users" if first.model == "closed" else "offered (requests/s)",
        "users per slot",
        "flagged",
        THROUGHPUT.heading,
        f"{NAMES[statistics.kind(summary.rounds)]} over rounds",
        *(metric.heading for metric in BESIDE),
    )


def rows(summary: Summary, scenario: str) -> tuple[tuple[str, ...], ...]:
    """Return one scenario under headings(), a row per cell; an empty text means not measured."""
    return tuple(_row(sample, summary.rounds) for sample in _of(summary, scenario))


def _of(summary: Summary, scenario: str) -> list[Sample]:
    return [sample for sample in summary.samples if sample.scenario == scenario]


def _row(sample: Sample, rounds: int) -> tuple[str, ...]:
    rate = sample.metrics.get(THROUGHPUT.name)
    return (
        sample.deployment,
        load_text(sample),
        users_per_slot(sample),
        "○" if sample.doubts else "",
        middle_text(sample, THROUGHPUT) or ("failed" if sample.failed_rounds else ""),
        bounds_text(rate, THROUGHPUT.unit.text, rounds) if rate else "",
        *(middle_text(sample, metric) for metric in BESIDE),
    )


def users_per_slot(sample: Sample) -> str:
    """Return how many users share a slot of a closed loop; nothing where slots are unbounded."""
    if sample.model == "open" or sample.users_per_slot is None:
        return ""
    return units.quotient(sample.users_per_slot)


def middle_text(sample: Sample, metric: Metric) -> str:
    """Return the middle of a metric; nothing where it was not measured."""
    spread = sample.metrics.get(metric.name)
    if spread is None:
        return ""
    least = "≥ " if metric.name in sample.lower_bounds else ""
    return least + metric.unit.text(spread.middle)


def load_text(sample: Sample) -> str:
    """Return the load of a cell where there is little room."""
    if sample.model == "closed":
        return units.count(sample.users)
    rate = "" if sample.rate_rps is None else units.significant(sample.rate_rps)
    return rate if sample.fraction is None else f"{units.percent(sample.fraction)}: {rate}"


def bounds_text(spread: Spread, text: Callable[[float], str], rounds: int) -> str:
    """Return the bounds; what is not the kind that the heading promises says so."""
    other = "" if spread.kind == statistics.kind(rounds) else f"{spread.kind_name} "
    return f"{other}{text(spread.low)} to {text(spread.high)}"


COST_HEADINGS = (
    "scenario",
    "deployment",
    "connections",
    "flagged",
    "server memory each (KiB)",
    "threads each",
    "kernel memory each, both ends (KiB)",
    "Locust memory each (KiB)",
    "server CPU each (ms/s)",
)

COST_WORDS = (
    "What one more connection adds: the slope by least squares over all trials, ± its standard "
    "error. The CPU time is that of the requests that come over the connection; where the server's "
    "core is full, this slope is too low. Kernel memory is socket structures and buffers, without "
    "the files and poll entries of sockets. ~ = within two standard errors of 0. "
    "Empty = not measured."
)


def cost_rows(prices: Sequence[Price]) -> tuple[tuple[str, ...], ...]:
    """Return the cost of a connection under COST_HEADINGS, a row per scenario and deployment."""
    return tuple(
        (
            price.scenario,
            price.deployment,
            _range([held.connections for held in price.points]),
            _flagged_share([held.doubted for held in price.points]),
            _slope(price.memory_kib),
            _slope(price.threads),
            _slope(price.kernel_kib),
            _slope(price.load_kib),
            _slope(price.cpu_ms),
        )
        for price in prices
    )


def _range(connections: Sequence[int]) -> str:
    return f"{units.count(min(connections))} to {units.count(max(connections))}"


def _flagged_share(trials: Sequence[bool]) -> str:
    return f"{sum(trials)} of {len(trials)}" if any(trials) else ""


def _slope(slope: Slope | None) -> str:
    if slope is None:
        return ""
    unclear = "~ " if abs(slope.each) <= 2 * slope.error else ""
    return f"{unclear}{units.significant(slope.each)} ± {units.significant(slope.error, 2)}"


CPU = METRICS["server_cpu_ms_per_request"]
RSS = METRICS["server_rss_mib"]
THREADS = METRICS["server_threads"]

LOAD_HEADINGS = (
    "scenario",
    "deployment",
    "load",
    "flagged",
    CPU.heading,
    RSS.heading,
    THREADS.heading,
)

LOAD_WORDS = (
    "What the server took at the highest load of each deployment, middle over the rounds. Memory "
    "is resident, so pages that processes share count in each. Empty = not measured."
)


def load_rows(summary: Summary) -> tuple[tuple[str, ...], ...]:
    """Return what each deployment took at its highest measured load, under LOAD_HEADINGS."""
    highest = {
        (sample.scenario, sample.deployment): sample
        for sample in sorted(summary.samples, key=lambda sample: sample.users)
        if CPU.name in sample.metrics or RSS.name in sample.metrics
    }
    cells = dict.fromkeys((sample.scenario, sample.deployment) for sample in summary.samples)
    return tuple(_load_row(highest[cell]) for cell in cells if cell in highest)


def _load_row(sample: Sample) -> tuple[str, ...]:
    return (
        sample.scenario,
        sample.deployment,
        load_text(sample),
        "○" if sample.doubts else "",
        *(middle_text(sample, metric) for metric in (CPU, RSS, THREADS)),
    )


GATE_HEADINGS = ("gate", "holds when", "passed", "flagged")

NOT_JUDGED = "not judged: no calibration"


def gate_rows(gates: Sequence[Tally]) -> tuple[tuple[str, ...], ...]:
    """Return the gates under GATE_HEADINGS; without a calibration one of them is not judged."""
    return tuple(
        (row.gate, row.holds, units.count(row.passed), units.count(row.doubted))
        if row.judged
        else (row.gate, row.holds, NOT_JUDGED, NOT_JUDGED)
        for row in gates
    )

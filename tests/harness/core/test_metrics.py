"""The registry of metrics: nothing measured without an entry, nothing shown that is not there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from harness.core.metrics import (
    GEOMETRIC,
    METRICS,
    MILLISECONDS,
    SHOWN_OF_EXTRA,
    Measurement,
    Metric,
    Place,
    metrics_at,
    registry,
)
from harness.core.record import Extra
from harness.core.statistics import P50, P90, P95, P99, P999
from harness.runs.trial_row import COLUMNS

METHOD = Path("docs/method.md").read_text()


def names(place: Place) -> list[str]:
    """Return the columns that a place shows, in their order."""
    return [metric.name for metric in metrics_at(place)]


def rows(heading: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the table of docs/method.md below a heading."""
    _, _, below = METHOD.partition(heading)
    assert below
    for line in below.splitlines()[2:]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def test_every_field_of_a_measurement_is_a_metric_of_its_name() -> None:
    """In the order of the columns; what is shown beyond them is a column too."""
    assert list(METRICS) == [field.name for field in fields(Measurement)]
    assert [metric.name for metric in METRICS.values()] == list(METRICS)
    assert {*SHOWN_OF_EXTRA} <= {field.name for field in fields(Extra)}
    assert {*METRICS, *SHOWN_OF_EXTRA} <= set(COLUMNS)


def test_a_field_without_an_entry_ends_the_import_by_its_name() -> None:
    """So no metric gets a mean, a title or a unit that nobody chose."""

    @dataclass
    class Careless:
        latency_p42_ms: float | None = None

    with pytest.raises(TypeError, match="latency_p42_ms: no entry"):
        registry(Careless)


def test_an_entry_without_its_mean_is_refused() -> None:
    """A share that silently got a geometric mean would have none where it is 0."""
    with pytest.raises(TypeError, match="mean"):
        Metric("p42 latency", MILLISECONDS, "less")  # type: ignore[call-arg]


def test_what_may_be_0_has_a_plain_mean_within_limits() -> None:
    """Shares, and counts of what should not happen, have no logarithm; Little's may be negative."""
    within = {metric.name: metric.mean.within for metric in METRICS.values()}
    geometric = {name for name, limits in within.items() if limits is None}
    assert not {name for name in geometric if re.search("share|residual|errors|overflows", name)}
    assert within["error_share"] == within["steal_share"] == (0, 1)
    assert within["little_residual"] is not None
    assert within["little_residual"][0] == -1
    assert METRICS["throughput_rps"].mean == GEOMETRIC


def test_readers_see_rates_and_latencies_before_failures_and_costs() -> None:
    """Whatever the order of the columns, which old runs have too."""
    assert names(Place.TABLE) == [
        "throughput_rps",
        "latency_p50_ms",
        "latency_p95_ms",
        "latency_p99_ms",
        "error_share",
        "server_cpu_ms_per_request",
    ]
    assert names(Place.COMPARISON) == ["throughput_rps", "latency_p50_ms", "latency_p95_ms"]


def test_a_trend_is_drawn_of_what_the_history_keeps() -> None:
    """Another metric would have a panel without a point."""
    assert set(names(Place.TREND)) < set(names(Place.HISTORY))


def test_what_stands_in_a_narrow_heading_has_a_short_name() -> None:
    """As the columns of the history do."""
    assert all(metric.short for metric in metrics_at(Place.HISTORY))


@pytest.mark.parametrize(
    ("name", "axis", "heading", "short_axis", "document_unit"),
    [
        ("throughput_rps", "throughput (requests/s)", None, "req/s", "requests/s"),
        ("latency_p95_ms", "p95 latency (ms)", "p95 latency", "p95 ms", "ms"),
        (
            "server_cpu_ms_per_request",
            "server CPU per request (ms)",
            "server CPU per request",
            "CPU/req ms",
            "ms/request",
        ),
    ],
)
def test_a_heading_shows_the_unit_where_the_numbers_do_not(
    name: str, axis: str, heading: str | None, short_axis: str, document_unit: str
) -> None:
    """Axes have bare numbers; in a table, `12 ms` says it itself, and a rate does not."""
    metric = METRICS[name]
    assert (metric.axis, metric.heading) == (axis, heading or axis)
    assert (metric.short_axis, metric.document_unit) == (short_axis, document_unit)


def test_the_method_has_a_row_for_each_column_with_its_title() -> None:
    """And none for a column that is not there, or by another title."""
    documented = []
    titled = METRICS | SHOWN_OF_EXTRA
    for columns, titles, _ in rows("| column | title | formula |"):
        documented += re.findall(r"`(\w+)`", columns)
        metrics = [titled[name] for name in re.findall(r"`(\w+)`", columns) if name in titled]
        assert titles == ", ".join(metric.axis for metric in metrics), columns
    names_in_files = {
        *METRICS,
        *(field.name for field in fields(Extra)),
        "valid",
        "doubts",
        "fraction",
    }
    assert sorted(documented) == sorted(names_in_files)


def test_the_method_has_the_least_counts() -> None:
    """Of requests for each percentile: one lies above it, or five."""
    counts = f"p50 needs {P50.least}, p90 {P90.least}, p95 {P95.least}, p99 {P99.least}"
    assert f"{counts}, p99.9 {P999.least:,}, else it is empty" in METHOD
    for quantile, above in ((P50, 5), (P90, 1), (P95, 1), (P99, 5), (P999, 5)):
        assert round(quantile.least * (1 - quantile.share), 9) == above


def test_a_percentile_is_a_lower_bound_where_more_is_unanswered_than_lies_above_it() -> None:
    """0.9% unanswered reach p99.9 and the maximum, not p99; throughput is known."""
    bounds = [name for name, metric in METRICS.items() if metric.is_lower_bound(0.009)]
    assert bounds == ["latency_mean_ms", "latency_p999_ms", "latency_max_ms"]
    assert not METRICS["latency_p99_ms"].is_lower_bound(0.01)
    assert METRICS["latency_p99_ms"].is_lower_bound(0.011)
    assert not METRICS["latency_max_ms"].is_lower_bound(0)

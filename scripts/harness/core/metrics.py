"""The metrics of a trial: one entry for each, which every table, chart, check and document reads.

An entry is a field of Measurement: its name is the column of trials.csv. To add a metric, add an
entry and compute the field in harness.measure.measurement; docs/method.md has a row for each.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from enum import Flag, auto
from math import inf
from typing import Any, Literal

from harness.core import units
from harness.core.statistics import P50, P90, P95, P99, P999, Quantile

Better = Literal["more", "less"]


class Place(Flag):
    """Where a metric is shown or judged, beside trials.csv and summary.json."""

    NOWHERE = 0
    TABLE = auto()
    """A column of a report's tables."""
    COMPARISON = auto()
    """ASGI over WSGI, and one deployment over itself: the noise floor."""
    HISTORY = auto()
    """What is kept of a run: the history, baselines, and how far a run is off one."""
    TREND = auto()
    """A panel over the runs of a plan; only what the history keeps."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as axes show it, and how a value is printed in a sentence or a cell.

    A `bare` unit is not part of that text, so the heading has to show it. `document` is the unit in
    files for other tools, where it is another.
    """

    symbol: str
    text: Callable[[float], str]
    bare: bool = False
    document: str = ""


COUNT = Unit("", units.count)
CORES = Unit("cores", units.significant, bare=True)
EACH = Unit("", units.significant, document="a request")
KIB_EACH = Unit("KiB", units.significant, bare=True, document="KiB/request")
MIB = Unit("MiB", units.significant, bare=True)
MILLISECONDS = Unit("ms", units.milliseconds)
MILLISECONDS_EACH = Unit("ms", units.milliseconds, document="ms/request")
PER_MIB = Unit("per MiB", units.significant, bare=True)
REQUESTS_PER_SECOND = Unit("requests/s", units.significant, bare=True)
SECONDS = Unit("s", units.seconds)
SHARE = Unit("%", units.percent, document="share")
SHARE_OF_REQUESTS = Unit("% of requests", units.percent, document="share")


@dataclass(frozen=True, slots=True)
class Mean:
    """How rounds are averaged: geometrically, or plainly where a value lies `within` limits.

    What may be 0 or less has no logarithm, so it needs limits: harness.core.statistics.spread.
    """

    within: tuple[float, float] | None


GEOMETRIC = Mean(None)
FROM_ZERO = Mean((0.0, inf))
OF_SHARES = Mean((0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: what readers see of it, and how rounds are summed up.

    `name` is its column, `short` names it where there is little room; a `bare` unit is part of it.
    `better` is None where neither direction is. `quantile` is the percentile that it is, with the
    least count. `every_round`: summed up only where each measured round has it. `at_least`: a lower
    bound where requests stayed unanswered. `rank` orders what readers see, beyond the order of the
    columns. `timed` by the load generator's clock, which is late where the generator is.
    """

    title: str
    unit: Unit
    better: Better | None
    mean: Mean
    places: Place = Place.NOWHERE
    short: str = ""
    name: str = ""
    quantile: Quantile | None = None
    every_round: bool = False
    at_least: bool = False
    timed: bool = False
    rank: int = 0

    @property
    def more_is_better(self) -> bool:
        """Return whether the larger of two values is the better one."""
        return self.better == "more"

    def is_lower_bound(self, unanswered_share: float) -> bool:
        """Return whether the metric is at least its value, as a share was left unanswered.

        What is unanswered lasts longest: it reaches down to a percentile where it is more than
        lies above. Mean and maximum it reaches at once.
        """
        share = self.quantile.share if self.quantile else 1.0
        return self.at_least and unanswered_share + share > 1

    @property
    def axis(self) -> str:
        """Return the title above or beside bare numbers: p95 latency (ms)."""
        return f"{self.title} ({self.unit.symbol})" if self.unit.symbol else self.title

    @property
    def heading(self) -> str:
        """Return the title above printed values, which show their unit unless it is bare."""
        return self.axis if self.unit.bare else self.title

    @property
    def short_axis(self) -> str:
        """Return the title above bare numbers where there is little room: p95 ms."""
        return self.short if self.unit.bare else f"{self.short} {self.unit.symbol}"

    @property
    def document_unit(self) -> str:
        """Return the unit in files for other tools."""
        return self.unit.document or self.unit.symbol


EVERYWHERE = ~Place.NOWHERE


def _entry(metric: Metric) -> Any:
    """Return a field with its entry. Its default is None: not measured."""
    return field(default=None, metadata={"metric": metric})


def _latency(metric: Metric) -> Any:
    """Return the field of a latency, a lower bound where requests stayed unanswered."""
    return _entry(replace(metric, at_least=True, timed=True))


@dataclass(frozen=True, slots=True)
class Measurement:
    """The numbers of one trial, in the order of the columns; None means not measured."""

    measured_s: float | None = _entry(Metric("window", SECONDS, None, GEOMETRIC))
    requests: int | None = _entry(Metric("requests", COUNT, None, GEOMETRIC))
    errors: int | None = _entry(Metric("failed requests", COUNT, "less", FROM_ZERO))
    error_share: float | None = _entry(
        Metric(
            "errors",
            SHARE_OF_REQUESTS,
            "less",
            OF_SHARES,
            Place.TABLE,
            rank=1,
        )
    )
    throughput_rps: float | None = _entry(
        Metric(
            "throughput", REQUESTS_PER_SECOND, "more", GEOMETRIC, EVERYWHERE, "req/s", timed=True
        )
    )
    latency_mean_ms: float | None = _latency(
        Metric("mean latency", MILLISECONDS, "less", GEOMETRIC)
    )
    latency_p50_ms: float | None = _latency(
        Metric(
            "p50 latency",
            MILLISECONDS,
            "less",
            GEOMETRIC,
            EVERYWHERE & ~Place.TREND,
            "p50",
            quantile=P50,
        )
    )
    # A far percentile that only some rounds have may come out below a nearer one of all rounds.
    latency_p90_ms: float | None = _latency(
        Metric("p90 latency", MILLISECONDS, "less", GEOMETRIC, quantile=P90, every_round=True)
    )
    latency_p95_ms: float | None = _latency(
        Metric(
            "p95 latency",
            MILLISECONDS,
            "less",
            GEOMETRIC,
            EVERYWHERE,
            "p95",
            quantile=P95,
            every_round=True,
        )
    )
    latency_p99_ms: float | None = _latency(
        Metric(
            "p99 latency",
            MILLISECONDS,
            "less",
            GEOMETRIC,
            Place.TABLE,
            "p99",
            quantile=P99,
            every_round=True,
        )
    )
    latency_p999_ms: float | None = _latency(
        Metric("p99.9 latency", MILLISECONDS, "less", GEOMETRIC, quantile=P999, every_round=True)
    )
    latency_max_ms: float | None = _latency(
        Metric("longest latency", MILLISECONDS, "less", GEOMETRIC)
    )
    queue_p50_ms: float | None = _entry(
        Metric("p50 queueing", MILLISECONDS, "less", GEOMETRIC, quantile=P50, timed=True)
    )
    queue_p99_ms: float | None = _entry(
        Metric("p99 queueing", MILLISECONDS, "less", GEOMETRIC, quantile=P99, timed=True)
    )
    connect_p99_ms: float | None = _entry(
        Metric("p99 connecting", MILLISECONDS, "less", GEOMETRIC, quantile=P99, timed=True)
    )
    connections_opened: int | None = _entry(Metric("opened connections", COUNT, None, FROM_ZERO))
    server_cpu_ms_per_request: float | None = _entry(
        Metric(
            "server CPU per request",
            MILLISECONDS_EACH,
            "less",
            GEOMETRIC,
            EVERYWHERE & ~Place.COMPARISON,
            "CPU/req",
            rank=1,
        )
    )
    server_cpu_share: float | None = _entry(Metric("server CPU", CORES, None, FROM_ZERO))
    server_rss_mib: float | None = _entry(Metric("server memory", MIB, "less", GEOMETRIC))
    server_threads: int | None = _entry(Metric("server threads", COUNT, None, GEOMETRIC))
    load_cpu_share: float | None = _entry(Metric("load generator CPU", SHARE, None, FROM_ZERO))
    load_lag_p99_ms: float | None = _entry(
        Metric("p99 load generator lateness", MILLISECONDS, "less", GEOMETRIC)
    )
    steal_share: float | None = _entry(Metric("stolen time", SHARE, "less", OF_SHARES))
    little_residual: float | None = _entry(
        Metric("unaccounted users", SHARE, None, Mean((-1.0, inf)))
    )
    listen_overflows: int | None = _entry(Metric("dropped connections", COUNT, "less", FROM_ZERO))


def registry(measurement: type) -> dict[str, Metric]:
    """Return the entry of each field by its name; raise TypeError for a field without one."""
    bare = [each.name for each in fields(measurement) if "metric" not in each.metadata]
    if bare:
        raise TypeError(f"{', '.join(bare)}: no entry; a metric is a field with its _entry")
    return {
        each.name: replace(each.metadata["metric"], name=each.name) for each in fields(measurement)
    }


# What is shown of harness.core.record.Extra, and so no fields of Measurement.
SERVED = Metric("served in time", SHARE_OF_REQUESTS, "more", OF_SHARES, name="served_share")

DATABASE_CONNECTIONS = Metric(
    "database connections", COUNT, "less", FROM_ZERO, name="database_connections"
)
DATABASE_BUSY = Metric("busy database connections", COUNT, None, FROM_ZERO, name="database_busy")

FIRST_EVENT_P50 = Metric(
    "p50 time to the first event",
    MILLISECONDS,
    "less",
    GEOMETRIC,
    name="first_event_p50_ms",
    quantile=P50,
    timed=True,
)
FIRST_EVENT = Metric(
    "p95 time to the first event",
    MILLISECONDS,
    "less",
    GEOMETRIC,
    name="first_event_p95_ms",
    quantile=P95,
    timed=True,
)
EVENT_GAP = Metric(
    "p95 gap between events",
    MILLISECONDS,
    None,
    FROM_ZERO,
    name="event_gap_p95_ms",
    quantile=P95,
    timed=True,
)
LIVE_STREAMS = Metric("live streams", COUNT, "more", FROM_ZERO, name="live_streams")
STREAMS_PER_MIB = Metric("live streams", PER_MIB, "more", FROM_ZERO, name="streams_per_mib")
OF_STREAMS = (FIRST_EVENT_P50, FIRST_EVENT, EVENT_GAP, LIVE_STREAMS, STREAMS_PER_MIB)

MEMORY = Metric("proportional server memory", MIB, "less", GEOMETRIC, name="server_pss_mib")

SHOWN_OF_EXTRA = {
    each.name: each for each in (SERVED, DATABASE_CONNECTIONS, DATABASE_BUSY, *OF_STREAMS, MEMORY)
}

# What is judged in a check alone, of turns; docs/method.md has a row for each.
SLOW = Metric("slow requests", SHARE_OF_REQUESTS, "less", OF_SHARES, timed=True)
STALLED = Metric("stalled turns", SHARE, "less", OF_SHARES, timed=True)
UNANSWERED = Metric("unanswered requests", SHARE_OF_REQUESTS, "less", OF_SHARES)
OPENED = Metric("connections opened per request", EACH, "less", FROM_ZERO)
DROPPED = Metric("connections dropped per request", EACH, "less", FROM_ZERO)
GROWTH = Metric("memory growth per request", KIB_EACH, "less", FROM_ZERO)
FAILED_GATE = Metric("turns that fail a gate", SHARE, "less", OF_SHARES)

METRICS: dict[str, Metric] = registry(Measurement)
"""Every field of Measurement in the order of the columns."""


def metrics_at(place: Place) -> tuple[Metric, ...]:
    """Return the metrics that a place shows, in the order in which readers see them."""
    metrics = (metric for metric in METRICS.values() if place in metric.places)
    return tuple(sorted(metrics, key=lambda metric: metric.rank))

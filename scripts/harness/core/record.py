"""What a run keeps of each trial: its measurement, the figures for its gates, and its doubts.

Frozen values, like those of harness.core.plan; units stand in the names.
"""

from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any, TypeVar

from harness.core.gate import Doubt
from harness.core.metrics import Measurement
from harness.core.trial import Trial


@dataclass(frozen=True, slots=True)
class Extra:
    """What trials.csv keeps beyond its fixed columns: the figures that gates and bounds read.

    `raised_kinds` has what left most tasks; `elsewhere` the servers that were asked beside the one
    under test; `notes` what the locustfile does that changes the meaning of figures. `failures` has
    the commonest failures of requests, `log_errors` the commonest errors in the server's log since
    the load step before, both as of harness.core.counted. `helpers` are processes that the server
    started outside its process group. `packets_lost` are those of QUIC that clients sent and nobody
    acknowledged, `datagrams_dropped` what the kernel dropped before a full buffer of any receiver.
    `grew` where an open step closed early, as it grew. `at_rest_mib` is the memory of the whole
    server before its first request, with shared pages counted once; `server_growth_mib` is by how
    much it grew over `growth_requests` in a row. `clocks_apart_ms` is by how much the clocks of
    server and clients may differ, where those are on different hosts; beyond the limit of the gate
    `clocks` `part_outside_ms` is queue and back together.
    """

    plateau_s: float | None = None
    wait_ms: float | None = None
    think_ms: float | None = None
    latency_min_ms: float | None = None
    late_p99_ms: float | None = None
    gaps_share: float | None = None
    drift_share: float | None = None
    requests_counted: int | None = None
    requests_known: int | None = None
    connections_expected: int | None = None
    unanswered_share: float | None = None
    served_share: float | None = None
    silent_users: int | None = None
    server_connections: int | None = None
    listen_backlog: int | None = None
    tcp_mem_mib: float | None = None
    tcp_slab_mib: float | None = None
    load_rss_mib: float | None = None
    swapped_mib: float | None = None
    listen_drops: int | None = None
    syn_retransmits: int | None = None
    error_kinds: str = ""
    beyond_envelope: str = ""
    part_late_ms: float | None = None
    part_connect_ms: float | None = None
    part_queue_ms: float | None = None
    part_view_ms: float | None = None
    part_wait_ms: float | None = None
    part_back_ms: float | None = None
    server_core_speed: float | None = None
    load_core_speed: float | None = None
    usual_server_speed: float | None = None
    usual_load_speed: float | None = None
    foreign_cpu_share: float | None = None
    cpu_pressure_share: float | None = None
    throttled_periods: int | None = None
    tasks: int | None = None
    tasks_raised: int | None = None
    raised_kinds: str = ""
    unready_users: int | None = None
    elsewhere: str = ""
    fired_events: int | None = None
    notes: str = ""
    longest_gap_s: float | None = None
    cold_workers: int | None = None
    crowd_share: float | None = None
    stamped_p50_ms: float | None = None
    failures: str = ""
    log_errors: str = ""
    own_ms: float | None = None
    redirected_share: float | None = None
    parallel_requests: int | None = None
    processes_ended: int | None = None
    workers: int | None = None
    idle_workers: int | None = None
    busiest_worker: int | None = None
    requests_by_worker: str = ""
    helpers: str = ""
    database_connections: int | None = None
    database_busy: float | None = None
    first_event_p50_ms: float | None = None
    first_event_p95_ms: float | None = None
    event_gap_p95_ms: float | None = None
    live_streams: float | None = None
    streams_per_mib: float | None = None
    server_pss_mib: float | None = None
    closing_answers: int | None = None
    packets_lost: int | None = None
    datagrams_dropped: int | None = None
    grew: bool = False
    at_rest_mib: float | None = None
    growth_requests: int | None = None
    server_growth_mib: float | None = None
    clocks_apart_ms: float | None = None
    part_outside_ms: float | None = None


Figures = TypeVar("Figures", Measurement, Extra)


def finite(figures: Figures) -> Figures:
    """Return figures in which what is no number (NaN, infinity) is None: not measured.

    It comes of rows and readings with empty fields. NaN compares as false, so that it would pass
    any gate, and it cannot be rounded.
    """
    values = {field.name: getattr(figures, field.name) for field in fields(figures)}
    missing: dict[str, Any] = {
        name: None
        for name, value in values.items()
        if isinstance(value, float) and not isfinite(value)
    }
    return replace(figures, **missing)


@dataclass(frozen=True, slots=True)
class NameFigures:
    """What one trial comes to for the requests of one name and method; None is not measured.

    `asked_share` is their share of all requests that were asked, the weight as it came out, and
    `served_share` that of all good answers. `fired` are events that the locustfile fired itself:
    they have no part in figures over all requests, and no shares.
    """

    name: str
    method: str
    fired: bool
    requests: int
    errors: int
    error_share: float | None
    asked_share: float | None
    served_share: float | None
    throughput_rps: float
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    latency_p99_ms: float | None

    @property
    def key(self) -> tuple[str, str]:
        """Return what Locust's statistics tell names apart by."""
        return self.name, self.method


@dataclass(frozen=True, slots=True)
class Record:
    """One trial as a run keeps it: one row of trials.csv, and one of names.csv for each name.

    `started` is a time by ISO 8601, UTC.
    """

    trial: Trial
    started: str
    measurement: Measurement
    extra: Extra
    doubts: tuple[Doubt, ...]
    names: tuple[NameFigures, ...] = ()

    @property
    def valid(self) -> bool:
        """Return whether the trial passed every gate."""
        return not self.doubts

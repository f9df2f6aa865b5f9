"""What a run keeps of each trial: its measurement, what gates are told beyond, its doubts.

Frozen values, like those of harness.core.plan; units stand in the names.
"""

from dataclasses import dataclass, fields

from harness.core.gate import Doubt
from harness.core.trial import Trial


@dataclass(frozen=True, slots=True)
class Measurement:
    """The numbers of one trial; None means not measured. docs/method.md has a line for each."""

    measured_s: float | None = None
    requests: int | None = None
    errors: int | None = None
    error_share: float | None = None
    throughput_rps: float | None = None
    latency_mean_ms: float | None = None
    latency_p50_ms: float | None = None
    latency_p90_ms: float | None = None
    latency_p95_ms: float | None = None
    latency_p99_ms: float | None = None
    latency_p999_ms: float | None = None
    latency_max_ms: float | None = None
    queue_p50_ms: float | None = None
    queue_p99_ms: float | None = None
    connect_p99_ms: float | None = None
    connections_opened: int | None = None
    server_cpu_ms_per_request: float | None = None
    server_cpu_share: float | None = None
    server_rss_mib: float | None = None
    server_threads: int | None = None
    load_cpu_share: float | None = None
    load_lag_p99_ms: float | None = None
    steal_share: float | None = None
    little_residual: float | None = None
    listen_overflows: int | None = None


@dataclass(frozen=True, slots=True)
class Extra:
    """What trials.csv keeps beyond its fixed columns: what the gates and bounds were told."""

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


@dataclass(frozen=True, slots=True)
class Record:
    """What a run keeps of one trial: one row of trials.csv."""

    trial: Trial
    started: str
    measurement: Measurement
    extra: Extra
    doubts: tuple[Doubt, ...]

    @property
    def valid(self) -> bool:
        """Hold when no gate doubts the trial."""
        return not self.doubts


METRICS: tuple[str, ...] = tuple(each.name for each in fields(Measurement))

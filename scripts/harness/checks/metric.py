"""What a check judges: each metric, how its sides are compared, from which change on it is one.

What readers see of a metric stands in harness.core.metrics, also of those that only a check has.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import log1p
from typing import Literal

from harness.checks.starts import GATE
from harness.core import metrics
from harness.core.errors import BenchError
from harness.core.metrics import Metric
from harness.core.trial import CellMetric
from harness.core.units import percent

Scale = Literal["ratio", "difference"]

# What is called unchanged lies, with 95% confidence, within so many margins; of what scatters so
# much that it has three margins, within more, as it has to see a change of a tenth besides.
TOLERATED, TOLERATED_OF_WIDE = 2.0, 3.0

# A metric that would have missed a change of a tenth, or of twice the margin where that is more, is
# not called unchanged.
MUST_SEE = 0.10


@dataclass(frozen=True, slots=True)
class Judged:
    """A metric as a check judges it: how its sides are compared, from which change on.

    A typical start, or the sums over all: their ratio, whose margin is `margins` times that of the
    check; or the difference of shares, whose margin is `margin`, in `unit`. `least` stands for a
    count of 0 in a ratio. `tolerated` is how many of its margins unchanged lies within. `of_many`
    is what short turns may have too few requests for.
    """

    entry: Metric
    by: Literal["typical", "total", "difference"] = "typical"
    margins: int = 1
    margin: float = 0.0
    unit: str = "points"
    least: float = 0.0
    tolerated: float = TOLERATED
    of_many: bool = False

    @property
    def scale(self) -> Scale:
        """Tell whether HEAD is divided by BASE, or BASE taken away."""
        return "difference" if self.by == "difference" else "ratio"

    def within(self, margin: float) -> float:
        """Return the change from which on it is one: a share of BASE, or a difference."""
        return self.margin if self.scale == "difference" else self.margins * margin

    def effect(self, change: float) -> float:
        """Put a share of BASE, or a difference, on the scale of the estimates."""
        return change if self.scale == "difference" else log1p(change)

    def must_see(self, margin: float) -> float:
        """Return the change that a check has to see before it calls the metric unchanged."""
        if self.scale == "difference":
            return TOLERATED * self.margin
        return max(MUST_SEE, TOLERATED * margin)


def _throughput(by: Literal["typical", "total"]) -> Judged:
    """Return the throughput, in which a start that answered nothing has half an answer."""
    return Judged(metrics.METRICS["throughput_rps"], by, least=0.5)


def _wide(name: str, by: Literal["typical", "total"]) -> Judged:
    """Return a metric that scatters much from pair to pair: docs/decisions/0009."""
    return Judged(metrics.METRICS[name], by, margins=3, tolerated=TOLERATED_OF_WIDE)


# Margins of shares: of errors and lost requests a tenth of what a gate flags; of slow requests
# three quarters of the hundredth that are slow by definition. Why each: docs/decisions/0009.
METRICS: Mapping[str, Judged] = {
    "throughput_rps": _throughput("typical"),
    "throughput_total_rps": _throughput("total"),
    "latency_p50_ms": Judged(metrics.METRICS["latency_p50_ms"]),
    "latency_p95_ms": replace(_wide("latency_p95_ms", "typical"), of_many=True),
    "slow_share": Judged(metrics.SLOW, "difference", margin=0.0075, of_many=True),
    "stalled_share": Judged(metrics.STALLED, "difference", margin=0.1),
    "error_share": Judged(metrics.METRICS["error_share"], "difference", margin=0.001),
    "unanswered_share": Judged(metrics.UNANSWERED, "difference", margin=0.001),
    "connections_per_request": Judged(metrics.OPENED, "difference", margin=0.01, unit=""),
    "dropped_per_request": Judged(metrics.DROPPED, "difference", margin=0.001, unit=""),
    "server_cpu_ms_per_request": _wide("server_cpu_ms_per_request", "total"),
    "server_rss_mib": Judged(metrics.METRICS["server_rss_mib"]),
    "server_rss_kib_per_request": Judged(metrics.GROWTH, "difference", margin=0.2, unit="KiB"),
}
FAILED_GATE = Judged(metrics.FAILED_GATE, "difference", margin=0.2)


def judged(of: CellMetric) -> Judged:
    """Return how a metric is judged; raise BenchError for one that is not."""
    if of.name.startswith(GATE):
        return FAILED_GATE
    if of.name not in METRICS:
        raise BenchError(f"{of} cannot be judged; name one of {', '.join(METRICS)}")
    return METRICS[of.name]


def moved(effect: float, kind: Judged | None = None) -> str:
    """Print a change against BASE: +4.2%; a difference in its unit: +0.12 points, +0.39 KiB."""
    if kind is None or kind.scale == "ratio":
        return f"{100 * (effect - 1):+.1f}%"
    if kind.unit == "points":
        return f"{100 * effect:+.2f} points"
    return f"{effect:+.2f} {kind.unit}".rstrip()


def size(change: float, kind: Judged, in_percent: Callable[[float], str] = percent) -> str:
    """Print the size of a change: 4.2%, 0.12 points, 0.39 KiB."""
    if kind.scale == "ratio":
        return in_percent(change)
    if kind.unit == "points":
        return f"{100 * change:.2g} points"
    return f"{change:.2g} {kind.unit}".rstrip()

"""Points of an envelope, built by hand."""

from harness.measure.envelope import Percentile, Point


def percentile(true_ms: float, error_ms: float) -> Percentile:
    """Build a percentile that is reported with an error."""
    return Percentile(true_ms + error_ms, true_ms, true_ms - 1)


def point(rate_rps: float, users: int, p50_error_ms: float = 1, p99_error_ms: float = 4) -> Point:
    """Build a point whose true p50 is 100 ms and whose true p99 is 200 ms."""
    return Point(
        spread="lognormal",
        users=users,
        requests=1000,
        rate_rps=rate_rps,
        departed_rps=rate_rps * 1.25,
        p50=percentile(100, p50_error_ms),
        p95=percentile(150, 0),
        p99=percentile(200, p99_error_ms),
        sending_ms=0.1,
        lateness_ms=1.0,
        receiving_ms=0.3,
        load_cpu_share=0.5,
    )

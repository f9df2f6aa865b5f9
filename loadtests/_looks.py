"""What became of a load between two looks at what Locust has counted. Pure."""

from typing import NamedTuple

P95 = 0.95


class Look(NamedTuple):
    """What Locust has counted up to a time, with its latencies in buckets of milliseconds."""

    at_s: float
    users: int
    requests: int
    failures: int
    latencies: dict[int, int]


def figures(before: Look, now: Look) -> dict[str, float | None]:
    """Return the line that says what became of the load between two looks.

    A locustfile may have reset the counts in between; less than nothing has not been asked.
    """
    good = (now.requests - now.failures) - (before.requests - before.failures)
    ended = {ms: max(0, count - before.latencies.get(ms, 0)) for ms, count in now.latencies.items()}
    return {
        "users": now.users,
        "throughput_rps": round(max(0, good) / (now.at_s - before.at_s), 1),
        "latency_p95_ms": p95(ended),
        "failed": now.failures,
    }


def p95(latencies: dict[int, int]) -> float | None:
    """Return the 95th percentile of counts by latency; None where there are none."""
    rest = P95 * sum(latencies.values())
    for ms in sorted(latencies):
        rest -= latencies[ms]
        if latencies[ms] and rest <= 0:
            return ms
    return None

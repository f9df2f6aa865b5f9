"""S, the server's CPU time per request: of a whole climb, and at one of its load steps. Pure."""

from collections.abc import Iterable
from statistics import median

from harness.core.record import Record
from harness.core.summary import Sample

# With fewer requests what the server does when idle weighs in.
ENOUGH_REQUESTS = 100


def least_ms(climb: Iterable[Sample]) -> float | None:
    """Return the least S of any round at any load whose rounds all have ENOUGH_REQUESTS.

    The least, because each request costs more where the core wakes up for every one of them: with
    the S of a light load a bound would be no bound.
    """
    costs = []
    for sample in climb:
        requests = _values(sample, "requests")
        cpu = _values(sample, "server_cpu_ms_per_request")
        if cpu and min(cpu) > 0 and requests and min(requests) >= ENOUGH_REQUESTS:
            costs.append(min(cpu))
    return min(costs, default=None)


def mean_ms(climb: Iterable[Sample], least: int = ENOUGH_REQUESTS) -> float | None:
    """Return S over all requests of all loads; None where even those are not the `least` number.

    A slow site has no more at best, and no wake-up weighs there.
    """
    pairs = [
        (requests, cpu)
        for sample in climb
        for requests, cpu in zip(
            sample.per_round.get("requests", ()),
            sample.per_round.get("server_cpu_ms_per_request", ()),
            strict=False,
        )
        if requests and cpu
    ]
    total = sum(requests for requests, _ in pairs)
    if total < least:
        return None
    return sum(requests * cpu for requests, cpu in pairs) / total


def at_step_ms(step: Iterable[Record]) -> float | None:
    """Return the median S over the rounds of one load step, of trials that no gate flagged.

    None where those are without CPU time, or have not ENOUGH_REQUESTS together.
    """
    trials = [
        (record.measurement.requests or 0, record.measurement.server_cpu_ms_per_request)
        for record in step
        if record.valid
    ]
    costs = [cpu for _, cpu in trials if cpu]
    requests = sum(requests for requests, cpu in trials if cpu)
    return median(costs) if requests >= ENOUGH_REQUESTS else None


def _values(sample: Sample, metric: str) -> list[float]:
    return [value for value in sample.per_round.get(metric, ()) if value is not None]

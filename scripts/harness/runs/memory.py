"""What memory a deployment takes, and whether it leaks, from the trials of all its starts. Pure.

The unit of repetition is the start, as everywhere: readings within one are not independent.
"""

from collections.abc import Callable, Iterable, Sequence
from math import sqrt
from statistics import fmean, stdev

from scipy.special import stdtrit

from harness.core.memory import Estimate, Finding, MemoryUse
from harness.core.plan import Plan
from harness.core.record import Record
from harness.core.trial import CellKey
from harness.runs.connection_cost import slope

# The growth of a start over fewer requests is that of a few pages more or less.
FEWEST_REQUESTS = 5_000

# Student's interval of two starts is 32 standard errors wide on each side, of three 7.
FEWEST_STARTS = 3

# 105 bytes a request: at 100 requests/s a server grows by 0.8 GiB in a day.
LEAK_MIB = 1.0

# On each side: of servers that do not grow, one in a hundred at most seems to.
CONFIDENCE = 0.99

# A price of a hundred requests in flight is not told from a handful.
FEWEST_IN_FLIGHT = 50

PER_IN_FLIGHT = 100
PER_REQUESTS = 10_000

Start = Sequence[Record]


def memory_uses(plan: Plan, records: Iterable[Record]) -> tuple[MemoryUse, ...]:
    """Return the memory of each deployment in each scenario, in the order of the plan.

    Of those whose memory was measured at all.
    """
    climbs: dict[CellKey, dict[int, list[Record]]] = {}
    for record in records:
        if record.measurement.server_rss_mib is not None:
            starts = climbs.setdefault(record.trial.cell.climb, {})
            starts.setdefault(record.trial.round, []).append(record)
    keys = (
        CellKey(deployment.name, scenario.name)
        for scenario in plan.scenarios
        for deployment in plan.against(scenario)
    )
    return tuple(_use(key, list(climbs[key].values())) for key in keys if key in climbs)


def _use(key: CellKey, starts: Sequence[Start]) -> MemoryUse:
    shared = all(record.extra.server_pss_mib is not None for start in starts for record in start)
    grown = estimate(_growth_mib(start) for start in starts)
    leaks = finding(grown)
    # What leaked meanwhile would count as that of the requests in flight.
    in_flight = None if leaks == "leak" else estimate(map(_pss_mib if shared else _rss_mib, starts))
    return MemoryUse(
        scenario=key.scenario,
        deployment=key.deployment,
        counting="PSS" if shared else "RSS",
        at_rest_mib=estimate(map(_at_rest_mib, starts)),
        in_flight_mib=in_flight,
        growth_mib=grown,
        finding=leaks,
    )


def estimate(values: Iterable[float | None]) -> Estimate | None:
    """Return the mean of one value a start, with its standard error; None without values."""
    numbers = [value for value in values if value is not None]
    if not numbers:
        return None
    error = stdev(numbers) / sqrt(len(numbers)) if len(numbers) > 1 else None
    return Estimate(fmean(numbers), error, len(numbers))


def finding(growth_mib: Estimate | None) -> Finding:
    """Return what a growth comes to, by Student's interval of it.

    A leak is named where all of the interval lies beyond LEAK_MIB, and none where all lies below.
    """
    if growth_mib is None:
        return "too few requests"
    if growth_mib.error is None or growth_mib.starts < FEWEST_STARTS:
        return "too few starts"
    half = float(stdtrit(growth_mib.starts - 1, CONFIDENCE)) * growth_mib.error
    if growth_mib.middle - half > LEAK_MIB:
        return "leak"
    return "no leak" if growth_mib.middle + half < LEAK_MIB else "undecided"


def _growth_mib(start: Start) -> float | None:
    """Return by how much the memory of a start grew over PER_REQUESTS; None with too few."""
    extras = [record.extra for record in start if record.extra.server_growth_mib is not None]
    requests = sum(extra.growth_requests or 0 for extra in extras)
    if requests < FEWEST_REQUESTS:
        return None
    return PER_REQUESTS * sum(extra.server_growth_mib or 0 for extra in extras) / requests


def _at_rest_mib(start: Start) -> float | None:
    """Return the memory of a worker before the first request, the share of its master included."""
    whole, workers = start[0].extra.at_rest_mib, start[0].extra.workers
    return whole / workers if whole is not None and workers else None


def _pss_mib(start: Start) -> float | None:
    return _in_flight_mib(start, lambda record: record.extra.server_pss_mib)


def _rss_mib(start: Start) -> float | None:
    return _in_flight_mib(start, lambda record: record.measurement.server_rss_mib)


def _in_flight_mib(start: Start, memory_mib: Callable[[Record], float | None]) -> float | None:
    """Return what PER_IN_FLIGHT more requests in flight add, by a line over the load steps.

    None with fewer than three steps, or where too few requests were in flight at all.
    """
    points = [(in_flight, record) for record in start if (in_flight := _in_flight(record))]
    levels = [in_flight for in_flight, _ in points]
    if max(levels, default=0.0) < FEWEST_IN_FLIGHT:
        return None
    line = slope(levels, [memory_mib(record) for _, record in points])
    return None if line is None else PER_IN_FLIGHT * line.each


def _in_flight(record: Record) -> float | None:
    """Return how many requests were in flight on average: X R, by Little's law."""
    rate_rps, latency_ms = record.measurement.throughput_rps, record.measurement.latency_mean_ms
    return rate_rps * latency_ms / 1000 if rate_rps and latency_ms else None

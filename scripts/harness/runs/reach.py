"""What a server held at an objective, from the load steps that it climbed on fresh starts. Pure."""

from collections.abc import Iterable, Sequence
from statistics import median

from harness.core.advice import Bracket, Figures, Reach
from harness.core.gate import GateName
from harness.core.plan import Objective
from harness.core.record import Record
from harness.runs.objectives import meets

OF_THE_SERVER = {GateName.ERRORS, GateName.UNANSWERED, GateName.STEADY, GateName.LITTLE}
"""The gates that an overloaded server fails by itself: a load that it missed, it missed."""

LEAST_STARTS = 2
"""Fewer fresh starts that tell say nothing of the next one, where a plan has more."""


def reach(records: Iterable[Record], objective: Objective, starts: int) -> Reach | None:
    """Return what one deployment held in one scenario over so many starts.

    None where too few of them tell: flagged trials are passed over. A start whose upper loads were
    all flagged held more than can be told; it counts only where too few others are.
    """
    rounds: dict[int, list[Record]] = {}
    for record in records:
        rounds.setdefault(record.trial.round, []).append(record)
    brackets = [each for climb in rounds.values() if (each := _bracket(climb, objective))]
    highest = max((record.trial.users for climb in rounds.values() for record in climb), default=0)
    whole = [each for each in brackets if each.missed is not None or each.met == highest]
    enough = min(LEAST_STARTS, starts)
    return next((Reach.over(told) for told in (whole, brackets) if len(told) >= enough), None)


def figures(records: Iterable[Record], objective: Objective) -> Figures | None:
    """Return what a deployment took at one load, over its trials that were measured."""
    measured = [record for record in records if record.measurement.requests]
    if not measured:
        return None
    latencies = {
        metric: _median(getattr(record.measurement, metric) for record in measured)
        for metric in objective.limits
    }
    return Figures(
        users=measured[0].trial.users,
        throughput_rps=_median(each.measurement.throughput_rps for each in measured),
        latencies_ms={name: value for name, value in latencies.items() if value is not None},
        cpu_ms=_median(each.measurement.server_cpu_ms_per_request for each in measured),
        busy_cores=_median(each.measurement.server_cpu_share for each in measured),
        in_flight=_median(_in_flight(each) for each in measured),
        memory_mib=_median(each.extra.server_pss_mib for each in measured),
        database_connections=_median(each.extra.database_connections for each in measured),
    )


def _bracket(climb: Iterable[Record], objective: Objective) -> Bracket | None:
    """Return the loads between which one start met its objective no more; None without any.

    A met load counts where no gate flagged it, a missed one where the server itself was at fault.
    Where all below the first that was missed are flagged, nobody knows which of them were met.
    """
    met: Record | None = None
    flagged = False
    for record in sorted(climb, key=lambda record: record.trial.users):
        verdict = meets(record, objective)
        if verdict and record.valid:
            met = record
        elif verdict is False and {doubt.gate for doubt in record.doubts} <= OF_THE_SERVER:
            return _between(met, record, objective) if met or not flagged else None
        flagged = flagged or not record.valid
    return Bracket(met.trial.users, None, met.trial.users) if met else None


def _between(met: Record | None, missed: Record, objective: Objective) -> Bracket:
    """Return a bracket with the users at which the first latency crossed its limit.

    Beyond its capacity a closed system answers each user more after as much more time, so a line
    joins the two. Where failures were what it missed by, nothing lies between.
    """
    if met is None:
        return Bracket(0, missed.trial.users, 0)
    low, high = met.trial.users, missed.trial.users
    shares = []
    for metric, limit_ms in objective.limits.items():
        below = getattr(met.measurement, metric)
        above = getattr(missed.measurement, metric)
        if below is not None and above is not None and below <= limit_ms < above:
            shares.append((limit_ms - below) / (above - below))
    return Bracket(low, high, low + min(shares, default=0) * (high - low))


def _in_flight(record: Record) -> float | None:
    """Return how many requests were in progress on average, by Little's law: X R."""
    rate, latency_ms = record.measurement.throughput_rps, record.measurement.latency_mean_ms
    return None if rate is None or latency_ms is None else rate * latency_ms / 1000


def _median(values: Iterable[float | None]) -> float | None:
    numbers: Sequence[float] = [value for value in values if value is not None]
    return median(numbers) if numbers else None

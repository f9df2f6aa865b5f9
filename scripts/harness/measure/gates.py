"""The gates: each tests whether a trial can be trusted; a gate that fails is a Doubt.

All thresholds stand here, each with its reason. Pure: a record's numbers in, doubts out.
"""

from collections.abc import Callable, Iterable, Iterator

from harness.core.bounds import Bound
from harness.core.record import Doubt, Extra, Measurement, Record
from harness.core.summary import Tally
from harness.core.trial import Trial
from harness.core.units import milliseconds, percent, significant

# Over one failure in a hundred the latencies of the rest no longer describe the service.
MOST_ERRORS = 0.01

# uvloop counts time in whole milliseconds, so a timer may fire almost one early.
CLOCK_MS = 1.0

# What Little's law may miss: 5 %, and 2 % once 1,000 requests have averaged the noise away.
LITTLE_FEW, LITTLE_MANY, MANY_REQUESTS = 0.05, 0.02, 1_000

# Above 70 % of its core in any second the generator queues requests itself, unseen.
MOST_LOAD_CPU = 0.70

# A generator that wakes up late adds its lateness to what it calls the server's latency:
# 5 ms, or 5 % of the median where that is more.
MOST_LAG_MS, MOST_LAG_SHARE = 5.0, 0.05

# Poisson arrivals have a share of 1; users with think time 0.8 to 1.3; users in step with each
# other, by pacing or because the server answers them together, below 0.5.
LEAST_GAPS = 0.5

# An arrival that finds no free client waits in the generator, not in the server: like its lag.
MOST_LATE_MS, MOST_LATE_SHARE = 5.0, 0.05

# As little's: a plateau that still moves by more has no value that could be called its own.
MOST_DRIFT = 0.05

# Time that the hypervisor gave to others: beyond 2 % the machine was not ours.
MOST_STEAL = 0.02

# An unanswered request counts as lasting to the end of the wait for it; with more than one in a
# hundred the p99 is only "at least", and the throughput was no steady state.
MOST_UNANSWERED = 0.01


def judge(trial: Trial, measured: Measurement, extra: Extra, cores: float) -> tuple[Doubt, ...]:
    """Put one trial through every gate; `cores` is how many serve. No doubts: it can be trusted."""
    return tuple(
        Doubt(name, reason)
        for name, gate in GATES.items()
        for reason in gate(trial, measured, extra, cores)
    )


def errors(trial: Trial, measured: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    """Hold when at most 1 % of the requests failed, and some were made."""
    if not measured.requests:
        yield "no request was sent within the plateau"
    elif (share := measured.error_share or 0) > MOST_ERRORS:
        yield f"{percent(share)} of requests failed ({extra.error_kinds})"


def floor(trial: Trial, measured: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    """Hold when nothing is faster than it can be: no latency below D, no rate above the bounds."""
    wait_ms = extra.wait_ms or 0
    least = extra.latency_min_ms
    if least is not None and least < wait_ms - CLOCK_MS:
        yield f"a latency of {milliseconds(least)} is below the wait of {milliseconds(wait_ms)}"
    asking = trial.users - (extra.silent_users or 0)
    cpu_ms = measured.server_cpu_ms_per_request or 0
    bound = Bound(wait_ms, cpu_ms, extra.think_ms or 0, trial.slots, cores)
    most = bound.throughput_rps(asking)
    rate, seconds = measured.throughput_rps or 0, measured.measured_s or 0
    # The window's edges may cut one request more than its share out of each user's sequence.
    if (rate * seconds) > most * seconds * (1 + LITTLE_MANY) + asking:
        yield f"{significant(rate)} requests/s exceed the {significant(most)} that theory allows"


def little(trial: Trial, measured: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    """Hold when requests in flight and pauses account for all users: X (R + Z) = N."""
    residual = measured.little_residual
    if residual is None:
        return
    many = (measured.requests or 0) >= MANY_REQUESTS
    allowed = LITTLE_MANY if many else LITTLE_FEW
    if abs(residual) > allowed:
        accounted = trial.users * (1 + residual)
        yield (
            f"requests and pauses account for {significant(accounted)} of {trial.users} users: "
            "the generator lost time or requests"
        )


def generator(trial: Trial, measured: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    """Hold when the generator had time to spare and woke up in time."""
    cpu, lag = measured.load_cpu_share, measured.load_lag_p99_ms
    if cpu is not None and cpu > MOST_LOAD_CPU:
        yield f"it used {percent(cpu)} of its core in one second, so it may be the bottleneck"
    allowed = max(MOST_LAG_MS, MOST_LAG_SHARE * (measured.latency_p50_ms or 0))
    if lag is not None and lag > allowed:
        yield f"it woke up {milliseconds(lag)} late (p99), {milliseconds(allowed)} are allowed"


def unanswered(trial: Trial, measured: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    """Hold when at most 1 % of the requests were still unanswered after the plateau's tail."""
    share = extra.unanswered_share or 0
    if share > MOST_UNANSWERED:
        yield f"{percent(share)} of requests were still unanswered: latencies are at least this"


def conservation(trial: Trial, measured: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    """Hold when server and client counted the same requests, and connections were kept."""
    counted, known = extra.requests_counted, extra.requests_known
    if counted is not None and counted != known:
        yield f"the server counted {counted} requests, the client knows of {known}"
    opened, expected = measured.connections_opened or 0, extra.connections_expected
    if expected is not None and opened > expected:
        yield (
            f"{opened} connections were opened by {expected} clients that keep theirs: "
            "the server closes them (if it is meant to, plan keep_alive = false)"
        )
    silent, held = extra.silent_users or 0, extra.server_connections
    if expected is not None and held is not None and held < silent:
        yield f"{held} connections were left of the {silent} clients that kept theirs in silence"


def envelope(trial: Trial, measured: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    """Hold when the rate is one at which p50 and p99 of a ground truth were measured right."""
    if extra.beyond_envelope:
        yield extra.beyond_envelope


def arrivals(trial: Trial, measured: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    """Hold when requests came independently of each other, those of a schedule on time."""
    share = extra.gaps_share
    if share is not None and share < LEAST_GAPS:
        yield (
            f"requests came in bursts: gaps of over 1 ms are {percent(share)} of what independent "
            "clients leave, think time would part them"
        )
    late, allowed = extra.late_p99_ms, MOST_LATE_MS
    allowed = max(allowed, MOST_LATE_SHARE * (measured.latency_p50_ms or 0))
    if late is not None and late > allowed:
        yield (
            f"they were sent {milliseconds(late)} late (p99): all clients were busy, plan more, "
            "or the generator was"
        )


def steady(trial: Trial, measured: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    """Hold when the plateau had settled: dropping what warmed up moves the mean by 5 % at most."""
    if (drift := extra.drift_share or 0) > MOST_DRIFT:
        yield f"no steady state: it still moved by {percent(drift)}, let it settle longer"


def kernel(trial: Trial, measured: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    """Hold when the kernel dropped no connection and repeated no attempt to connect."""
    if measured.listen_overflows:
        yield f"the listen queue overflowed {measured.listen_overflows} times: raise somaxconn"
    elif extra.listen_drops:
        yield f"the kernel dropped {extra.listen_drops} connections before they were accepted"
    if extra.syn_retransmits:
        yield (
            f"{extra.syn_retransmits} attempts to connect were repeated, each after 1 s or more "
            "that is not service"
        )


def host(trial: Trial, measured: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    """Hold when the machine was ours: no time stolen, nothing swapped."""
    if (measured.steal_share or 0) > MOST_STEAL:
        yield f"{percent(measured.steal_share or 0)} of the machine's time was stolen"
    if (extra.swapped_mib or 0) > 1:
        yield f"{significant(extra.swapped_mib or 0)} MiB were swapped out"


def tally(records: Iterable[Record]) -> tuple[Tally, ...]:
    """Count for each gate the trials that it passed and those that it doubted."""
    failed = [
        {doubt.gate for doubt in record.doubts}
        for record in records
        if record.measurement.requests is not None
    ]
    counted = {name: sum(name in gates for gates in failed) for name in GATES}
    return tuple(
        Tally(name, _promise(GATES[name]), len(failed) - doubted, doubted)
        for name, doubted in counted.items()
    )


def _promise(gate: "Gate") -> str:
    """Take from a gate's first line when it holds."""
    line = (gate.__doc__ or "").partition("\n")[0]
    return line.removeprefix("Hold when ").rstrip(".")


Gate = Callable[[Trial, Measurement, Extra, float], Iterator[str]]

GATES: dict[str, Gate] = {
    gate.__name__: gate
    for gate in (
        *(errors, floor, little, conservation, generator, envelope, arrivals),
        *(steady, unanswered, kernel, host),
    )
}

"""The gates: each tests whether a trial can be trusted; a gate that fails is a Doubt.

A gate is an object: its name, its promise, the reason for it, and its test. Thresholds stand
here, or in the module of what they limit, each with its reason; promises and messages are formatted
from them. Pure: a trial's numbers in, doubts out. To add a gate, name it in harness.core.gate,
write its test here and list it in GATES.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import inf

from harness.core.bounds import Bound
from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.record import Extra, Record
from harness.core.summary import Tally
from harness.core.trial import Trial
from harness.core.units import count, milliseconds, percent, significant, threshold, times
from harness.measure import arrivals, clocks, remedies, steadiness
from harness.measure.arrivals import LEAST_GAPS, MOMENT
from harness.measure.cores import MOST_FOREIGN, MOST_SLOWER, disturbances
from harness.measure.lateness import (
    MOST_LAG,
    MOST_LATE_MS,
    MOST_LATE_SHARE,
    in_words,
    most_lag_ms,
    of_median,
)
from harness.measure.steadiness import MOST_GAP

# Over one failure in a hundred the latencies of the rest no longer describe the service.
MOST_ERRORS = 0.01

# A task that raises leaves out what was to come after: over one in a hundred, the load is another.
MOST_RAISED = 0.01

# A user without a first answer is no load yet: like a drift, it may take that share of the step.
MOST_UNREADY = 0.05

# uvloop counts time in whole milliseconds, so a timer may fire almost one early.
CLOCK_MS = 1.0

# What Little's law may miss: 5%, and 2% once 1,000 requests have averaged the noise away.
LITTLE_FEW, LITTLE_MANY, MANY_REQUESTS = 0.05, 0.02, 1_000

# A connection that serves a hundred requests and more is kept, though a server ends it by count:
# opening the next one, which takes less than a request, adds less than 1% to each.
MOST_CLOSING = 0.01

# Above 70% of its core in any second the generator queues requests itself, unseen.
MOST_LOAD_CPU = 0.70

# As little's: a plateau that still moves by more has no value that could be called its own.
MOST_DRIFT = 0.05

# Time of a core that the hypervisor gave to others: beyond 2% it was not ours.
MOST_STEAL = 0.02

# A page or two that the kernel tidies away is no shortage of memory.
MOST_SWAPPED_MIB = 1.0

# An unanswered request counts as lasting to the end of the wait for it; with more than one in a
# hundred the p99 is only "at least", and the throughput was no steady state.
MOST_UNANSWERED = 0.01

# Takes the trial, its metrics, the figures that only gates read, and how many cores served. Yields
# a message for each way in which the gate fails: subject, limit, remedy. A message has no
# semicolon, which separates doubts in files.
Test = Callable[[Trial, Measurement, Extra, float], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Gate:
    """One test of whether a trial can be trusted.

    `promise` is what holds for a trial that passes, `reason` why one that fails is not trusted.
    """

    name: GateName
    promise: str
    reason: str
    test: Test


def judge(trial: Trial, metrics: Measurement, extra: Extra, cores: float) -> tuple[Doubt, ...]:
    """Return a doubt for each way in which a trial fails a gate, in the order of GATES.

    No doubts: the trial can be trusted. A figure that was not measured (None) fails no gate but
    `errors`, which needs a request.

    Args:
        trial: which deployment, scenario, load and round it was.
        metrics: the numbers of the trial, as measure.measurement.measure returns them.
        extra: the figures that only gates read, from the same place; `beyond_envelope` is filled in
            where the run was calibrated.
        cores: how many cores the server had.
    """
    return tuple(
        Doubt(gate.name, message)
        for gate in GATES
        for message in gate.test(trial, metrics, extra, cores)
    )


def tally(records: Iterable[Record], calibrated: bool) -> tuple[Tally, ...]:
    """Return for each gate how many trials passed and failed it; unmeasured trials do not count.

    Where the run was not `calibrated`, the envelope has judged none. Clocks are a matter of several
    hosts: of a run on one machine their gate tells nothing.
    """
    measured = [record for record in records if record.measurement.requests is not None]
    failures = [{doubt.gate for doubt in record.doubts} for record in measured]
    one_clock = all(record.extra.clocks_apart_ms is None for record in measured)
    return tuple(
        _tally(gate, failures, judged=calibrated or gate.name is not GateName.ENVELOPE)
        for gate in GATES
        if not (one_clock and gate.name is GateName.CLOCKS)
    )


def _tally(gate: Gate, failures: list[set[GateName]], judged: bool) -> Tally:
    failed = sum(gate.name in names for names in failures)
    passed = len(failures) - failed
    return Tally(gate.name, gate.promise, passed if judged else 0, failed, judged)


def _errors(trial: Trial, metrics: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    if not metrics.requests:
        yield _no_request(extra)
        return
    failed = (
        f"{percent(metrics.error_share or 0)} of the requests failed (limit "
        f"{threshold(MOST_ERRORS)}, {remedies.failures(extra)})"
    )
    if extra.elsewhere and metrics.error_share:
        yield (
            f"{failed}, for some went to {extra.elsewhere}, which is not under test: write paths "
            "without a host in the locustfile"
        )
    elif _failing(metrics):
        yield f"{failed}: {remedies.of_failures(extra)}"


def _no_request(extra: Extra) -> str:
    """Return why a trial may have no request."""
    if extra.unready_users:
        return (
            "no request was sent while the load step was measured, as "
            f"{count(extra.unready_users)} users still waited for their first answer: find in "
            "server.log what keeps the server, or lower the load"
        )
    if not extra.fired_events:
        return "no request was sent while the load step was measured: raise measure_s or the load"
    return (
        f"no request was sent by Locust's HTTP clients, and {count(extra.fired_events)} events "
        "were fired by the locustfile: ask through self.client of an HttpUser or a FastHttpUser"
    )


def _tasks(trial: Trial, metrics: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    tasks, raised = extra.tasks or 0, extra.tasks_raised or 0
    if raised > MOST_RAISED * tasks:
        yield (
            f"{count(raised)} of {count(tasks)} tasks raised an exception (limit "
            f"{threshold(MOST_RAISED)}, most often {extra.raised_kinds}): mend the locustfile, "
            "locust.log has the tracebacks"
        )


def _floor(trial: Trial, metrics: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    wait_ms = extra.wait_ms or 0
    fastest_ms = extra.latency_min_ms
    if fastest_ms is not None and fastest_ms < wait_ms - CLOCK_MS:
        yield (
            f"the fastest answer took {milliseconds(fastest_ms)} (limit: the wait of "
            f"{milliseconds(wait_ms)} less {milliseconds(CLOCK_MS)}): "
            f"{remedies.of_short_wait(extra)}"
        )
    # Requests in parallel are not bounded by the number of users.
    active = inf if extra.parallel_requests else _active_users(trial, extra)
    cpu_ms = metrics.server_cpu_ms_per_request or 0
    bound = Bound(wait_ms, cpu_ms, extra.think_ms or 0, trial.slots, cores)
    most = bound.throughput_rps(active)
    rate = metrics.throughput_rps or 0
    seconds = metrics.measured_s or 0
    # A request in service at the opening may end within the window though most of its time lies
    # before it: one of each slot, or of each user where there are fewer of them.
    in_service = min(active, trial.slots or active)
    if (rate * seconds) > most * seconds * (1 + LITTLE_MANY) + in_service:
        yield (
            f"the server answered {significant(rate)} requests/s (limit {significant(most)}, by "
            "wait, slots and CPU time): correct `slots` in the plan, or check what is answered"
        )


def _little(trial: Trial, metrics: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    residual = metrics.little_residual
    if residual is None:
        return
    many = (metrics.requests or 0) >= MANY_REQUESTS
    limit = LITTLE_MANY if many else LITTLE_FEW
    if abs(residual) > limit:
        active = _active_users(trial, extra)
        yield (
            f"requests and pauses account for {significant(active * (1 + residual))} of "
            f"{count(active)} users, {percent(abs(residual))} off (limit {threshold(limit)}): "
            f"{remedies.of_lost_time(_failing(metrics), any(_overloads(metrics, extra)))}"
        )


def _conservation(trial: Trial, metrics: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    by_server = extra.requests_counted
    by_client = extra.requests_known
    if by_server is not None and by_server != by_client:
        yield (
            f"the server counted {by_server} requests and the client {by_client} (limit: no "
            "difference): keep other clients off the server, and retries out of the scenario"
        )
    expected = extra.connections_expected
    opened = metrics.connections_opened or 0
    if expected is not None and opened > expected + _closed(metrics, extra):
        yield (
            f"{expected} clients that keep their connections opened {opened} (limit {expected}): "
            f"{remedies.of_reconnecting(metrics, extra, opened - expected)}"
        )
    silent = extra.silent_users or 0
    connections = extra.server_connections
    if expected is not None and connections is not None and connections < silent:
        yield (
            f"the server held {connections} connections for {silent} silent clients (limit "
            f"{silent}): raise its keep-alive time-out"
        )


def _closed(metrics: Measurement, extra: Extra) -> int:
    """Return how many connections the server ended by an answer, where it ends few."""
    closing = extra.closing_answers or 0
    return closing if closing <= MOST_CLOSING * (metrics.requests or 0) else 0


def _generator(trial: Trial, metrics: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    for overload in _overloads(metrics, extra):
        yield f"{overload}: {remedies.of_load(extra)}"


def _overloads(metrics: Measurement, extra: Extra) -> Iterator[str]:
    """Yield how the load generator was overloaded, with the limit."""
    cpu = metrics.load_cpu_share
    if cpu is not None and cpu > MOST_LOAD_CPU:
        yield (
            f"the load generator used {percent(cpu)} of a core in its busiest second (limit "
            f"{threshold(MOST_LOAD_CPU)})"
        )
    lag_ms = metrics.load_lag_p99_ms
    limit_ms = most_lag_ms(metrics, extra)
    if lag_ms is not None and lag_ms > limit_ms:
        yield (
            f"the load generator woke up {milliseconds(lag_ms)} late (p99, limit "
            f"{milliseconds(limit_ms)})"
        )


def _envelope(trial: Trial, metrics: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    if extra.beyond_envelope:
        yield extra.beyond_envelope


def _arrivals(trial: Trial, metrics: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    yield from arrivals.bunched(extra)
    late_ms = extra.late_p99_ms
    limit_ms = of_median(MOST_LATE_MS, MOST_LATE_SHARE, metrics, extra)
    if late_ms is not None and late_ms > limit_ms:
        yield (
            f"requests were sent {milliseconds(late_ms)} late (p99, limit "
            f"{milliseconds(limit_ms)}): plan more clients, or give the load generator more "
            "processes"
        )


def _steady(trial: Trial, metrics: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    if (drift := extra.drift_share or 0) > MOST_DRIFT:
        yield (
            f"the load step still drifted by {percent(drift)} (limit {threshold(MOST_DRIFT)}): "
            "raise settle_s or settle_most_s"
        )
    if (unready := extra.unready_users or 0) > MOST_UNREADY * trial.users:
        yield (
            f"{count(unready)} of {count(trial.users)} users had no answer yet when the load step "
            f"opened (limit {threshold(MOST_UNREADY)}): raise settle_most_s or lower the load"
        )
    yield from steadiness.messages(trial, metrics, extra)


def _unanswered(trial: Trial, metrics: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    share = extra.unanswered_share or 0
    if share > MOST_UNANSWERED:
        yield (
            f"{percent(share)} of the requests were never answered (limit "
            f"{threshold(MOST_UNANSWERED)}), so latencies are lower bounds: raise tail_s or lower "
            "the load"
        )


def _kernel(trial: Trial, metrics: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    if metrics.listen_overflows:
        yield (
            f"the listen queue overflowed {times(metrics.listen_overflows)} (limit 0): raise "
            "the server's backlog and net.core.somaxconn"
        )
    elif extra.listen_drops:
        yield (
            "the kernel dropped a connection before it was accepted, "
            f"{times(extra.listen_drops)} (limit 0): raise the server's backlog"
        )
    if extra.syn_retransmits:
        yield (
            "the kernel repeated an attempt to connect, after 1 s or more, "
            f"{times(extra.syn_retransmits)} (limit 0): raise the server's backlog or lower "
            "spawn_rate"
        )


def _host(trial: Trial, metrics: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    steal, swapped = metrics.steal_share or 0, extra.swapped_mib or 0
    if steal > MOST_STEAL:
        yield (
            f"the hypervisor took {percent(steal)} of a core's time (limit "
            f"{threshold(MOST_STEAL)}): use a machine of your own, or repeat the run later"
        )
    if swapped > MOST_SWAPPED_MIB:
        yield (
            f"the machine swapped out {significant(swapped)} MiB (limit "
            f"{MOST_SWAPPED_MIB:g} MiB): end other programs or plan fewer users"
        )
    yield from disturbances(extra)


def _clocks(trial: Trial, metrics: Measurement, extra: Extra, cores: float) -> Iterator[str]:
    if not clocks.agree(extra.clocks_apart_ms, metrics.latency_p50_ms):
        limit_ms = clocks.most_apart_ms(metrics.latency_p50_ms)
        yield (
            f"the clocks of the hosts may be {milliseconds(extra.clocks_apart_ms or 0)} apart "
            f"(limit {milliseconds(limit_ms)}), so queue and back are one part: use hosts that are "
            "nearer to each other, or end what keeps their processors"
        )


def _failing(metrics: Measurement) -> bool:
    """Return whether more requests failed than the gate errors allows."""
    return (metrics.error_share or 0) > MOST_ERRORS


def _active_users(trial: Trial, extra: Extra) -> int:
    """Return how many of the users are meant to send requests."""
    return trial.users - (extra.silent_users or 0)


GATES = (
    Gate(
        GateName.ERRORS,
        promise=f"at most {threshold(MOST_ERRORS)} of the requests failed, and some were made",
        reason="the latency of the rest no longer describes the service",
        test=_errors,
    ),
    Gate(
        GateName.TASKS,
        promise=f"at most {threshold(MOST_RAISED)} of the tasks raised an exception",
        reason="what a task was to ask after it was never asked",
        test=_tasks,
    ),
    Gate(
        GateName.FLOOR,
        promise=(
            f"no latency is below the wait less {CLOCK_MS:g} ms, no rate above the bounds by more "
            f"than {threshold(LITTLE_MANY)} and one request of each slot, or user"
        ),
        reason=(
            "timers may fire early by the millisecond that uvloop counts in, what is faster still "
            "is an error of measurement"
        ),
        test=_floor,
    ),
    Gate(
        GateName.LITTLE,
        promise=(
            "requests in flight, pauses and code of the locustfile account for all users within "
            f"{threshold(LITTLE_FEW)}, from {count(MANY_REQUESTS)} requests on within "
            f"{threshold(LITTLE_MANY)}"
        ),
        reason="requests or time were lost",
        test=_little,
    ),
    Gate(
        GateName.CONSERVATION,
        promise=(
            "server and client counted the same requests, and no more connections were opened "
            f"than clients keep and the server ends, by at most {threshold(MOST_CLOSING)} of its "
            "answers"
        ),
        reason="a request that only one side counts was sent twice, lost or counted twice",
        test=_conservation,
    ),
    Gate(
        GateName.GENERATOR,
        promise=(
            f"the load generator used at most {threshold(MOST_LOAD_CPU)} of a core in every "
            f"second, and woke up at most {MOST_LAG}"
        ),
        reason="beyond it the load generator queues requests itself",
        test=_generator,
    ),
    Gate(
        GateName.ENVELOPE,
        promise=(
            "the throughput and the clients that ask are such that p50 and p99 of a ground truth "
            "came out right"
        ),
        reason="beyond it the load generator's own lateness is part of the latency",
        test=_envelope,
    ),
    Gate(
        GateName.ARRIVALS,
        promise=(
            f"gaps of over {MOMENT} between requests are at least {threshold(LEAST_GAPS)} of those "
            "of independent clients, or of those between the answers before them, and requests of "
            "a schedule were sent at most "
            f"{in_words(MOST_LATE_MS, MOST_LATE_SHARE)} late (p99)"
        ),
        reason="clients in step with each other wait for their own crowd",
        test=_arrivals,
    ),
    Gate(
        GateName.STEADY,
        promise=(
            "dropping what warmed up or broke down, by MSER-5 from either end, moves the mean by "
            f"at most {threshold(MOST_DRIFT)}, no answer was due for {threshold(MOST_GAP)} of the "
            "window and more than chance explains, no worker was cold, and at most "
            f"{threshold(MOST_UNREADY)} of the users had no first answer"
        ),
        reason="a load step that still drifts has no value of its own",
        test=_steady,
    ),
    Gate(
        GateName.UNANSWERED,
        promise=f"at most {threshold(MOST_UNANSWERED)} of the requests were never answered",
        reason="latencies are lower bounds, and there was no steady state",
        test=_unanswered,
    ),
    Gate(
        GateName.KERNEL,
        promise=(
            "the kernel dropped no connection (ListenOverflows, ListenDrops) and repeated no "
            "attempt to connect (TCPSynRetrans)"
        ),
        reason="what is dropped comes back after 1, 2, 4 s and passes for slow answers",
        test=_kernel,
    ),
    Gate(
        GateName.HOST,
        promise=(
            f"of a core's time the hypervisor took at most {threshold(MOST_STEAL)} and, on the "
            f"server's, other processes {threshold(MOST_FOREIGN)}, no core was "
            f"{threshold(MOST_SLOWER)} slower than in the middle of the run, no quota held "
            f"processes up, and at most {MOST_SWAPPED_MIB:g} MiB were swapped out"
        ),
        reason="the machine was not ours alone",
        test=_host,
    ),
    Gate(
        GateName.CLOCKS,
        promise=f"the clocks of several hosts are at most {clocks.MOST_APART} apart",
        reason="what they differ by moves from the way there to the way back",
        test=_clocks,
    ),
)
"""All gates, in the order in which trials pass them and reports show them."""

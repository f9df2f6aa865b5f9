"""A plug-in that climbs from plateau to plateau: `locust -f wait.py,_staircase.py --stairs 1,16`.

A plateau opens when its users are there and have settled, not when a clock says so: after
--settle-s, or later, up to --settle-most-s, while the answers per bin of time (in an open loop the
requests in the system) still move. It closes after --measure-s, and the requests then in flight
are waited for, up to --tail-s, at full load. Where all users ask at once when it opens, it opens
once all are connected, and closes as soon as all are answered.

With --arrivals the loop is open: all of --users wait for arrivals, each plateau has a rate.

One JSON line per plateau goes to --plateaus; times are seconds since the epoch:
`users, rate_rps, ramped, opened, closed, ended, lag_p99_ms`; `drift`, by which share the plateau
still moved, null where nothing could be steady; `silent`, how many users were meant to ask
nothing; `answered`, how many requests ended within the plateau by Locust's own count;
`pausing`, since when each user paused that did at the close; `unanswered`, when each request was
sent or due that was in flight or not yet sent at the close and still is at the end, those sent
first, and `thought_ms`, the pauses before these.
"""

import gc
import json
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
from locust import events
from locust.env import Environment

from _client import Client, plateau_closed, plateau_opened
from _schedule import Schedule
from _steady import Pulse, drift, settled

POLL_S = 0.02

# A server whose rate would take this many tails to answer all that is in flight is not waited for.
# Not one tail: the rate of a short window is a poor guess where a request waits for longer than it.
HOPELESS = 3
LAG_PROBE_S = 0.01


class Lateness:
    """Tell how late this process wakes up: a probe that sleeps and looks at the clock."""

    def __init__(self) -> None:
        self.lags_ms: list[float] = []

    def probe(self) -> None:
        """Sleep and measure, for ever.

        A stall keeps the probe itself from probing: the wake-ups that would have been due meanwhile
        count as well, each as late as it would have been.
        """
        while True:
            due = time.perf_counter() + LAG_PROBE_S
            gevent.sleep(LAG_PROBE_S)
            late_s = time.perf_counter() - due
            self.lags_ms.append(late_s * 1000)
            while (late_s := late_s - LAG_PROBE_S) > 0:
                self.lags_ms.append(late_s * 1000)

    def p99_ms(self) -> float:
        """Give the lateness that one wake-up in a hundred exceeded since the last reset."""
        ordered = sorted(self.lags_ms)
        return ordered[int(0.99 * (len(ordered) - 1))] if ordered else 0.0


class Staircase:
    """Carry one Locust process over all its plateaus, then end it."""

    def __init__(self, environment: Environment) -> None:
        options = environment.parsed_options
        assert environment.runner is not None and options is not None
        self.runner = environment.runner
        steps = [(options.num_users, rate) for rate in options.arrivals]
        self.steps: list[tuple[int, float | None]] = steps or [(n, None) for n in options.stairs]
        self.spawn_rate: float = options.spawn_rate
        self.settle_s: float = options.settle_s
        self.settle_most_s: float = options.settle_most_s
        self.measure_s: float = options.measure_s
        self.tail_s: float = options.tail_s
        self.log: Path | None = options.plateaus
        self.stationary = all(
            issubclass(user, Client) and user.stationary for user in environment.user_classes
        )
        self.lateness = Lateness()
        Client.schedule = Schedule() if options.arrivals else None

    def climb(self) -> None:
        """Measure every plateau from the lowest up."""
        gevent.spawn(self.lateness.probe)
        for users, rate_rps in self.steps:
            self.ramp(users)
            if Client.schedule and rate_rps:
                Client.schedule.run(rate_rps)
            self.measure(users, rate_rps)
        self.runner.quit()

    def ramp(self, users: int) -> None:
        """Start users until `users` run, then put what they left behind out of the way."""
        if self.runner.target_user_count != users:
            self.runner.start(users, self.spawn_rate)
        while self.runner.user_count < users or self.runner.state != "running":
            gevent.sleep(POLL_S)
        # A full collection over 10,000 users stops every one of them for 0.1 s and more.
        gc.collect()
        gc.freeze()

    def measure(self, users: int, rate_rps: float | None) -> None:
        """Settle, keep the plateau open for its time, wait for the last answers, report."""
        ramped, pulse = time.time(), Pulse(self.settle_s + self.measure_s, self.beat())
        settling = self.settle(pulse)
        self.lateness.lags_ms.clear()
        opened, before = time.time(), self.runner.stats.num_requests
        plateau_opened.fire(user_count=users)
        self.keep_open(lambda: self.runner.stats.num_requests - before >= users)
        closed, lag = time.time(), self.lateness.p99_ms()
        answered, pausing = self.runner.stats.num_requests - before, [*Client.pausing.values()]
        pulse.stop()
        unanswered = self.wait_for_answers(opened, closed, answered / (closed - opened))
        thought_ms = [Client.thought_ms[user] for user, t in Client.asking.items() if t < closed]
        plateau_closed.fire(level=rate_rps or users, opened=opened, closed=closed)
        self.report(
            users=users,
            rate_rps=rate_rps,
            ramped=ramped,
            opened=opened,
            closed=closed,
            ended=time.time(),
            answered=answered,
            pausing=pausing,
            unanswered=unanswered,
            thought_ms=thought_ms,
            silent=len(Client.silent),
            lag_p99_ms=lag,
            drift=drift(pulse.series, settling) if self.stationary else None,
        )

    def beat(self) -> Callable[[], float]:
        """Give what a bin of time brought: answers or, in an open loop, requests in the system.

        In a closed loop latency can only move where the rate of answers does (Little's law); in
        an open one the rate is given, and what grows is the number of requests in the system.
        """
        if Client.schedule:
            return lambda: float(len(in_system()))
        stats, seen = self.runner.stats, [self.runner.stats.num_requests]

        def answers() -> float:
            seen.append(stats.num_requests)
            return float(seen[-1] - seen[-2])

        return answers

    def settle(self, pulse: Pulse) -> int:
        """Wait for --settle-s, and on while the pulse still moves; give the bins that took."""
        started = time.monotonic()
        gevent.sleep(self.settle_s)
        while time.monotonic() < started + self.settle_most_s and not self.ready(pulse):
            gevent.sleep(POLL_S)
        return len(pulse.series)

    def ready(self, pulse: Pulse) -> bool:
        """Hold when the pulse has settled; before a herd, when all have what they asked for."""
        return settled(pulse.series) if self.stationary else not in_system()

    def keep_open(self, served: Callable[[], bool]) -> None:
        """Let the plateau's time pass; that of a herd is over once all of it is served."""
        if self.stationary:
            gevent.sleep(self.measure_s)
            return
        deadline = time.monotonic() + self.measure_s
        while time.monotonic() < deadline and not served():
            gevent.sleep(POLL_S)

    def wait_for_answers(self, opened: float, closed: float, rate: float) -> list[float]:
        """Wait until what was sent within the plateau is answered; list what still is in flight.

        A server that would need several tails for all that is in flight, at the plateau's `rate`
        per second, is not waited for.
        """
        hopeful = len(in_system()) <= HOPELESS * rate * self.tail_s
        deadline = closed + (self.tail_s if hopeful else 0)
        while time.time() < deadline and any(opened <= t < closed for t in in_system()):
            gevent.sleep(POLL_S)
        return [t for t in in_system() if t < closed]

    def report(self, **plateau: Any) -> None:
        """Write the plateau's line, whole or not at all."""
        if self.log is not None:
            with self.log.open("a") as lines:
                lines.write(json.dumps(plateau) + "\n")


def in_system() -> list[float]:
    """List when each request in flight was sent or due, with those due that no client has taken."""
    waiting = Client.schedule.waiting if Client.schedule else ()
    return [*Client.asking.values(), *waiting]


def stairs(text: str) -> list[int]:
    """Read the steps of a staircase: `1,16,64`."""
    return [int(step) for step in text.split(",")]


def rates(text: str) -> list[float]:
    """Read the rates of an open staircase: `50,100.5`."""
    return [float(rate) for rate in text.split(",")]


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Staircase")
    group.add_argument("--stairs", type=stairs, default=[1, 10, 100], help="users, e.g. 1,16,64")
    group.add_argument(
        "--arrivals", type=rates, default=[], help="a second, e.g. 50,100: open loop"
    )
    group.add_argument("--settle-s", type=float, default=2)
    group.add_argument("--settle-most-s", type=float, default=0, help="while it is not steady")
    group.add_argument("--measure-s", type=float, default=8)
    group.add_argument("--tail-s", type=float, default=1)
    group.add_argument("--plateaus", type=Path, help="file for one JSON line per plateau")


@events.test_start.add_listener
def climb(environment: Environment, **_: Any) -> None:
    """Begin once Locust does."""
    gevent.spawn(Staircase(environment).climb)

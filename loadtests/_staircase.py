"""A plug-in that climbs from plateau to plateau: `locust -f wait.py,_staircase.py --stairs 1,16`.

A plateau opens when its users are there and have settled, not when a clock says so. It closes
after --measure-s, and the requests then in flight are waited for, up to --tail-s, at full load.
One JSON line per plateau goes to --plateaus; times are seconds since the epoch:
`users, ramped, opened, closed, ended, lag_p99_ms`; `answered`, how many requests ended within the
plateau by Locust's own count; `pausing`, since when each user paused that did at the close;
`unanswered`, when each request was sent that was in flight at the close and still is at the end.
"""

import gc
import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import gevent
from locust import events
from locust.env import Environment
from locust.event import EventHook

from _client import Client

plateau_closed = EventHook()
"""Fired with `users`, `opened` and `closed` before the plateau's line is written."""

POLL_S = 0.02
LAG_PROBE_S = 0.01


class Lateness:
    """Tell how late this process wakes up: a probe that sleeps and looks at the clock."""

    def __init__(self) -> None:
        self.lags_ms: list[float] = []

    def probe(self) -> None:
        """Sleep and measure, for ever."""
        while True:
            due = time.perf_counter() + LAG_PROBE_S
            gevent.sleep(LAG_PROBE_S)
            self.lags_ms.append((time.perf_counter() - due) * 1000)

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
        self.stairs: list[int] = options.stairs
        self.spawn_rate: float = options.spawn_rate
        self.settle_s: float = options.settle_s
        self.measure_s: float = options.measure_s
        self.tail_s: float = options.tail_s
        self.log: Path | None = options.plateaus
        self.lateness = Lateness()

    def climb(self) -> None:
        """Measure every plateau from the lowest up."""
        gevent.spawn(self.lateness.probe)
        for users in self.stairs:
            self.ramp(users)
            self.measure(users)
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

    def measure(self, users: int) -> None:
        """Settle, keep the plateau open for its time, wait for the last answers, report."""
        ramped = time.time()
        gevent.sleep(self.settle_s)
        self.lateness.lags_ms.clear()
        opened, before = time.time(), self.runner.stats.num_requests
        gevent.sleep(self.measure_s)
        closed, lag = time.time(), self.lateness.p99_ms()
        answered, pausing = self.runner.stats.num_requests - before, [*Client.pausing.values()]
        rate = answered / (closed - opened)
        unanswered = self.wait_for_answers(opened, closed, rate)
        plateau_closed.fire(users=users, opened=opened, closed=closed)
        self.report(
            users=users,
            ramped=ramped,
            opened=opened,
            closed=closed,
            ended=time.time(),
            answered=answered,
            pausing=pausing,
            unanswered=unanswered,
            lag_p99_ms=lag,
        )

    def wait_for_answers(self, opened: float, closed: float, rate: float) -> list[float]:
        """Wait until what was sent within the plateau is answered; list what still is in flight.

        A server that could not answer all that is in flight within the tail, at the plateau's
        `rate` per second, is not waited for.
        """
        hopeful = len(Client.asking) <= rate * self.tail_s
        deadline = closed + (self.tail_s if hopeful else 0)
        while time.time() < deadline and any(opened <= t < closed for t in Client.asking.values()):
            gevent.sleep(POLL_S)
        return [t for t in Client.asking.values() if t < closed]

    def report(self, **plateau: Any) -> None:
        """Write the plateau's line, whole or not at all."""
        if self.log is not None:
            with self.log.open("a") as lines:
                lines.write(json.dumps(plateau) + "\n")


def stairs(text: str) -> list[int]:
    """Read the steps of a staircase: `1,16,64`."""
    return [int(step) for step in text.split(",")]


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Staircase")
    group.add_argument("--stairs", type=stairs, default=[1, 10, 100], help="users, e.g. 1,16,64")
    group.add_argument("--settle-s", type=float, default=2)
    group.add_argument("--measure-s", type=float, default=8)
    group.add_argument("--tail-s", type=float, default=1)
    group.add_argument("--plateaus", type=Path, help="file for one JSON line per plateau")


@events.test_start.add_listener
def _climb(environment: Environment, **_: Any) -> None:
    gevent.spawn(Staircase(environment).climb)

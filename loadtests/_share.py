"""What one process has of the load: its users, and what they did within a plateau.

The staircase asks for all of it, by name and through messages where there are several processes
(`_crew.py`), so every result is made of numbers, lists and dictionaries, and nothing here waits.
"""

import gc
import time
from collections.abc import Callable
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import WorkerRunner

from _client import Client, plateau_closed, plateau_opened
from _schedule import Schedule
from _steady import Pulse

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


class Share:
    """The users of this process, through a plateau: ramped, settling, open, closed, finished."""

    def __init__(self, environment: Environment) -> None:
        options = environment.parsed_options
        assert environment.runner is not None and options is not None
        self.runner = environment.runner
        self.part = 1 / (options.processes or 1)
        self.lateness = Lateness()
        self.pulse: Pulse | None = None
        self.counted = self.before = 0
        self.distributed = isinstance(self.runner, WorkerRunner)
        if self.distributed:
            environment.events.request.add_listener(self._count)
        Client.schedule = Schedule() if options.arrivals else None
        gevent.spawn(self.lateness.probe)

    def expect(self, users: int) -> None:
        """Say how many users there are to be over all processes."""
        Client.wanted = users

    def ramped(self) -> None:
        """Put what the ramp left behind out of the way.

        A full collection over 10,000 users stops every one of them for 0.1 s and more.
        """
        gc.collect()
        gc.freeze()

    def settle(self, rate_rps: float | None, plateau_s: float) -> None:
        """Let this process's part of the arrivals come, and take the pulse from now on.

        Poisson arrivals that are dealt out at random are Poisson, and so is their sum.
        """
        if Client.schedule and rate_rps:
            Client.schedule.run(rate_rps * self.part)
        self.pulse = Pulse(plateau_s, self.beat())

    def beat(self) -> Callable[[], float]:
        """Give what a bin of time brought: answers or, in an open loop, requests in the system.

        In a closed loop latency can only move where the rate of answers does (Little's law); in
        an open one the rate is given, and what grows is the number of requests in the system.
        """
        if Client.schedule:
            return lambda: float(len(in_system()))
        seen = [self.ended()]

        def answers() -> float:
            seen.append(self.ended())
            return float(seen[-1] - seen[-2])

        return answers

    def series(self) -> list[float]:
        """List what the bins brought so far."""
        return [*self.pulse.series] if self.pulse else []

    def open(self) -> None:
        """Begin to count."""
        self.lateness.lags_ms.clear()
        self.before = self.ended()
        plateau_opened.fire(user_count=self.runner.user_count)

    def answered(self) -> int:
        """Give how many requests have ended since the plateau opened."""
        return self.ended() - self.before

    def ended(self) -> int:
        """Count all requests that have ended, in a way that the rows have no part in.

        A worker's statistics begin anew with each report to the master.
        """
        return self.counted if self.distributed else self.runner.stats.num_requests

    def _count(self, **_: Any) -> None:
        self.counted += 1

    def in_system(self) -> int:
        """Count the requests in flight, and those due that no client has taken."""
        return len(in_system())

    def pending(self, opened: float, closed: float) -> bool:
        """Hold while any of them was sent or due within a window."""
        return any(opened <= t < closed for t in in_system())

    def close(self, closed: float) -> dict[str, Any]:
        """Tell who ran, and what they did, when the plateau closed just now."""
        assert self.pulse is not None
        self.pulse.stop()
        return {
            "users": self.runner.user_count,
            "answered": self.answered(),
            "pausing": pausing(closed),
            "lag_p99_ms": self.lateness.p99_ms(),
        }

    def finish(self, level: float, opened: float, closed: float) -> dict[str, Any]:
        """Tell what was not answered up to now, and write the rows of all that was."""
        sent = {user: t for user, t in Client.asking.items() if t < closed}
        waiting = Client.schedule.waiting if Client.schedule else ()
        plateau_closed.fire(level=level, opened=opened, closed=closed)
        return {
            "sent": [*sent.values()],
            "due": [t for t in waiting if t < closed],
            "thought_ms": [Client.thought_ms[user] for user in sent],
            "silent": len(Client.silent),
        }


def in_system() -> list[float]:
    """List when each request in flight was sent or due, with those due that no client has taken."""
    waiting = Client.schedule.waiting if Client.schedule else ()
    return [*Client.asking.values(), *waiting]


def pausing(closed: float) -> list[float]:
    """List since when each user paused that did at a moment just past.

    Who has sent a request since then paused before it.
    """
    since = [t for t in Client.pausing.values() if t < closed]
    sent = [(t, Client.thought_ms[user] / 1000) for user, t in Client.asking.items() if t >= closed]
    return since + [t - thought_s for t, thought_s in sent]

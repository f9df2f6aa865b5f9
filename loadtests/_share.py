"""What one process has of the load: its users, and what they did within a plateau.

The staircase asks for all of it, by name and through messages where there are several processes
(`_crew.py`), so every result is made of numbers, lists and dictionaries, and nothing here waits.
"""

import gc
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import gevent
from locust.env import Environment

from _books import Ledger, Request, books, plateau_closed, plateau_opened
from _clock import now_s
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
        """Return the lateness that one wake-up in a hundred exceeded since the last reset."""
        ordered = sorted(self.lags_ms)
        return ordered[int(0.99 * (len(ordered) - 1))] if ordered else 0.0


class Share:
    """The users of this process, through a plateau: ramped, settling, open, closed, finished."""

    def __init__(self, environment: Environment) -> None:
        options = environment.parsed_options
        assert environment.runner is not None and options is not None
        self.runner = environment.runner
        self.part = 1 / options.expect_workers
        self.lateness = Lateness()
        self.pulse: Pulse | None = None
        self.ages_s: list[float] = []
        self.before = self.tasks_before = self.lost_before = 0
        books.schedule = Schedule() if options.arrivals else None
        gevent.spawn(self.lateness.probe)

    def expect(self, users: int) -> None:
        """Note how many users there are to be over all processes."""
        books.wanted = users

    def trouble(self) -> dict[str, Any]:
        """Return what may end the run: a fault of ours, users that left, tasks that raise."""
        return {
            "fault": books.fault,
            "left": _counted(books.left),
            "raised": _counted(books.raised),
        }

    def unready(self, for_s: float) -> list[int]:
        """Count the users that have not begun, and those whose first answer takes over `for_s`."""
        return [self.runner.user_count - books.begun(), books.unanswered(for_s)]

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
        if books.schedule and rate_rps:
            books.schedule.run(rate_rps * self.part)
        self.ages_s = []
        self.pulse = Pulse(plateau_s, self.beat())

    def beat(self) -> Callable[[], float]:
        """Return what a bin of time brought: answers or, in an open loop, requests in the system.

        In a closed loop latency can only move where the rate of answers does (Little's law); in
        an open one the rate is given, and what grows is the number of requests in the system.
        """
        if books.schedule:
            return self.occupancy
        seen = [books.ended]

        def answers() -> float:
            seen.append(books.ended)
            return float(seen[-1] - seen[-2])

        return answers

    def occupancy(self) -> float:
        """Count the requests in the system, and note the sum of their ages."""
        now, since = now_s(), books.in_system()
        self.ages_s.append(sum(now - each for each in since))
        return float(len(since))

    def ages(self) -> list[float]:
        """List how long the requests in the system had been there, in seconds, summed for a bin."""
        return [*self.ages_s]

    def series(self) -> list[float]:
        """List what the bins brought so far."""
        return [*self.pulse.series] if self.pulse else []

    def open(self) -> None:
        """Begin to count."""
        self.lateness.lags_ms.clear()
        self.before, self.tasks_before = books.ended, books.tasks
        books.raised.clear()
        books.unread = 0
        self.lost_before = books.packets_lost or 0
        plateau_opened.fire(user_count=self.runner.user_count)

    def answered(self) -> int:
        """Return how many requests have ended since the plateau opened.

        The rows have no part in it.
        """
        return books.ended - self.before

    def in_system(self) -> int:
        """Count the requests in flight, and those due that no client has taken."""
        return len(books.in_system())

    def pending(self, opened: float, closed: float) -> bool:
        """Hold while any of them was sent or due within a window."""
        return any(opened <= t < closed for t in books.in_system())

    def close(self, closed: float) -> dict[str, Any]:
        """Tell who ran, and what they did, when the plateau closed just now."""
        assert self.pulse is not None
        self.pulse.stop()
        pausing, own = books.gaps(closed)
        return {
            "users": self.runner.user_count,
            "answered": self.answered(),
            "tasks": books.tasks - self.tasks_before,
            "raised": _counted(books.raised),
            "unread": books.unread,
            "packets_lost": self.packets_lost(),
            "pausing": pausing,
            "own": own,
            "lag_p99_ms": self.lateness.p99_ms(),
        }

    def packets_lost(self) -> int | None:
        """Return how many packets of QUIC were lost since the plateau opened; None without it."""
        return None if books.packets_lost is None else books.packets_lost - self.lost_before

    def finish(self, level: float, opened: float, closed: float) -> dict[str, Any]:
        """Tell what was not answered up to now, and write the rows of all that was."""
        sent = [request for request in books.asking if request.counts_before(closed)]
        waiting = books.schedule.waiting if books.schedule else ()
        plateau_closed.fire(level=level, opened=opened, closed=closed)
        return {
            "sent": [request.since_s for request in sent],
            "due": [t for t in waiting if t < closed],
            "thought_ms": [request.paused_s * 1000 for request in sent],
            "own_ms": [request.own_s * 1000 for request in sent],
            "occupied": occupied(sent),
            "silent": books.silent(),
        }


def occupied(sent: list[Request]) -> list[float | None]:
    """Tell since when each request in flight alone accounts for its user's time.

    Of several of one user that is the first; the others account for none of it.
    """
    seen: set[Ledger] = set()
    since: list[float | None] = []
    for request in sent:
        ledger = request.ledger
        since.append(None if ledger in seen else max(ledger.since_s, request.started_s))
        seen.add(ledger)
    return since


def _counted(counter: Counter[tuple[str, str]]) -> list[list[Any]]:
    """List exception, task and count, the most frequent first."""
    return [[*what, count] for what, count in counter.most_common()]

"""An open schedule: requests are due by a clock of their own, whether or not clients are free.

Arrivals are Poisson: the pauses between them are exponential, as they are between strangers who
know nothing of each other. Each arrival waits for a client, none is ever dropped; its latency
counts from when it was due (Tene 2013, "coordinated omission").
"""

import random
from collections import deque
from collections.abc import Iterable, Iterator

import gevent
from gevent.event import Event

from _clock import now_s

# gevent wakes up this much late on average: epoll counts in whole milliseconds.
WAKES_LATE_S = 0.0007


class Schedule:
    """Hand arrivals out to clients in the order in which they are due."""

    def __init__(self) -> None:
        self.waiting: deque[float] = deque()
        """When each arrival that no client has taken yet was due, in seconds since the epoch."""
        self._idle: deque[Event] = deque()
        self._arrivals: gevent.Greenlet | None = None

    def run(self, rate_rps: float) -> None:
        """Let arrivals come at `rate_rps` a second from now on; 0 stops them."""
        if self._arrivals is not None:
            self._arrivals.kill()
        self._arrivals = gevent.spawn(self._arrive, _poisson(rate_rps) if rate_rps > 0 else ())

    def take(self) -> float:
        """Wait for the next arrival that is due; tell when it was, in seconds since the epoch."""
        while not self.waiting:
            turn = Event()
            self._idle.append(turn)
            turn.wait()
        return self.waiting.popleft()

    def _arrive(self, dues: Iterable[float]) -> None:
        for due in dues:
            gevent.sleep(max(0.0, due - WAKES_LATE_S - now_s()))
            self.waiting.append(min(due, now_s()))
            if self._idle:
                self._idle.popleft().set()


def _poisson(rate_rps: float) -> Iterator[float]:
    """Draw arrivals from now on, in seconds since the epoch."""
    due = now_s()
    while True:
        due += random.expovariate(rate_rps)
        yield due

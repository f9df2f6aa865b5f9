"""A thundering herd: connected clients that all ask within --within-s of a plateau's opening, once.

To make up and send ten thousand requests takes one core two seconds, to send them less than half a
second: so each is made up before, and stands by at its socket until the herd is called. Latency
counts from the moment that was drawn for a request. Under bare Locust, which has no plateaus, the
herd comes when all users have started.
"""

import random
from argparse import ArgumentParser
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, ClassVar

import gevent
from locust import events, task
from locust.env import Environment

from _books import current, plateau_opened
from _client import Client
from _clock import now_s
from _lean import Answer
from _schedule import WAKES_LATE_S

# How soon a user is noticed that is later than the moment drawn for it.
POLL_S = 0.001


class Thundering(Client):
    """Connect, make the next request up, send it with the others of the herd."""

    stationary = False
    standing_by: ClassVar[OrderedDict[int, "Thundering"]] = OrderedDict()
    """The users whose request is made up and not sent, who has stood longest first."""

    def begin_cycle(self) -> None:
        """Ask once, so that the connection is there; keep back what is asked next."""
        self.connect()
        self.ready()

    @task
    def visit(self) -> None:
        """Make up one request, and wait for its answer."""
        self.ask_wait(self.options.wait_ms)

    def _exchange(self, method: str, path: str, sent: bytes) -> tuple[Answer, Exception | None]:
        outcome = super()._exchange(method, path, sent)
        if self.standing_by.pop(id(self), None):
            self.request.restart(None)  # its connection closed before it was called
        return outcome

    def transmit(self, send: Callable[[], None]) -> None:
        """Keep a request until the herd is called: a pause, as far as the books know."""
        if self.ledger.set_up:
            send()
            return
        request = current.get()
        assert request is not None
        self.send, self.request = send, request
        request.withdraw()
        self.standing_by[id(self)] = self

    def go(self, due_s: float) -> None:
        """Send the request that was due at a moment, in seconds since the epoch."""
        self.request.restart(due_s)
        with suppress(OSError):  # whoever waits for the answer finds out
            self.send()


def rush(dues: Iterable[float]) -> None:
    """Let a user go at each of these moments, ascending; where none stands by, the next that does.

    Users go in batches of a millisecond, in which gevent counts: to wake up for each would cost
    more than to send.
    """
    for due in dues:
        if (early_s := due - WAKES_LATE_S - now_s()) > 0:
            gevent.sleep(early_s)
        while not Thundering.standing_by:
            gevent.sleep(POLL_S)
        _, user = Thundering.standing_by.popitem(last=False)
        user.go(min(due, now_s()))


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--within-s", type=float, default=1, help="how long the herd takes to ask")


@events.init.add_listener
def _call_the_herd(environment: Environment, **_: Any) -> None:
    options = environment.parsed_options
    assert options is not None
    started = plateau_opened if hasattr(options, "stairs") else environment.events.spawning_complete
    rushes: list[gevent.Greenlet] = []

    @started.add_listener
    def _rush(**_: Any) -> None:
        gevent.killall(rushes)
        # Not the event's user count: a worker of several hears that of them all.
        users = environment.runner.user_count if environment.runner else 0
        now = now_s()
        dues = sorted(now + random.uniform(0, options.within_s) for _ in range(users))
        rushes[:] = [gevent.spawn(rush, dues)]

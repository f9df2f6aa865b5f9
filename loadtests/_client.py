"""The abstract base user: one place for time-outs, keep-alive, think time and body checks.

It puts right what would make Locust's numbers untrue without anybody noticing; each correction
has a test in tests/loadtests/test_client.py that fails when Locust no longer needs it:

- keep-alive is lost for every socket whose descriptor is 1024 or more, because the connection
  pool asks select() whether a socket is still open (`_connection.KeptAlive`);
- a request whose connection closes is sent again, unseen (`KeptAlive.size`);
- all users started together stay in step, so requests come in bursts (`begin`);
- a user without think time yields before each request (`_pause`);
- an answer counts as good whatever its body says (`fetch`).
"""

import json
import random
import resource
import time
from argparse import ArgumentParser
from typing import Any, ClassVar

import gevent
from gevent.event import Event
from locust import FastHttpUser, events
from locust.env import Environment
from locust.event import EventHook
from locust.exception import CatchResponseError
from locust.user.wait_time import poisson

from _connection import KeptAlive, OneConnection, loopback
from _schedule import Schedule

FAILED_PAUSE_S = 0.01
"""What a user waits after a failure: a refused connection costs no time, and users would spin."""

plateau_opened = EventHook()
"""Fired with `user_count` when a staircase opens a plateau; without a staircase never."""

plateau_closed = EventHook()
"""Fired with `level` (users or rate), `opened` and `closed` when a staircase closes a plateau."""


class WrongBody(CatchResponseError):
    """Mark an answer that is not the one that was asked for."""


class Client(FastHttpUser):
    """Ask, think, ask again: a closed loop with one connection and one request at a time."""

    abstract = True
    host = "http://127.0.0.1:8000"
    max_redirects = 0
    default_headers = {"Accept-Encoding": "identity"}

    asking: ClassVar[dict[int, float]] = {}
    """When each request in flight was sent or, in an open loop, due; in seconds since the epoch."""

    thought_ms: ClassVar[dict[int, float]] = {}
    """The pause that each user with a request in flight drew before it, in milliseconds."""

    pausing: ClassVar[dict[int, float]] = {}
    """When each user that pauses began to, in seconds since the epoch."""

    silent: ClassVar[set[int]] = set()
    """The users that are connected and meant to ask nothing more."""

    stationary: ClassVar[bool] = True
    """Whether a plateau can become steady: not where all users ask at once when it opens."""

    schedule: ClassVar[Schedule | None] = None
    """Where users wait for their next request in an open loop; None in a closed one."""

    wanted: ClassVar[int | None] = None
    """How many users there are to be over all processes; None where the runner has them all."""

    turn: ClassVar[Event | None] = None
    """Set while users of a closed loop may ask; None where they always may."""

    def __init__(self, environment: Any) -> None:
        self.client_pool = OneConnection()
        super().__init__(environment)
        self.client.client.cookiejar = None  # no cookies here; parsing for them costs CPU
        self.client.client.valid_response_codes = frozenset({200})  # type: ignore[misc]
        self.options = environment.parsed_options
        self.think_ms = 0.0
        """The think time drawn before the request under way, in milliseconds."""
        self.due_s: float | None = None
        """When an open schedule wants the request sent, in seconds since the epoch."""
        mean_s = self.options.think_ms / 1000
        # Not constant_pacing: it locks users into bursts. poisson() draws exponential pauses.
        self._draw_think_s = poisson(1 / mean_s) if mean_s > 0 else lambda _user: 0.0

    def wait_time(self) -> float:
        """Draw the pause before the next request, in seconds."""
        pause = self._draw_think_s(self)
        self.think_ms = pause * 1000
        return pause

    def on_start(self) -> None:
        """Take over Locust's pauses, connect where that is wanted, and begin."""
        if self._taskset_instance is not None:
            self._taskset_instance._sleep = self._pause  # type: ignore[method-assign]
        if self.options.connect_first:
            self.connect()
        self.begin()

    def connect(self) -> None:
        """Ask once for what costs the server nothing, so that the connection is there."""
        self.await_turn()
        self.ask_plain()

    def await_turn(self) -> None:
        """Wait for a random part of the second whose users Locust starts all at once."""
        gevent.sleep(random.uniform(0, min(1.0, self.ramp_s())))

    def ramp_s(self, started: int = 0) -> float:
        """Give how many seconds it takes to start all users wanted but those `started` here."""
        runner, processes = self.environment.runner, self.options.processes or 1
        wanted = self.wanted or (runner.target_user_count if runner else started)
        return max(0, wanted - processes * started) / (self.options.spawn_rate or 1)

    def begin(self) -> None:
        """Begin at a random point of the cycle, so that users started together do not march."""
        if self.schedule is not None:
            self._pause(0)
            return
        self._pause(self._first_s())

    def _first_s(self) -> float:
        """Draw a pause that ends at a random point of the cycle, in seconds."""
        # An exponential pause first, as all later ones are: a uniform one would let requests come
        # faster than think time allows until every user has asked once.
        first_s = self.wait_time() + random.uniform(0, self.options.wait_ms) / 1000
        self.think_ms = first_s * 1000
        return first_s

    def context(self) -> dict[str, Any]:
        """Hand this user to whoever listens to the request event."""
        return {"client": self}

    def _pause(self, seconds: float) -> None:
        """Wait for the next arrival of an open loop; in a closed one think, and begin each turn."""
        if self.schedule is not None:
            self.due_s = self.schedule.take()
            return
        self._think(seconds)
        while self.turn is not None and not self.turn.is_set():
            self.turn.wait()
            self._think(self._first_s())

    def _think(self, seconds: float) -> None:
        """Sleep, but not for 0 s.

        Locust does, which puts a user behind all others that have work to do before it may send
        again: at 1,300 requests/s it took 5 % of the users' time (the gate `little` noticed).
        """
        if seconds <= 0:
            return
        self.pausing[id(self)] = time.time()
        try:
            gevent.sleep(seconds)
        finally:
            self.pausing.pop(id(self), None)

    @property
    def connection(self) -> KeptAlive | None:
        """The user's connection, once it has asked for anything."""
        pool = self.client_pool
        return pool.connection if isinstance(pool, OneConnection) else None

    def ask_plain(self) -> None:
        """Ask for the answer that waits for nothing."""
        self.fetch(f"/{self.options.views}/plain/", PLAIN)

    def ask_wait(self, ms: float) -> None:
        """Ask for the answer that takes `ms` milliseconds."""
        body = json.dumps({"workload": "wait", "ms": ms}).encode()
        self.fetch(f"/{self.options.views}/wait/?ms={ms}", body)

    def fetch(self, path: str, body: bytes) -> None:
        """Ask for `path` and accept nothing but status 200 with exactly this `body`."""
        if self.connection is not None:
            self.connection.connect_ms = None
        # Without the query: Locust keeps statistics for ever for each name.
        name = path.partition("?")[0]
        self.asking[id(self)] = time.time() if self.due_s is None else self.due_s
        self.thought_ms[id(self)] = self.think_ms
        try:
            with self.client.get(path, name=name, catch_response=True) as answer:
                self.ended(answer.request_meta)
                good = answer.status_code == 200 and answer.content == body
                if answer.status_code == 200 and not good:
                    answer.failure(WrongBody(f"expected {body!r}, got {answer.content[:80]!r}"))
        finally:
            self.asking.pop(id(self), None)
        if not good:
            gevent.sleep(FAILED_PAUSE_S)

    def ended(self, told: dict[str, Any]) -> None:
        """Hear of a request's end before all others do: what they will be `told` may be changed."""


PLAIN = json.dumps({"workload": "plain"}).encode()


def number(text: str) -> float:
    """Read a number as the application echoes it: whole ones without a decimal point."""
    value = float(text)
    return int(value) if value.is_integer() else value


def truth(text: str) -> bool:
    """Read `true` or `false`."""
    return {"true": True, "false": False}[text.lower()]


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    """Let every scenario be set by the same words, by hand as by the harness."""
    group = parser.add_argument_group("Scenario")
    group.add_argument("--views", choices=["sync", "async"], default="async")
    group.add_argument("--wait-ms", type=number, default=250, help="wait per request")
    group.add_argument("--think-ms", type=number, default=0, help="mean pause between requests")
    group.add_argument(
        "--connect-first", type=truth, default=False, metavar="BOOL", help="ask once when started"
    )
    group.add_argument(
        "--slots", type=int, default=0, help="requests the server works on at once; 0: no limit"
    )
    group.add_argument(
        "--sources", type=int, default=1, help="loopback addresses from which clients connect"
    )


@events.init.add_listener
def _spread_sources(environment: Environment, **_: Any) -> None:
    """Start connections from several addresses where one has too few ports."""
    options = environment.parsed_options
    if options is not None and options.sources > 1:
        KeptAlive.sources = loopback(options.sources)


# Locust would raise the limit to exactly 10,000 descriptors, which 10,000 users exceed.
_most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (_most, _most))

"""The books of this process: what each user does at any moment.

A user either asks (a request of its is in flight), pauses (it sleeps, by whatever word), or runs
code of its own. A `Ledger` for each user keeps the sums, below the user's code: the sessions and
the sleeps that Locust itself uses write into it (`_sessions.py`, `_users.py`), so it holds for any
user class. Times are seconds since the epoch.
"""

from collections import Counter
from contextvars import ContextVar
from math import inf
from typing import Any

import gevent
from gevent.event import Event
from locust.event import EventHook

from _clock import now_s
from _schedule import Schedule

TICK_S = 0.001
"""How much longer than it was meant a pause may be and still be one: a timer of epoll fires at the
next whole millisecond, half of one late on average, however idle the process is."""

request_unjudged = EventHook()
"""Fired like Locust's `request`, for a request that Locust never tells of: nobody judged it."""

plateau_opened = EventHook()
"""Fired with `user_count` when a staircase opens a plateau; without a staircase never."""

plateau_closed = EventHook()
"""Fired with `level` (users or rate), `opened` and `closed` when a staircase closes a plateau."""


class TaskRaised(Exception):
    """Mark an answer that was not judged, for the task that was to judge it raised an exception."""


class Request:
    """One request: when it was sent or due, what its user did before it, how far it has come."""

    __slots__ = (
        "connect_failed",
        "connect_ms",
        "due_s",
        "elsewhere",
        "events_ms",
        "judged",
        "lasted_ms",
        "ledger",
        "occupied_s",
        "on_end",
        "own_s",
        "paused_s",
        "set_up",
        "started_s",
        "streams",
        "unsent",
    )

    def __init__(self, ledger: "Ledger", started_s: float, paused_s: float, own_s: float) -> None:
        self.ledger = ledger
        self.started_s = started_s
        self.lasted_ms: float | None = None
        """How long it took; None while it is under way."""
        self.paused_s = paused_s
        """The pauses that its user took before it, as long as they were meant, within TICK_S."""
        self.own_s = own_s
        """The time before it in which its user neither asked nor paused."""
        self.due_s, ledger.due_s = ledger.due_s, None
        self.set_up = ledger.set_up
        self.connect_ms: float | None = None
        self.connect_failed = False
        self.elsewhere: str | None = None
        """The server that it went to, where that is not the one under test."""
        self.streams = False
        """Whether its body is read after its headers have been handed over."""
        self.events_ms: tuple[float, ...] = ()
        """When each event of its answer came after it was sent, where somebody looks."""
        self.unsent = False
        """Whether it is yet to let others go first, once made up, before it is sent."""
        self.occupied_s: float | None = None
        """The time for which it alone accounts, where others of its user were in flight with it."""
        self.judged = False
        """Whether the event that tells its outcome has been fired."""
        self.on_end: Any = None
        """Called once when a stream has ended."""

    @property
    def since_s(self) -> float:
        """When its latency began: when it was due or, without a schedule, sent."""
        return self.started_s if self.due_s is None else self.due_s

    def counts_before(self, closed: float) -> bool:
        """Hold where it is load that was sent or due before a time."""
        return self.since_s < closed and not self.set_up

    def withdraw(self) -> None:
        """Take back a request that is made up and not sent yet: its user pauses until it is."""
        books.asking.pop(self)
        self.ledger.in_flight -= 1
        self.ledger.begin_pause(inf)

    def restart(self, due_s: float | None) -> None:
        """Send what was withdrawn, due at a time or by no schedule."""
        ledger = self.ledger
        assert ledger.pause is not None
        (began_s, _), ledger.pause = ledger.pause, None
        self.due_s, self.started_s = due_s, now_s()
        self.paused_s += max(0.0, self.since_s - began_s)
        books.asking[self] = None
        ledger.in_flight += 1
        ledger.begin_gap(self.started_s)

    def begin(self) -> None:
        """Begin its time: what came before, where it was made up, is its user's own."""
        now = now_s()
        if not self.ledger.shared:
            self.own_s += now - self.started_s
        self.started_s = now
        self.unsent = False

    def gap_before(self, closed: float) -> tuple[float, float, float]:
        """Return when the gap before it ended, its pauses and its own code, as of a time just past.

        A gap ends when its request is sent: while that is being made up, own code goes on.
        """
        own_s = 0.0 if self.ledger.shared else max(0.0, closed - self.started_s)
        return max(closed, self.started_s), self.paused_s, self.own_s + own_s

    def leave(self) -> None:
        """Note that nobody reads the rest of the stream; nothing where it has ended."""
        if self.lasted_ms is None:
            books.unread += 1
            self.end()

    def end(self) -> None:
        """Note that the answer is complete, or will never be; only the first call counts."""
        if self.lasted_ms is not None:
            return
        now = now_s()
        self.lasted_ms = (now - self.started_s) * 1000
        self.ledger.end(self, now)
        if self.on_end is not None:
            self.on_end()


current: ContextVar[Request | None] = ContextVar("request", default=None)
"""The request on whose behalf this greenlet works."""


class Ledger:
    """One user's account, from its start to its end."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.since_s = now_s()
        """When the gap between two requests began or, in flight, up to when time is accounted."""
        self.paused_s = 0.0
        """The pauses of this gap, as long as they were meant, within TICK_S."""
        self.slept_s = 0.0
        """The pauses of this gap, as long as they took."""
        self.pause: tuple[float, float] | None = None
        """When the pause under way began, and how long it may be; None outside of one."""
        self.shared = False
        """Whether several requests have been in flight together since none was."""
        self.latest = (0.0, 0.0, 0.0)
        """Of the request that ended last: when it was sent, the pauses and own code before it."""
        self.due_s: float | None = None
        """When an open schedule wants the next request sent."""
        self.set_up = True
        """Whether the user has not begun its first task: an on_start has not ended."""
        self.silent = False
        """Whether it is connected and meant to ask nothing more."""
        self.answered = False
        """Whether a request has ended since the user began."""
        self.eager = False
        """Whether its last request was the lean client's, after which it asks again at once."""
        self.failed = False
        """Whether its last request failed at once, so that it would spin without a pause."""
        self.streams: list[Request] = []
        """The streams that its task has begun."""
        self.unjudged: list[Any] = []
        """The verdicts that are open: on answers that the user's code looks at (catch_response)."""
        self.task = "on_start"
        self.stopped: str | None = None
        """The exception by which it left, where the runner did not end it."""

    def ask(self, unsent: bool = False) -> Request:
        """Begin a request, which is `unsent` where it is yet to be made up."""
        now = now_s()
        if self.in_flight:
            self.shared = True
            request = Request(self, now, 0.0, 0.0)
        else:
            if self.pause is not None:  # another greenlet of the user asks while it pauses
                self._account_for_pause(now)
            own_s = now - self.since_s - self.slept_s
            request = Request(self, now, self.paused_s, own_s if own_s > 0 else 0.0)
            self.begin_gap(now)
        request.unsent = unsent
        self.in_flight += 1
        self.eager = not unsent
        books.asking[request] = None
        return request

    def end(self, request: Request, now: float) -> None:
        """Account for a request that has ended just now."""
        books.asking.pop(request, None)
        books.ended += 1
        self.in_flight -= 1
        self.answered = self.answered or not request.set_up
        if self.shared:
            request.occupied_s = now - self.since_s
            self.shared = self.in_flight > 0
        else:
            self.latest = (request.started_s, request.paused_s, request.own_s)
        if self.pause is not None and not self.in_flight:
            self._account_for_pause(now)
        self.begin_gap(now)

    def begin_gap(self, now: float) -> None:
        """Account for time from now on."""
        self.since_s = now
        self.paused_s = self.slept_s = 0.0

    def begin_pause(self, seconds: float) -> None:
        """Begin a pause that is meant to take so many seconds; `inf` for as long as it takes."""
        self.pause = (now_s(), seconds + TICK_S)

    def end_pause(self) -> None:
        """End the pause under way."""
        if self.pause is not None and not self.in_flight:
            self._account_for_pause(now_s())
        self.pause = None

    def _account_for_pause(self, now: float) -> None:
        """Count the pause under way up to now, and let what is left of it begin now."""
        assert self.pause is not None
        began, seconds = self.pause
        lasted_s = now - began
        self.paused_s += min(seconds, lasted_s)
        self.slept_s += lasted_s
        self.pause = (now, max(0.0, seconds - lasted_s))

    def settle(self, raised: BaseException | None = None) -> None:
        """Close what a task has left open when it ended: unread streams, answers not judged."""
        streams, self.streams = self.streams, []
        for request in streams:
            request.leave()
        verdicts, self.unjudged = self.unjudged, []
        for verdict in verdicts:
            verdict.close(raised)

    def ready(self) -> None:
        """Note that the user's set-up is over: what it asks from now on is its load."""
        self.set_up = False

    def gap(self, closed: float) -> tuple[float, float]:
        """Return for how long it had paused and run its own code in the gap under way at a time."""
        paused_s, slept_s = self.paused_s, self.slept_s
        if self.pause is not None:
            lasted_s = max(0.0, closed - self.pause[0])
            paused_s += min(lasted_s, self.pause[1])
            slept_s += lasted_s
        return paused_s, max(0.0, closed - self.since_s - slept_s)


class Books:
    """All accounts of this process, and the rules that its users ask by."""

    def __init__(self) -> None:
        self.asking: dict[Request, None] = {}
        """The requests in flight, those sent first."""
        self.ledgers: dict[Ledger, None] = {}
        self.of_greenlet: dict[Any, Ledger] = {}
        self.ended = 0
        """How many requests have ended."""
        self.tasks = 0
        """How many tasks have begun, those of nested TaskSets included, these themselves not."""
        self.raised: Counter[tuple[str, str]] = Counter()
        """How often which exception left which task."""
        self.unread = 0
        """How many streams were left before they ended."""
        self.packets_lost: int | None = None
        """How many packets of QUIC were sent and lost; None while nobody speaks it."""
        self.left: Counter[tuple[str, str]] = Counter()
        """How many users ended by themselves: by which exception, in which task."""
        self.fault: str | None = None
        """The first exception of our own code below the user's."""
        self.schedule: Schedule | None = None
        """Where users wait for their next task in an open loop; None in a closed one."""
        self.turn: Event | None = None
        """Set while users of a closed loop may ask; None where they always may."""
        self.wanted: int | None = None
        """How many users there are to be over all processes; None where the runner has them all."""
        self.server: tuple[str, int] | None = None
        """Host and port under test; None where any is."""

    def open(self, greenlet: Any, ledger: Ledger) -> None:
        """Open the account of the user that a greenlet runs."""
        self.of_greenlet[greenlet] = ledger
        self.ledgers[ledger] = None

    def close(self, greenlet: Any) -> None:
        """Close an account."""
        ledger = self.of_greenlet.pop(greenlet)
        self.ledgers.pop(ledger, None)

    def here(self) -> Ledger:
        """Return the account of the user for whom this greenlet, or one that spawned it, works.

        Whoever works for no user has an account of nobody's.
        """
        greenlet = gevent.getcurrent()
        while greenlet is not None:
            ledger = self.of_greenlet.get(greenlet)
            if ledger is not None:
                return ledger
            spawning = getattr(greenlet, "spawning_greenlet", None)
            greenlet = spawning() if spawning is not None else None
        return Ledger()

    def in_system(self) -> list[float]:
        """List when each request in flight was sent or due, with those due that nobody has taken.

        Those of set-ups are not among them.
        """
        waiting = self.schedule.waiting if self.schedule else ()
        return [request.since_s for request in self.asking if not request.set_up] + [*waiting]

    def gaps(self, closed: float) -> tuple[list[float], list[list[float]]]:
        """List what users that asked nothing at a time just past did until then.

        First since when each had paused, as if all its pauses came last; then from when to when
        each had run its own code before that. Who has asked since then, or is making a request up,
        did so before it asked; who has been answered since is known by its latest request.
        """
        pausing: list[float] = []
        own: list[list[float]] = []
        if self.schedule is not None:
            return pausing, own  # they wait for arrivals
        gaps = [
            (closed, *ledger.gap(closed))
            for ledger in self.ledgers
            if not ledger.in_flight and not ledger.silent and ledger.since_s < closed
        ]
        gaps += [
            request.gap_before(closed)
            for request in self.asking
            if request.unsent or request.started_s >= closed
        ]
        gaps += [ledger.latest for ledger in self.ledgers if ledger.latest[0] >= closed]
        for end, paused_s, own_s in gaps:
            if (began := end - paused_s) < closed and paused_s > 0:
                pausing.append(began)
            own.append([began - own_s, min(began, closed)])
        return pausing, own

    def begun(self) -> int:
        """Count the users whose set-up is over."""
        return sum(ledger.silent or not ledger.set_up for ledger in self.ledgers)

    def unanswered(self, for_s: float) -> int:
        """Count the users that have waited for the first answer of all for so many seconds.

        Who pauses before its first request is at a random point of its cycle. In an open loop, and
        before the first turn, nobody may ask yet.
        """
        if self.schedule is not None or (self.turn is not None and not self.turn.is_set()):
            return 0
        latest = now_s() - for_s
        later = {request.ledger for request in self.asking if request.started_s > latest}
        return sum(
            not (ledger.set_up or ledger.answered or ledger.pause or ledger.silent)
            for ledger in self.ledgers
            if ledger not in later
        )

    def silent(self) -> int:
        """Count the users that are meant to ask nothing."""
        return sum(ledger.silent for ledger in self.ledgers)


books = Books()

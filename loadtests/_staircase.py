"""A plug-in that climbs from plateau to plateau: `locust -f wait.py,_staircase.py --stairs 1,16`.

A plateau opens when its users are there and have settled, not when a clock says so: after
--settle-s, or later, while whoever has asked for the first time by then waits for the answer of a
cold worker (up to --tail-s) and, up to --settle-most-s, while the answers per bin of time (in an
open loop the requests in the system) still move. It closes after --measure-s, in a closed loop not
before its answers tell a rate (`Staircase.open_s`), and the requests then in flight are waited for,
up to --tail-s, at full load. Where all users ask at once when it opens, it opens once all are
connected, and closes as soon as all are answered.

With --arrivals the loop is open: all of --users wait for arrivals, each plateau has a rate. With
--growth-most-ms it closes early where requests in the system and their ages grow faster. With
--processes 2 and more Locust's workers share users and arrivals; each plateau is that of them all.

One JSON line per plateau goes to --plateaus; times are seconds since the epoch:
`users`, how many ran at the close; `rate_rps, ramped, opened, closed, ended`; `lag_p99_ms`, how
late the process that was latest woke up; `drift`, by which share the window still moved, null
where nothing could be steady; `silent`, how many users were meant to ask nothing; `answered`, how
many requests ended within the plateau by a count that the rows have no part in; `pausing`, since
when each user paused that did at the close; `unanswered`, when each request was sent or due that
was in flight or not yet sent at the close and still is at the end, those sent first, and
`thought_ms`, the pauses before these.

What the locustfile did besides (see `_books.py`): `own`, from when to when users that asked nothing
at the close had run their own code; `own_ms`, the same before each request that is unanswered;
`occupied`, since when each of these accounts for its user's time, null where another one does;
`tasks`, how many tasks began; `raised` and `left`, lists of exception, task and count: what left
tasks within the plateau, and users that have ended by themselves; `unread`, how many streams were
left before they ended; `packets_lost`, how many packets of QUIC that were sent did not arrive,
null where nobody speaks it; `unready`, how many users had not been answered at all when it opened,
though they had asked within --settle-s (and, where --wait-ms is longer, that long before);
`grew`, whether it closed early as its requests in the system grew;
`server_log_bytes`, how much --server-log held when it ended, before the next ramp added to it.
"""

import json
import time
import traceback
from argparse import ArgumentParser
from collections.abc import Callable
from math import ceil, inf
from operator import itemgetter
from pathlib import Path
from typing import Any, NoReturn

import gevent
from locust import events
from locust.env import Environment
from locust.runners import WorkerRunner

from _clock import now_s
from _crew import crew
from _growth import grows
from _notes import notes, say_at_last
from _steady import bin_s, drift, settled

# A server whose rate would take this many tails to answer all that is in flight is not waited for.
# Not one tail: the rate of a short window is a poor guess where a request waits for longer than it.
HOPELESS = 3

# As many answers as tell a rate within 3 %, the margin of a comparison: 1 / sqrt(1,000).
MANY = 1_000
OURS = Path(__file__).resolve().parent

# How long set-ups may take: longer than one time-out of a request, shorter than the harness waits.
SET_UP_MOST_S = 45


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
        self.wait_s: float = options.wait_ms / 1000
        self.cycle_s: float = self.wait_s + options.think_ms / 1000
        self.slots: int = options.slots
        self.tail_s: float = options.tail_s
        self.growth_most_ms: float = options.growth_most_ms
        self.log = Path(options.plateaus) if options.plateaus else None
        self.server_log = Path(options.server_log) if options.server_log else None
        self.stationary = all(
            getattr(user, "stationary", True) for user in environment.user_classes
        )
        self.crew = crew(environment)
        self.done = False

    def climb(self) -> None:
        """Measure every plateau from the lowest up."""
        for users, rate_rps in self.steps:
            self.ramp(users)
            self.measure(users, rate_rps)
        self.done = True
        self.runner.quit()

    def ramp(self, users: int) -> None:
        """Start users until `users` run and are ready, then clear up what they left behind."""
        self.check_users()
        if self.runner.target_user_count != users:
            self.crew.each("expect", users)
            self.runner.start(users, self.spawn_rate)
        while self.runner.user_count < users or self.runner.state != "running":
            self.check_users()
            gevent.sleep(self.crew.poll_s)
        self.await_set_up(users)
        self.await_answers(users, now_s())
        self.crew.each("ramped")

    def await_set_up(self, users: int) -> None:
        """Wait until the on_start of every user has ended."""
        deadline = time.monotonic() + SET_UP_MOST_S
        while setting_up := sum(each[0] for each in self.unready()):
            self.check_users()
            if time.monotonic() > deadline:
                self.give_up(setting_up, users)
            gevent.sleep(self.crew.poll_s)
        self.check_users()

    def give_up(self, setting_up: int, users: int) -> NoReturn:
        """End where set-ups do not: what they raised is why, or their time."""
        raised = joined("raised", self.crew.each("trouble"))
        whose = f"on_start of {setting_up} of {users} users"
        if raised:
            why, _, count = max(raised, key=itemgetter(2))
            notes.fail("on_start", f"{whose} raises {why}, {count} times so far: mend it")
        text = f"{whose} has not ended in {SET_UP_MOST_S} s: let it ask for less"
        notes.fail("on_start", text)

    def await_answers(self, users: int, began: float, asked_by: float = inf) -> None:
        """Wait until every user that asked by a time has had a first answer, or time is over.

        From when it `began` it may take as long as a plateau may settle, or as its last answers are
        given where that is longer and the slots can answer so many users in that time.
        """
        most_s = max(self.settle_s, self.settle_most_s)
        all_answered_s = ceil(users / self.slots) * self.wait_s if self.slots else 0
        if all_answered_s <= self.tail_s:
            most_s = max(most_s, self.tail_s)
        while self.unanswered(asked_by) and now_s() < began + most_s:
            gevent.sleep(self.crew.poll_s)

    def unanswered(self, asked_by: float) -> int:
        """Count the users that asked by a time and still wait for the first answer of all.

        Where requests wait for longer than a plateau may settle, as long polls do, one that lasts
        no longer than its wait is no sign of a user that is not ready.
        """
        long_s = self.wait_s if self.wait_s > max(self.settle_s, self.settle_most_s) else 0
        return sum(each[1] for each in self.unready(max(now_s() - asked_by, long_s)))

    def unready(self, for_s: float = 0) -> list[list[int]]:
        """Count for each process the users in their set-up, and those without a first answer."""
        counts: list[list[int]] = self.crew.each("unready", for_s)
        return counts

    def check_users(self) -> None:
        """End where users have ended by themselves, or our own code has failed."""
        shares = self.check_recorder()
        if left := joined("left", shares):
            why, task, count = max(left, key=itemgetter(2))
            text = f"{count} users ended by {why} in {task}, and a load step needs all of its users"
            notes.fail("left", f"{text}: let {task} return instead")

    def check_recorder(self) -> list[dict[str, Any]]:
        """End where our own code has failed; return what else is wrong."""
        shares: list[dict[str, Any]] = self.crew.each("trouble")
        if fault := next((share["fault"] for share in shares if share["fault"]), None):
            notes.fail("fault", f"the recorder failed, not the locustfile: {fault}")
        return shares

    def measure(self, users: int, rate_rps: float | None) -> None:
        """Settle, keep the plateau open for its time, wait for the last answers, report."""
        ramped, open_s = now_s(), self.open_s(users, rate_rps)
        self.crew.each("settle", rate_rps, self.settle_s + open_s)
        settling = self.settle(users, ramped)
        opened = now_s()
        unready = self.unanswered(asked_by=ramped + self.settle_s)
        self.crew.each("open")
        early = self.keep_open(open_s, self.ends_early(users, rate_rps, open_s, settling))
        closed = now_s()
        shares = self.crew.each("close", closed)
        answered, series = total("answered", shares), self.series()
        self.wait_for_answers(opened, closed, answered / (closed - opened))
        rest = self.crew.each("finish", rate_rps or users, opened, closed)
        self.check_recorder()
        if total("unread", shares):
            text = "streams that a task did not read to their end count up to where it left them"
            notes.add("streams", text)
        self.report(
            users=total("users", shares),
            rate_rps=rate_rps,
            ramped=ramped,
            opened=opened,
            closed=closed,
            ended=now_s(),
            server_log_bytes=self.server_log.stat().st_size if self.server_log else 0,
            answered=answered,
            pausing=joined("pausing", shares),
            own=joined("own", shares),
            tasks=total("tasks", shares),
            raised=joined("raised", shares),
            left=joined("left", self.crew.each("trouble")),
            unread=total("unread", shares),
            packets_lost=packets_lost(shares),
            unready=unready,
            grew=early and self.stationary,
            unanswered=joined("sent", rest) + joined("due", rest),
            thought_ms=joined("thought_ms", rest),
            own_ms=joined("own_ms", rest),
            occupied=joined("occupied", rest),
            silent=total("silent", rest),
            lag_p99_ms=max(map(itemgetter("lag_p99_ms"), shares)),
            drift=drift(series[settling:]) if self.stationary else None,
        )

    def settle(self, users: int, ramped: float) -> int:
        """Wait for --settle-s, then for first answers and, while the pulse still moves, on.

        Who paused before it asked may only now meet a cold worker. Return the bins that took, with
        the one under way, which is not the window's alone.
        """
        gevent.sleep(self.settle_s)
        self.await_answers(users, ramped, asked_by=ramped + self.settle_s)
        while now_s() < ramped + self.settle_most_s and not self.ready():
            gevent.sleep(self.crew.poll_s)
        return len(self.series()) + 1

    def ready(self) -> bool:
        """Hold when the pulse has settled; before a herd, when all have what they asked for."""
        return settled(self.series()) if self.stationary else not sum(self.crew.each("in_system"))

    def series(self) -> list[float]:
        """List what the bins of time brought so far, over all processes."""
        return [sum(bins) for bins in zip(*self.crew.each("series"), strict=False)]

    def open_s(self, users: int, rate_rps: float | None) -> float:
        """Return how long a plateau stays open, in seconds: closed, until its answers tell a rate.

        In less time than it takes one request to come, a lone client that waits for 20 s would
        send none, or far too many. And in less than one wait, the answers of a few slots, or
        users, are an accident of where each of them stands in its wait; over a whole one each
        answers once. Where MANY answer in less, chance moves their number by 3 %.
        """
        if rate_rps:
            return self.measure_s
        answering = min(users, self.slots or users)
        phases_s = self.wait_s * min(1, MANY / answering)
        return max(self.measure_s, self.cycle_s / users, phases_s)

    def ends_early(
        self, users: int, rate_rps: float | None, open_s: float, settling: int
    ) -> Callable[[], bool] | None:
        """Return what ends a plateau before its time; None where nothing does.

        That of a herd is over once all of it is served; that of arrivals, where it was asked for,
        once it grows. The first bins, so many as it took to settle, do not count.
        """
        if not self.stationary:
            return lambda: sum(self.crew.each("answered")) >= users
        if rate_rps is None or not self.growth_most_ms:
            return None
        rate, length_s = rate_rps, bin_s(self.settle_s + open_s)

        def growing() -> bool:
            counts, ages_s = self.series()[settling:], self.ages()[settling:]
            bins = min(len(counts), len(ages_s))  # one may have come between the two
            return grows(counts[:bins], ages_s[:bins], length_s, rate, self.growth_most_ms)

        return growing

    def ages(self) -> list[float]:
        """List the ages of the requests in the system, summed for each bin, over all processes."""
        return [sum(bins) for bins in zip(*self.crew.each("ages"), strict=False)]

    def keep_open(self, seconds: float, over: Callable[[], bool] | None) -> bool:
        """Let the plateau's time pass; return whether it was `over` before."""
        if over is None:
            gevent.sleep(seconds)
            return False
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if over():
                return True
            gevent.sleep(self.crew.poll_s)
        return False

    def wait_for_answers(self, opened: float, closed: float, rate: float) -> None:
        """Wait until what was sent within the plateau is answered, --tail-s at most.

        A server that would need several tails for all that is in flight, at the plateau's `rate`
        per second, is not waited for.
        """
        hopeful = sum(self.crew.each("in_system")) <= HOPELESS * rate * self.tail_s
        deadline = closed + (self.tail_s if hopeful else 0)
        while now_s() < deadline and sum(self.crew.each("pending", opened, closed)):
            gevent.sleep(self.crew.poll_s)

    def report(self, **plateau: Any) -> None:
        """Write the plateau's line, whole or not at all."""
        if self.log is not None:
            with self.log.open("a") as lines:
                lines.write(json.dumps(plateau) + "\n")


def total(name: str, shares: list[dict[str, Any]]) -> int:
    """Sum a count over all processes."""
    return sum(map(itemgetter(name), shares))


def packets_lost(shares: list[dict[str, Any]]) -> int | None:
    """Sum the lost packets of the processes that speak QUIC; None where none does."""
    counts = [lost for share in shares if (lost := share["packets_lost"]) is not None]
    return sum(counts) if counts else None


def joined(name: str, shares: list[dict[str, Any]]) -> list[Any]:
    """Put the lists of all processes together."""
    return [each for share in shares for each in share[name]]


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
    group.add_argument(
        "--growth-most-ms", type=float, default=0, help="added to latency in 30 s, before it closes"
    )
    # No Path: Locust's master sends its options to workers, and could not.
    group.add_argument("--plateaus", help="file for one JSON line per plateau")
    group.add_argument("--server-log", help="file whose size is in the line of each plateau")


def _user_line() -> str:
    """Return file and line of the innermost call from the locustfile, or from what it imports."""
    for frame in reversed(traceback.extract_stack()):
        path = Path(frame.filename)
        if "site-packages" not in path.parts and path.parent != OURS and path.exists():
            return f"{path.name}:{frame.lineno}"
    return "an exception (StopTest)"


@events.test_start.add_listener
def climb(environment: Environment, **_: Any) -> None:
    """Begin once Locust does, on the master where there are workers."""
    if isinstance(environment.runner, WorkerRunner):
        return
    staircase = Staircase(environment)
    watch_end(environment, staircase)
    gevent.spawn(staircase.climb)


def watch_end(environment: Environment, staircase: Staircase) -> None:
    """Say who ended Locust before its last plateau, where the locustfile did."""
    asked: list[bool] = []

    @environment.events.quitting.add_listener
    def _asked(**_: Any) -> None:
        asked.append(True)

    @environment.events.test_stopping.add_listener
    def _stopping(**_: Any) -> None:
        if not staircase.done and not asked:
            text = f"the locustfile ended Locust before its last load step: {_user_line()}"
            notes.add("quit", text := f"{text}; remove that, the plan's steps rule", "failed")
            environment.process_exit_code = 1
            say_at_last(text)

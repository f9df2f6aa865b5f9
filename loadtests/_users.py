"""The lives of Locust's users, in the books: set-up, tasks, pauses, turns, and how they end.

`account` hooks into Locust's own classes, so that it holds for any user class: every sleep of a
user is a pause; users started together begin at random points of their cycle; in an open loop each
task, of whichever TaskSet, waits for an arrival; where users take turns each task and each request
waits for the turn.
"""

import random
import time
from math import inf
from typing import Any

import gevent
import gevent.hub
from gevent import getcurrent
from locust import User, events
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from locust.runners import STATE_CLEANUP, STATE_STOPPED, STATE_STOPPING
from locust.user.task import TaskSet

from _books import Ledger, books
from _clock import now_s
from _options import is_exponential, think_time

FAILED_PAUSE_S = 0.01
"""What a user waits after a failure: a refused connection costs no time, and users would spin."""

# What a runner does when it, and not the user's code, ends the users.
ENDING = (STATE_CLEANUP, STATE_STOPPING, STATE_STOPPED)

# By these a TaskSet hands over to another.
CONTROL = (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately)

stock_sleep = gevent.hub.sleep
stock_run: Any = User.run
stock_execute: Any = TaskSet.execute_next_task


def ledger_of(user: Any) -> Ledger:
    """Return a user's account, opened with its first request where it asks before it runs."""
    if user is None:
        return books.here()
    ledger: Ledger | None = user.__dict__.get("_ledger")
    if ledger is None:
        ledger = user._ledger = Ledger()
    return ledger


def _run(user: Any) -> None:
    """Run a user with an account, and note why it ended where nobody asked it to."""
    greenlet, ledger = getcurrent(), ledger_of(user)
    books.open(greenlet, ledger)
    try:
        stock_run(user)
    except Exception as error:
        ledger.stopped = type(error).__name__
        raise
    finally:
        books.close(greenlet)
        runner = user.environment.runner
        if runner is not None and runner.state not in ENDING:
            # Whoever ends quietly in on_start has raised StopUser there.
            quietly = "StopUser" if ledger.set_up else "stop()"
            books.left[ledger.stopped or quietly, ledger.task] += 1


def begin_cycle(user: Any) -> None:
    """Begin at a random point of the cycle, so that users started together do not march."""
    ledger = ledger_of(user)
    ledger.ready()
    if books.schedule is None:
        pause(ledger, user.first_pause_s())


def first_pause_s(user: Any) -> float:
    """Draw a pause that ends at a random point of the cycle, in seconds.

    What is left of an exponential pause at a random moment is exponential itself; of any other it
    is a part. A paced user counts from the pause that it was told: it must be told this one.
    """
    pause_s = float(user.wait_time() if user.wait_time else 0.0)
    if is_exponential(user.wait_time):
        return pause_s
    part_s = pause_s * random.random()
    if user._cp_last_wait_time:
        user._cp_last_wait_time = part_s
    return part_s


def _execute_next_task(taskset: TaskSet) -> None:
    """Execute a task when it may begin, and note by what its user leaves."""
    task: Any = taskset._task_queue[0]
    user: Any = taskset.user
    ledger = ledger_of(user)
    if not hasattr(task, "tasks"):  # a nested TaskSet executes tasks of its own
        if ledger.set_up:  # its own on_start has ended, and that of the TaskSets above the task
            user.begin_cycle()
            ledger.ready()
        ledger.task = getattr(task, "__name__", type(task).__name__)
        if books.schedule is not None or books.turn is not None:
            _await_permit(ledger, user)
        books.tasks += 1
    try:
        stock_execute(taskset)
    except (StopUser, StopTest) as error:
        ledger.stopped = type(error).__name__
        raise
    except CONTROL:
        ledger.settle()
        raise
    except Exception as error:
        ledger.settle(error)
        raise
    if ledger.unjudged or ledger.streams:
        ledger.settle()


def _await_permit(ledger: Ledger, user: Any) -> None:
    """Wait for an arrival in an open loop, for the turn where users take turns."""
    if books.schedule is not None:
        ledger.due_s = books.schedule.take()
        ledger.begin_gap(now_s())
    elif books.turn is not None and not books.turn.is_set():
        await_turn(ledger, user)


def await_turn(ledger: Ledger, user: Any) -> None:
    """Wait for the turn, then begin it at a random point of the cycle; set-ups wait for none."""
    if ledger.set_up:
        return
    assert books.turn is not None
    while not books.turn.is_set():
        books.turn.wait()
        ledger.begin_gap(now_s())
        pause(ledger, user.first_pause_s() if user is not None else 0.0)


def _sleep_between_tasks(taskset: TaskSet, seconds: float) -> None:
    """Pause between two tasks; in an open loop the schedule alone parts them.

    Without a pause others go first, as in stock: users who are ready do each step one after the
    other, here and before they send (`let_others_go_first`), which saves 5 % of the CPU time. Not
    so the lean client, whom the turns of others would cost 5 % of its time at 1,300 requests/s.
    """
    ledger = ledger_of(taskset.user)
    if books.schedule is not None:
        seconds = 0
    if seconds > 0 or ledger.failed:
        pause(ledger, seconds)
    elif ledger.eager:
        ledger.eager = False
    else:
        stock_sleep(0)


def pause(ledger: Ledger, seconds: float) -> None:
    """Pause a user; without a pause it lets the others go first, and a failure costs it one."""
    if seconds <= 0 and ledger.failed:
        seconds = FAILED_PAUSE_S
    ledger.eager = ledger.failed = False
    _sleep_as_pause(ledger, seconds, True)


def _sleep(seconds: float = 0, ref: bool = True) -> None:
    """Sleep; where a user does, it pauses."""
    ledger = books.of_greenlet.get(getcurrent())
    if ledger is None or ledger.pause:
        stock_sleep(seconds, ref)
    else:
        _sleep_as_pause(ledger, seconds, ref)


def _sleep_as_pause(ledger: Ledger, seconds: float, ref: bool) -> None:
    """Sleep, and count it as a pause: of 0 s as long as it took to come round to the user again."""
    ledger.begin_pause(seconds if seconds > 0 else inf)
    try:
        stock_sleep(seconds, ref)
    finally:
        ledger.end_pause()


def _raised(user_instance: Any, exception: BaseException, tb: Any) -> None:
    """Count what a task, or an on_start, raised."""
    user = user_instance.user if isinstance(user_instance, TaskSet) else user_instance
    books.raised[type(exception).__name__, ledger_of(user).task] += 1


def account() -> None:
    """Let every user of this process keep books."""
    for kind, name, hook in (
        (User, "run", _run),
        (User, "wait_time", think_time),
        (User, "begin_cycle", begin_cycle),
        (User, "first_pause_s", first_pause_s),
        (TaskSet, "execute_next_task", _execute_next_task),
        (TaskSet, "_sleep", _sleep_between_tasks),
        (gevent, "sleep", _sleep),
        (gevent.hub, "sleep", _sleep),
        (time, "sleep", _sleep),
    ):
        setattr(kind, name, hook)
    events.user_error.add_listener(_raised)

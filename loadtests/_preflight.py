"""A plug-in that has each task done by two users: `locust -f wait.py,_preflight.py --plateaus F`.

A site is asked this way before it is measured, by two users of each class and for --measure-s at
most. Tasks come in turn, whatever their weights, and pauses are short; a TaskSet with an order of
its own (sequential, Markov) keeps it. One JSON line goes to --plateaus: `asked`, the requests that
have ended, each with its `answer` and with the `error` that the locustfile has against it, empty
where it is good; `raised`, lists of exception, task and count; `missed`, the tasks that nobody has
done.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

import gevent
from locust import TaskSet, events
from locust.env import Environment
from locust.user.task import DefaultTaskSet

from _books import Request, current, plateau_opened, request_unjudged
from _options import task_sets
from _staircase import Staircase, climb, joined, watch_end

OF_EACH = 2
"""How many users of each class: what differs between them is no difference of two servers."""

PAUSE_S = 0.02
HEADERS = ("content-type", "content-encoding", "location", "allow")
MOST_PER_NAME = 5
MOST_CHARACTERS = 200_000

stock_execute: Any = TaskSet.execute_next_task
stock_sleep: Any = TaskSet._sleep


class Preflight(Staircase):
    """Carry a few users of each class through all tasks, then end."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.users = OF_EACH * len(environment.user_classes)
        self.tasks = leaves(environment.user_classes)
        self.asked: list[dict[str, Any]] = []
        self.kept: Counter[str] = Counter()
        self.told: set[Request] = set()
        environment.events.request.add_listener(self.keep)
        request_unjudged.add_listener(self.keep)

    def climb(self) -> None:
        """Let the users ask until each has done all of its tasks, or time is over."""
        self.ramp(self.users)
        plateau_opened.fire(user_count=self.users)
        deadline = time.monotonic() + self.measure_s
        while self.missed(OF_EACH) and time.monotonic() < deadline:
            self.check_users()
            gevent.sleep(self.crew.poll_s)
        shares = self.crew.each("trouble")
        self.report(asked=self.asked, raised=joined("raised", shares), missed=self.missed(1))
        self.done = True
        self.runner.quit()

    def missed(self, users: int) -> list[str]:
        """List the tasks that fewer users have done."""
        return [task.__name__ for task in self.tasks if len(ended[task]) < users]

    def keep(
        self,
        request_type: str,
        name: str,
        response: Any = None,
        exception: BaseException | None = None,
        url: str | None = None,
        **_: Any,
    ) -> None:
        """Keep one request with its answer; no event that the locustfile fires by itself."""
        request = current.get()
        if request is None or request in self.told or self.kept[name] >= MOST_PER_NAME:
            return
        self.told.add(request)
        self.kept[name] += 1
        asked = urlsplit(url or name)
        self.asked.append(
            {
                "name": name,
                "method": request_type,
                "path": asked.path + (f"?{asked.query}" if asked.query else ""),
                "answer": answer(response, exception, request.streams),
                "error": fault(exception, request.elsewhere),
            }
        )


def answer(response: Any, exception: BaseException | None, streams: bool) -> dict[str, Any]:
    """Set an answer out for the harness; the body of a stream is its user's to read."""
    headers = getattr(response, "headers", None) or {}
    status = getattr(response, "status_code", None) or 0
    content = b"" if streams else getattr(response, "content", None) or b""
    return {
        "status": status,
        "headers": {name: str(headers.get(name)) for name in HEADERS if name in headers},
        "body": content.decode(errors="replace")[:MOST_CHARACTERS],
        "failure": "" if status else type(exception).__name__,
    }


def fault(exception: BaseException | None, elsewhere: str | None) -> str:
    """Return in one line what the locustfile, or this suite, has against an answer."""
    if elsewhere is not None:
        return f"another server, {elsewhere}, is asked"
    return " ".join(str(exception).split()) or type(exception).__name__ if exception else ""


def leaves(user_classes: Iterable[Any]) -> list[Any]:
    """List the tasks of user classes, at whatever depth, each once."""
    tasks = list(chain.from_iterable(user_class.tasks for user_class in user_classes))
    inner = chain.from_iterable(task_set.tasks for task_set in task_sets(tasks))
    return [task for task in dict.fromkeys([*tasks, *inner]) if not hasattr(task, "tasks")]


begun: Counter[Any] = Counter()
"""How often each user has begun each task."""

ended: defaultdict[Any, set[Any]] = defaultdict(set)
"""The users that have done each task."""


def _next_task(taskset: TaskSet) -> Any:
    """Choose the task that its user has done least often, of several the first."""
    user: Any = taskset.user
    return min(taskset.tasks or user.tasks, key=lambda task: begun[user, task])


def _execute(taskset: TaskSet) -> None:
    task = taskset._task_queue[0]
    begun[taskset.user, task] += 1
    try:
        stock_execute(taskset)
    finally:
        ended[task].add(taskset.user)


def _sleep(taskset: TaskSet, seconds: float) -> None:
    stock_sleep(taskset, min(seconds, PAUSE_S))


# A plateau of its own: importing the staircase must not start one.
events.test_start.remove_listener(climb)


@events.test_start.add_listener
def ask_once(environment: Environment, **_: Any) -> None:
    """Begin once Locust does, with users of each class that pause for as good as nothing."""
    for kind, name, hook in (
        (TaskSet, "get_next_task", _next_task),
        (DefaultTaskSet, "get_next_task", _next_task),
        (TaskSet, "execute_next_task", _execute),
        (TaskSet, "_sleep", _sleep),
    ):
        setattr(kind, name, hook)
    for user_class in environment.user_classes:
        user_class.fixed_count = OF_EACH
        setattr(user_class, "first_pause_s", lambda _user: 0.0)  # noqa: B010
    preflight = Preflight(environment)
    watch_end(environment, preflight)
    gevent.spawn(preflight.climb)

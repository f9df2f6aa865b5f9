"""The processes that share one load: the staircase asks something of each and gets their answers.

Locust's master divides the users among its workers, which `--processes N` forks or other hosts
have; --expect-workers says to each how many there are. The staircase is on the master. A worker
does what a message names, on its `Share`, and sends what came of it.
"""

import sys
from typing import Any

from gevent.event import Event
from locust import events, runners
from locust.env import Environment
from locust.rpc.protocol import Message
from locust.runners import MasterRunner, WorkerRunner

from _books import books
from _share import Share

POLL_S = 0.02

# Each look at workers is a message to and from each of them, at the cost of measuring.
POLL_WORKERS_S = 0.1

# A worker that answers this much later is stuck.
PATIENCE_S = 60


class Alone:
    """The one process that there is."""

    poll_s = POLL_S

    def __init__(self, environment: Environment) -> None:
        self.share = Share(environment)

    def each(self, task: str, *args: Any) -> list[Any]:
        """Do a task of `Share` in every process; list the results."""
        return [getattr(self.share, task)(*args)]


class Workers:
    """The workers of a master, which has no users of its own."""

    poll_s = POLL_WORKERS_S

    def __init__(self, runner: MasterRunner, processes: int) -> None:
        self.runner = runner
        self.processes = processes
        self.results: list[Any] = []
        self.all = Event()
        # Locust would drop a worker that is silent for three seconds, and stop without any. One
        # that shares its core with others is, while each collects the garbage of its users.
        runners.HEARTBEAT_LIVENESS = PATIENCE_S
        runner.register_message("result", self._keep)

    def each(self, task: str, *args: Any) -> list[Any]:
        """Do a task of `Share` in every process; list the results, in no order."""
        self.results, self.all = [], Event()
        self.runner.send_message("task", {"task": task, "args": args})
        if not self.all.wait(PATIENCE_S):
            sys.exit(f"{len(self.results)} of {self.processes} processes still answer: {task}")
        return self.results

    def _keep(self, environment: Environment, msg: Message) -> None:
        self.results.append(msg.data)
        if len(self.results) == self.processes:
            self.all.set()


def crew(environment: Environment) -> Alone | Workers:
    """Return the processes that run the users of this Locust."""
    runner, options = environment.runner, environment.parsed_options
    if isinstance(runner, MasterRunner) and options is not None:
        return Workers(runner, options.expect_workers)
    return Alone(environment)


@events.init.add_listener
def _work(environment: Environment, **_: Any) -> None:
    """Let a worker do the tasks that the staircase names."""
    runner, options = environment.runner, environment.parsed_options
    if not isinstance(runner, WorkerRunner) or options is None:
        return
    worker, share = runner, Share(environment)
    books.wanted = options.num_users

    def do(environment: Environment, msg: Message) -> None:
        result = getattr(share, msg.data["task"])(*msg.data["args"])
        worker.send_message("result", result)

    runner.register_message("task", do)

"""A thundering herd: connected clients that all ask within --within-s of a plateau's opening, once.

Latency counts from the moment that was drawn for a request. Under bare Locust, which has no
plateaus, the herd comes when all users have started.
"""

import time
from argparse import ArgumentParser
from typing import Any

from locust import events, task
from locust.env import Environment

from _client import Client, plateau_opened
from _schedule import Schedule


class Thundering(Client):
    """Connect, wait for the others, ask with them for the answer that takes --wait-ms."""

    stationary = False
    schedule = Schedule()

    def begin(self) -> None:
        """Ask once, so that the connection is there, then wait for the herd."""
        self.connect()
        super().begin()

    def _pause(self, seconds: float) -> None:
        began = self.pausing[id(self)] = time.time()
        super()._pause(seconds)
        del self.pausing[id(self)]
        self.think_ms = max(0.0, (self.due_s or began) - began) * 1000

    @task
    def ask(self) -> None:
        """Send one request."""
        self.ask_wait(self.options.wait_ms)


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--within-s", type=float, default=1, help="how long the herd takes to ask")


@events.init.add_listener
def _call_the_herd(environment: Environment, **_: Any) -> None:
    options = environment.parsed_options
    assert options is not None
    started = plateau_opened if hasattr(options, "stairs") else environment.events.spawning_complete

    @started.add_listener
    def _rush(**_: Any) -> None:
        # Not the event's user count: a worker of several hears that of them all.
        users = environment.runner.user_count if environment.runner else 0
        Thundering.schedule.rush(users, options.within_s)

"""A burst: when a load step opens, each user asks once, all at the same moment.

Each has been answered before, so that no worker is cold, and closed that connection: what it takes
to connect is a part of its request. Under bare Locust, which has no load steps, the burst comes
when all users have started.
"""

from math import inf
from typing import Any, ClassVar

from gevent.event import Event
from locust import events, task
from locust.env import Environment

from _books import plateau_opened
from _client import Client
from _clock import now_s

CLOSE = {"Connection": "close"}


class Burst(Client):
    """Stand by until a load step opens, ask once, and stand by for the next."""

    stationary = False
    opening: ClassVar[Event] = Event()
    """Set when the next load step opens."""

    def begin_cycle(self) -> None:
        """Ask once for what costs the server nothing, and close the connection."""
        self.ask("GET", f"/{self.options.views}/plain/", headers=CLOSE)
        self.ready()

    @task
    def visit(self) -> None:
        """Ask when the load step opens; to stand by until then is no pause of a cycle."""
        self.ledger.begin_pause(inf)
        self.opening.wait()
        self.ledger.end_pause()
        self.ledger.begin_gap(now_s())
        self.ask_wait(self.options.wait_ms)


@events.init.add_listener
def _begin_with_the_load_step(environment: Environment, **_: Any) -> None:
    options = environment.parsed_options
    opened = plateau_opened if hasattr(options, "stairs") else environment.events.spawning_complete

    @opened.add_listener
    def _open(**_: Any) -> None:
        opening, Burst.opening = Burst.opening, Event()
        opening.set()

"""Long polls: every client always has a request in flight, which the server holds for --wait-ms.

`locust -f hold.py --wait-ms 25000 --users 1000 --spawn-rate 100`
"""

import random
from typing import ClassVar

from locust import task

from _books import books
from _client import Client

LONGEST_MS = 600_000
"""The longest wait that the application takes."""

SURE = 0.9
"""The share of the slots that the first polls surely find: some overtake others on the way."""

ALONE_S = 1.0
"""How far within the plateau a lone client begins its poll, so that its tail is no longer."""


class Hold(Client):
    """Ask for an answer that takes long, and at once for the next."""

    begun: ClassVar[int] = 0
    """How many users of this process have sent their first poll."""

    def begin_cycle(self) -> None:
        """Send a poll on connecting that ends at a random moment of the cycle after the ramp.

        Constant waits keep the distances between clients as they were at the start, so those must
        be even; polls that ended within the ramp would come on top of it, and queue. A pause
        instead of the poll would leave clients unconnected for up to a whole wait.
        """
        if books.schedule is not None:
            super().begin_cycle()
            return
        self.await_turn()
        self.ready()
        self.ask_wait(self.first_ms())

    def first_ms(self) -> int | float:
        """Return how long the server is to hold the first poll, in milliseconds.

        A poll that finds a free slot is the rest of one that might have begun before. One that
        queues is held whole: its time counts from when it gets a slot, and a shorter one would
        let the slots answer more often than they can.
        """
        whole_ms: int | float = self.options.wait_ms
        if not self.finds_slot():
            return whole_ms
        return min(round(1000 * self.first_s()), LONGEST_MS)

    def finds_slot(self) -> bool:
        """Tell whether a slot is free for this poll, and count the poll."""
        Hold.begun += 1
        slots: int = self.options.slots
        if not slots or self.wanted_users() <= slots:
            return True
        return Hold.begun <= SURE * slots / (self.options.processes or 1)

    def first_s(self) -> float:
        """Draw how long the first poll takes, in seconds; that of a lone client is no accident.

        Its plateau is one poll long, and where that begins within it tells nothing.
        """
        runner = self.environment.runner
        if runner is not None and self.wanted_users() == 1:
            return getattr(self.options, "settle_s", 0) + ALONE_S
        started = runner.user_count if runner else 0
        return self.ramp_s(started) + random.uniform(0, self.options.wait_ms / 1000)

    @task
    def poll(self) -> None:
        """Poll once."""
        self.ask_wait(self.options.wait_ms)

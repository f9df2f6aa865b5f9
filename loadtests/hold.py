"""Long polls: every client always has a request in flight, which the server holds for --wait-ms.

`locust -f hold.py --wait-ms 25000 --users 1000 --spawn-rate 100`
"""

import random

from locust import task

from _client import Client

LONGEST_MS = 60_000
"""The longest wait that the application takes."""

ALONE_S = 1.0
"""How far within the plateau a lone client begins its poll, so that its tail is no longer."""


class Hold(Client):
    """Ask for an answer that takes long, and at once for the next."""

    def begin(self) -> None:
        """Send a poll on connecting that ends at a random moment of the cycle after the ramp.

        Constant waits keep the distances between clients as they were at the start, so those must
        be even; polls that ended within the ramp would come on top of it, and queue. A pause
        instead of the poll would leave clients unconnected for up to a whole wait.
        """
        if self.schedule is not None:
            super().begin()
            return
        self.await_turn()
        self.ask_wait(min(round(1000 * self.first_s()), LONGEST_MS))

    def first_s(self) -> float:
        """Draw how long the first poll takes, in seconds; that of a lone client is no accident.

        Its plateau is one poll long, and where that begins within it tells nothing.
        """
        runner = self.environment.runner
        if runner is not None and (self.wanted or runner.target_user_count) == 1:
            return getattr(self.options, "settle_s", 0) + ALONE_S
        started = runner.user_count if runner else 0
        return self.ramp_s(started) + random.uniform(0, self.options.wait_ms / 1000)

    @task
    def ask(self) -> None:
        """Poll once."""
        self.ask_wait(self.options.wait_ms)

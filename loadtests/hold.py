"""Long polls: every client always has a request in flight, which the server holds for --wait-ms.

`locust -f hold.py --wait-ms 25000 --users 1000 --spawn-rate 100`
"""

import random

from locust import task

from _client import Client

LONGEST_MS = 60_000
"""The longest wait that the application takes."""


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
        started = self.environment.runner.user_count if self.environment.runner else 0
        first_ms = 1000 * self.ramp_s(started) + random.uniform(0, self.options.wait_ms)
        self.ask_wait(min(round(first_ms), LONGEST_MS))

    @task
    def ask(self) -> None:
        """Poll once."""
        self.ask_wait(self.options.wait_ms)

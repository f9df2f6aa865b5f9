"""Long polls: every client always has a request in flight, which the server holds for --wait-ms.

`locust -f hold.py --wait-ms 25000 --users 1000 --spawn-rate 100`
"""

import random

from locust import task

from _client import Client


class Hold(Client):
    """Ask for an answer that takes long, and at once for the next."""

    def begin(self) -> None:
        """Send the rest of a poll on connecting, so that polls end evenly from the start on.

        What is left of a constant wait at a random moment is uniform (Cox 1962, Renewal Theory).
        A pause instead would leave connections open that have sent nothing: for such a new one
        Gunicorn's gthread keeps a thread waiting, for up to 5 s.
        """
        if self.schedule is None:
            self.ask_wait(round(random.uniform(0, self.options.wait_ms)))
        else:
            super().begin()

    @task
    def ask(self) -> None:
        """Poll once."""
        self.ask_wait(self.options.wait_ms)

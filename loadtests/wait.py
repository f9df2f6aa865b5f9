"""IO as pure waiting: the view sleeps --wait-ms in the process, then answers."""

from locust import task

from _client import Client


class Wait(Client):
    """Ask for the answer that takes --wait-ms."""

    @task
    def visit(self) -> None:
        """Send one request."""
        self.ask_wait(self.options.wait_ms)

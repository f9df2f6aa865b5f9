"""No IO at all: the view answers at once, so all that is measured is the cost of serving."""

from locust import task

from _client import Client


class Plain(Client):
    """Ask for the answer that waits for nothing."""

    @task
    def visit(self) -> None:
        """Send one request."""
        self.ask_plain()

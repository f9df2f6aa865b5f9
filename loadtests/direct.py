"""No application: asks the upstream itself, so that what is measured is the generator."""

from locust import task

from _client import Client


class Direct(Client):
    """Ask the upstream for the answer that takes --wait-ms."""

    @task
    def visit(self) -> None:
        """Send one request."""
        self.fetch(f"/?ms={self.options.wait_ms}", b'{"upstream": "ok"}')

"""IO as pure waiting: the view sleeps --wait-ms in the process, then answers."""

import json

from locust import task

from _client import Client


class Wait(Client):
    """Ask for the answer that takes --wait-ms."""

    @task
    def ask(self) -> None:
        """Send one request."""
        ms = self.options.wait_ms
        body = json.dumps({"workload": "wait", "ms": ms}).encode()
        self.fetch(f"/{self.options.views}/wait/?ms={ms}", body)

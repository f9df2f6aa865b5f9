"""IO as an application has it: the view calls an upstream, which answers after --wait-ms."""

import json

from locust import task

from _client import Client


class Call(Client):
    """Ask for the answer that needs one call to the upstream."""

    @task
    def visit(self) -> None:
        """Send one request."""
        ms = self.options.wait_ms
        body = json.dumps({"workload": "call", "ms": ms}).encode()
        self.fetch(f"/{self.options.views}/call/?ms={ms}", body)

"""A wait and CPU time in one request: --wait-ms of waiting, then --compute-ms of computing."""

import json
from argparse import ArgumentParser

from locust import events, task

from _client import Client
from _options import number


class Blend(Client):
    """Ask for the answer that takes both."""

    @task
    def visit(self) -> None:
        """Send one request."""
        ms, cpu_ms = self.options.wait_ms, self.options.compute_ms
        body = json.dumps({"workload": "blend", "ms": ms, "cpu_ms": cpu_ms}).encode()
        self.fetch(f"/{self.options.views}/blend/?ms={ms}&cpu_ms={cpu_ms}", body)


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--compute-ms", type=number, default=5, help="CPU time per request")

"""CPU alone: the view computes for --compute-ms and waits for nothing, so nobody can be sooner."""

import json
from argparse import ArgumentParser

from locust import events, task

from _client import Client
from _options import number


class Compute(Client):
    """Ask for the answer that takes --compute-ms of CPU time."""

    @task
    def visit(self) -> None:
        """Send one request."""
        ms = self.options.compute_ms
        body = json.dumps({"workload": "compute", "ms": ms}).encode()
        self.fetch(f"/{self.options.views}/compute/?ms={ms}", body)


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--compute-ms", type=number, default=5, help="CPU time per request")

"""Several upstream calls in one request, by --way: in sequence, by threads or by tasks.

--wait-ms is what the whole request waits, as in every scenario: calls in sequence share it, calls
at once take it each.
"""

import json
from argparse import ArgumentParser

from locust import events, task

from _client import Client
from _options import number


class FanOut(Client):
    """Ask for the answer that needs --calls calls to the upstream."""

    @task
    def visit(self) -> None:
        """Send one request."""
        n, ms, way = self.options.calls, self.call_ms(), self.options.way
        body = json.dumps({"workload": "fanout", "n": n, "ms": ms, "way": way}).encode()
        self.fetch(f"/{self.options.views}/fanout/?n={n}&ms={ms}&way={way}", body)

    def call_ms(self) -> float:
        """Return how long each of the calls takes, in milliseconds."""
        share = self.options.calls if self.options.way == "sequence" else 1
        return number(str(self.options.wait_ms / share))


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Fan-out")
    group.add_argument("--calls", type=int, default=5, help="upstream calls per request")
    group.add_argument("--way", choices=["sequence", "threads", "tasks"], default="sequence")

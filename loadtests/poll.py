"""Long polls for news, which is there every --every-ms, for all clients at the same moment.

How long a poll is held depends on when it comes, so there is no --wait-ms that holds for all.
`hold.py` has polls that are each held for long.
"""

import json
from argparse import ArgumentParser

from locust import events, task

from _client import Client
from _options import number


class Poll(Client):
    """Poll for the news, and at once for the next."""

    @task
    def poll(self) -> None:
        """Send one poll."""
        ms = self.options.every_ms
        body = json.dumps({"workload": "poll", "ms": ms}).encode()
        self.fetch(f"/{self.options.views}/poll/?ms={ms}", body)


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Poll")
    group.add_argument("--every-ms", type=number, default=1000, help="time from news to news")

"""Many connections, few requests: all clients connect and ask once, --active of them go on asking.

The others stay connected and silent. What is shorter than the server's keep-alive (75 s in the
plans) from the ramp to the end of the plateau needs nothing else to keep their connections open.
"""

from argparse import ArgumentParser

from gevent.event import Event
from locust import events, task

from _client import Client


class Idle(Client):
    """Ask for what costs the server nothing, or stay connected in silence."""

    def begin_cycle(self) -> None:
        """Ask once, then fall silent, unless among the first --active users of all processes."""
        self.connect()
        if self.place() >= self.options.active:
            self.ledger.silent = True
            Event().wait()
        super().begin_cycle()

    @task
    def visit(self) -> None:
        """Send one request."""
        self.ask_plain()


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--active", type=int, default=50, help="users that do not fall silent")

"""What a site is asked for: mostly what is cheap, some upstream calls, now and then much CPU.

Each kind has its name, under which its figures stand. Every request waits for something else, so
there is no --wait-ms that holds for all: a call takes --call-ms, a computation --compute-ms.
"""

import json
from argparse import ArgumentParser

from locust import events, task

from _client import Client
from _options import number


class Mixed(Client):
    """Ask for six plain answers and three upstream calls to one computation, in random order."""

    @task(6)
    def ask_for_little(self) -> None:
        """Ask for what costs least."""
        self.ask_for("plain")

    @task(3)
    def ask_for_a_call(self) -> None:
        """Ask for what waits for the upstream."""
        self.ask_for("call", self.options.call_ms)

    @task(1)
    def ask_for_a_computation(self) -> None:
        """Ask for what keeps a core busy."""
        self.ask_for("compute", self.options.compute_ms)

    def ask_for(self, kind: str, ms: float | None = None) -> None:
        """Ask for one kind of answer, under its name."""
        fields = {} if ms is None else {"ms": ms}
        query = "" if ms is None else f"?ms={ms}"
        body = json.dumps({"workload": kind, **fields}).encode()
        path = f"/{self.options.views}/{kind}/{query}"
        self.ask("GET", path, name=kind, status=200, check=lambda answer: answer.content == body)


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Mixed")
    group.add_argument("--call-ms", type=number, default=100, help="wait per upstream call")
    group.add_argument("--compute-ms", type=number, default=20, help="CPU time per computation")

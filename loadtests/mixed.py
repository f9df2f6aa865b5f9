"""What a site is asked for: mostly reads, some upstream calls and writes, now and then much CPU.

Each kind has its name, under which its figures stand. Every request waits for something else, so
there is no --wait-ms that holds for all: a call takes --call-ms, a computation --compute-ms, reads
and writes what the database takes.
"""

import json
import random
from argparse import ArgumentParser

from locust import events, task

from _client import Client
from _options import number

BOOKS = 10_000
"""What `manage.py seed` makes."""


class Mixed(Client):
    """Ask for six reads, three upstream calls and two writes to one computation, at random."""

    @task(6)
    def read(self) -> None:
        """Ask for one book by its number."""
        number = random.randint(1, BOOKS)
        self.ask_for("row", f"id={number}", id=number, title=f"book {number}")

    @task(3)
    def call(self) -> None:
        """Ask for what waits for the upstream."""
        ms = self.options.call_ms
        self.ask_for("call", f"ms={ms}", ms=ms)

    @task(2)
    def write(self) -> None:
        """Sell a book, in a transaction."""
        number = random.randint(1, BOOKS)
        self.ask_for("write", f"id={number}", "POST", id=number)

    @task(1)
    def compute(self) -> None:
        """Ask for what keeps a core busy."""
        ms = self.options.compute_ms
        self.ask_for("compute", f"ms={ms}", ms=ms)

    def ask_for(self, kind: str, query: str, method: str = "GET", **fields: int | str) -> None:
        """Ask for one kind of answer, under its name, and accept no other bytes."""
        body = json.dumps({"workload": kind, **fields}).encode()
        path = f"/{self.options.views}/{kind}/?{query}"
        self.ask(method, path, name=kind, status=200, check=lambda answer: answer.content == body)


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Mixed")
    group.add_argument("--call-ms", type=number, default=100, help="wait per upstream call")
    group.add_argument("--compute-ms", type=number, default=20, help="CPU time per computation")

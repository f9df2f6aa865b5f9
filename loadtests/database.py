"""Requests that wait for the database, by --query: a row, a list, a write, slow queries.

Books, rows and first rows are drawn at random, alike from all clients. A slow query takes
--query-ms, which is the --wait-ms of a request that makes one; whether several take their sum is
what they are for. What other queries take is the database's own.
"""

import json
import random
from argparse import ArgumentParser
from functools import lru_cache

from locust import events, task

from _client import Client
from _options import number

BOOKS, AUTHORS = 10_000, 100
"""What `manage.py seed` makes; the author of a book follows from its number."""


class Reader(Client):
    """Ask for one kind of answer, and accept no other bytes."""

    @task
    def visit(self) -> None:
        """Send one request."""
        getattr(self, f"ask_{self.options.query}")()

    def ask_row(self) -> None:
        """Ask for one book by its number."""
        number = random.randint(1, BOOKS)
        body = {"workload": "row", "id": number, "title": f"book {number}"}
        self.fetch(f"{self.prefix}/row/?id={number}", json.dumps(body).encode())

    def ask_list(self) -> None:
        """Ask for a page of --rows books with their authors."""
        n = self.options.rows
        first = 1 + n * random.randrange((BOOKS - 100) // n)
        self.fetch(f"{self.prefix}/list/?first={first}&n={n}", page(first, n))

    def ask_write(self) -> None:
        """Sell a book."""
        number = random.randint(1, BOOKS)
        body = json.dumps({"workload": "write", "id": number}).encode()
        path = f"{self.prefix}/write/?id={number}"
        self.ask("POST", path, status=200, check=lambda answer: answer.content == body)

    def ask_slow(self) -> None:
        """Ask for what takes --queries queries of --query-ms each."""
        n, ms = self.options.queries, self.options.query_ms
        body = json.dumps({"workload": "slow", "n": n, "ms": ms}).encode()
        self.fetch(f"{self.prefix}/slow/?n={n}&ms={ms}", body)

    @property
    def prefix(self) -> str:
        """Where the views of the chosen kind are."""
        return f"/{self.options.views}"


@lru_cache(maxsize=1_000)
def page(first: int, n: int) -> bytes:
    """Build the answer to a list once: there are few pages, and each has many rows."""
    numbers = range(first, first + n)
    books = [[f"book {number}", f"author {number % AUTHORS + 1}"] for number in numbers]
    return json.dumps({"workload": "list", "first": first, "books": books}).encode()


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Database")
    group.add_argument("--query", choices=["row", "list", "write", "slow"], default="row")
    group.add_argument("--rows", type=int, default=20, help="books of a list")
    group.add_argument("--queries", type=int, default=1, help="slow queries per request")
    group.add_argument("--query-ms", type=number, default=100, help="time per slow query")

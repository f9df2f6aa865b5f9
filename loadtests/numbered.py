"""Waits whose requests carry numbers, so that each can be followed into the server and back."""

from collections.abc import Iterator
from itertools import count
from typing import ClassVar

from locust import task

from _client import Client


class Numbered(Client):
    """Ask for the answer that takes --wait-ms, by a new number each time.

    The number is the name of the request, so that it stands in its row.
    """

    numbers: ClassVar[Iterator[int]] = count(1)

    @task
    def visit(self) -> None:
        """Send one request."""
        number = str(next(self.numbers))
        self.ask(
            "GET",
            f"/{self.options.views}/wait/?ms={self.options.wait_ms}",
            name=number,
            headers={"Request-Number": number},
            status=200,
            contains='"workload": "wait"',
        )

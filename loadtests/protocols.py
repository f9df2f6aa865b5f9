"""IO as pure waiting, by HTTP/1.1, HTTP/2 or HTTP/3: the view sleeps --wait-ms, then answers.

Users ask one request at a time. By HTTP/1.1 each has a connection of its own; by HTTP/2 and HTTP/3
up to --streams share one, so that a load step of 100 users is 100 connections or 100 streams. All
connections are encrypted: the server needs a certificate.
"""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, ClassVar
from urllib.parse import urlsplit

from locust import events, task

import _headers
from _channels import CHANNELS, Channel
from _client import TIMEOUT_S, Client
from _lean import NO_ANSWER, Answer


class Visitor(Client):
    """Ask for the answer that takes --wait-ms, by --protocol."""

    host = "https://127.0.0.1:8000"
    channels: ClassVar[dict[int, Channel]] = {}
    """The connections of this process, by their numbers."""
    numbers: ClassVar[Iterator[int]] = count()

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        url = urlsplit(str(self.client.base_url))
        self._address = (url.hostname or "127.0.0.1", url.port or 443)
        protocol = self.options.protocol
        self._kind = CHANNELS[protocol]
        self._number = next(self.numbers) // (1 if protocol == "h1" else self.options.streams)
        fields = {"Accept-Encoding": "identity"} | _headers.fixed
        self._fields = [(k.lower().encode(), v.encode()) for k, v in fields.items()]

    @task
    def visit(self) -> None:
        """Send one request."""
        self.ask_wait(self.options.wait_ms)

    def _bytes(
        self, method: str, path: str, payload: tuple[bytes, str], headers: Mapping[str, str]
    ) -> bytes:
        """Write nothing down: each protocol has a form of its own."""
        return b""

    def _exchange(self, method: str, path: str, sent: bytes) -> tuple[Answer, Exception | None]:
        try:
            answer = self._channel().ask(path, self._fields)
        except OSError as error:
            return NO_ANSWER, error
        return answer, answer.damage

    def _channel(self) -> Channel:
        """Return the user's connection; a new one where the last is gone."""
        channel = self.channels.get(self._number)
        if channel is None or channel.lost is not None:
            channel = self.channels[self._number] = self._kind(self._address, TIMEOUT_S)
        return channel


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Protocol")
    group.add_argument("--protocol", choices=[*CHANNELS], default="h2")
    group.add_argument("--streams", type=int, default=100, help="users of a shared connection")

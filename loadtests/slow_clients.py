"""Ordinary clients beside --slow others that hold connections: victims and attackers.

Every other slow one sends a body, the rest read an answer that is longer than what sockets buffer:
a byte each --byte-ms. They hold their connection as long as the server lets them, and are not
measured. What the ordinary ones ask for costs the server next to nothing.
"""

import socket
from argparse import ArgumentParser
from contextlib import suppress
from typing import NoReturn

import gevent
from gevent import socket as sockets
from locust import events, task

from _client import Client
from _connection import address
from _options import number

BODY_BYTES = 65_536
"""What is sent takes a whole day, at a byte a second."""

ANSWER_BYTES = 8_388_608
"""What is read is twice as long as a socket of Linux buffers (tcp_wmem)."""

LEAST_BUFFER = 4_096
"""What the kernel may receive before it is read."""


class Visitor(Client):
    """Ask for what costs little, or be one of the first --slow, who hold a connection."""

    def begin_cycle(self) -> None:
        """Be slow or ordinary; where there would be no ordinary one beside, be that."""
        place = self.place()
        if place < self.options.slow < self.wanted_users():
            self.ledger.silent = True
            self.hold(sends=place % 2 == 0)
        super().begin_cycle()

    @task
    def visit(self) -> None:
        """Send one request."""
        self.ask_plain()

    def hold(self, sends: bool) -> NoReturn:
        """Hold one connection after the other, each as long as the server lets it."""
        exchange = self.send_slowly if sends else self.read_slowly
        while True:
            with suppress(OSError), sockets.socket() as held:
                held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LEAST_BUFFER)
                held.connect(address(self.host))
                exchange(held)
            self.wait_for_byte()

    def send_slowly(self, held: sockets.socket) -> None:
        """Send a body byte by byte."""
        path = f"/{self.options.views}/upload/"
        sent = self._bytes("POST", path, (b"x" * BODY_BYTES, "text/plain"), {})
        held.sendall(sent[:-BODY_BYTES])
        for _ in range(BODY_BYTES):
            held.sendall(b"x")
            self.wait_for_byte()

    def read_slowly(self, held: sockets.socket) -> None:
        """Read an answer byte by byte."""
        path = f"/{self.options.views}/download/?size={ANSWER_BYTES}"
        held.sendall(self._bytes("GET", path, (b"", ""), {}))
        while held.recv(1):
            self.wait_for_byte()

    def wait_for_byte(self) -> None:
        """Wait for as long as each byte takes."""
        gevent.sleep(self.options.byte_ms / 1000)


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Slow clients")
    group.add_argument("--slow", type=int, default=0, help="users that hold a connection")
    group.add_argument("--byte-ms", type=number, default=1000, help="their time per byte")

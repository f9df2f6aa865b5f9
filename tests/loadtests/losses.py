"""Lose datagrams between two ends of QUIC in this process: `losses.py FOLDER CASES`.

FOLDER has the server's certificate. CASES are lists of numbers in JSON: which of the datagrams that
the client sends for one long body never arrive. Printed is, for each case, how many packets the
client counted as lost. The clock is one of its own, so nothing here takes time.
"""

import json
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import locust  # noqa: F401  which replaces sockets before anybody takes them
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection

from _books import books
from _channels import quic_settings

ADDRESS = ("127.0.0.1", 1)
LONG = bytes(12_000)
"""A body of ten datagrams."""


class Wire:
    """Carry datagrams between two ends, at 1 ms each way."""

    def __init__(self, keys: Path) -> None:
        settings = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
        settings.load_cert_chain(keys / "certificate.pem", keys / "key.pem")
        self.now_s = 0.0
        self.client: Any = QuicConnection(configuration=quic_settings())
        self.client.connect(ADDRESS, now=self.now_s)
        self.server: Any = QuicConnection(
            configuration=settings,
            original_destination_connection_id=self.client.original_destination_connection_id,
        )
        self.carry()

    def carry(self, lost: Collection[int] = ()) -> None:
        """Carry until nobody has anything to say; the client's datagrams of these numbers not."""
        sent = self._from(self.client)
        for number, data in enumerate(sent):
            if number not in lost:
                self.server.receive_datagram(data, ADDRESS, now=self.now_s)
        answers = self._from(self.server)
        for data in answers:
            self.client.receive_datagram(data, ADDRESS, now=self.now_s)
        if sent or answers:
            self.carry()

    def _from(self, end: Any) -> list[bytes]:
        self.now_s += 0.001
        return [data for data, _ in end.datagrams_to_send(now=self.now_s)]


def counted(keys: Path, lost: Collection[int]) -> int:
    """Return how many packets a client counts as lost that sends a long body."""
    wire = Wire(keys)
    books.packets_lost = 0
    wire.client.send_stream_data(0, LONG)
    wire.carry(lost)
    return books.packets_lost


if __name__ == "__main__":
    print(json.dumps([counted(Path(sys.argv[1]), case) for case in json.loads(sys.argv[2])]))

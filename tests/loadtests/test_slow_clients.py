"""Slow clients beside ordinary ones: what they send and read, and who is measured."""

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.loadtests.locusts import LOADTESTS, climb, locust
from tests.support.background import serving
from tests.support.counting import workload

SLOW = LOADTESTS / "slow_clients.py"
FLAGS = ("-u6", "--spawn-rate=100", "--byte-ms=50", "--think-ms=20", "--wait-ms=0")


class Patient(socketserver.ThreadingTCPServer):
    """A server that waits for its clients: what came of bodies, and which answers were read."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.asked: list[str] = []
        self.parts: list[int] = []
        self.read_whole = 0

    @property
    def url(self) -> str:
        """The address to ask."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Connection(socketserver.StreamRequestHandler):
    """Read a body to its end, write an answer to its end, as a thread of WSGI does."""

    server: Patient

    def handle(self) -> None:
        """Answer the requests of one connection."""
        with suppress(OSError):
            while line := self.rfile.readline():
                while self.rfile.readline().strip():
                    pass
                path = line.split()[1].decode()
                self.server.asked.append(path.partition("?")[0])
                if "/upload/" in path:
                    while part := self.rfile.read1(65_536):
                        self.server.parts.append(len(part))
                elif "/download/" in path:
                    self.connection.sendall(bytes(int(path.partition("size=")[2])))
                    self.server.read_whole += 1
                else:
                    self.wfile.write(workload(path))


@contextmanager
def patient() -> Iterator[Patient]:
    """Serve on a free port from a thread of its own until the context ends."""
    with Patient() as server, serving(server):
        yield server


def test_slow_clients_send_and_read_byte_by_byte_and_are_not_measured(tmp_path: Path) -> None:
    """Four of six: two send, two read; a byte each 50 ms, of which a busy server may find a few."""
    step = ("--stairs=6", "--settle-s=0.3", "--measure-s=0.6", "--slow=4")
    with patient() as server:
        rows, (plateau,) = climb(SLOW, server.url, tmp_path, *FLAGS, *step)
        read_whole = server.read_whole
    assert plateau["silent"] == 4
    assert {(row["name"], row["error"]) for row in rows} == {("/async/plain/", "")}
    asked = [path for path in server.asked if "plain" not in path]
    assert sorted(asked) == 2 * ["/async/download/"] + 2 * ["/async/upload/"]
    assert len(server.parts) > 10 and sum(server.parts) < 5 * len(server.parts)
    assert read_whole == 0


def test_where_nobody_would_be_ordinary_nobody_is_slow(tmp_path: Path) -> None:
    """So the look before a run, by two users, sees what is measured; bare Locust runs it too."""
    with patient() as server:
        output = locust((SLOW,), server.url, tmp_path, *FLAGS, "-t1s", "--slow=6")
    assert set(server.asked) == {"/async/plain/"}
    assert "0(0.00%)" in output

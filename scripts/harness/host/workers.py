"""Which processes of a server accept connections, and how many each of them holds.

A worker has the listening socket open, as its master may, and no child that has it, too. Only the
files of a process tell whose a connection is: with many that takes long, and those spread anyway.
"""

import os
from collections.abc import Collection, Iterator
from math import nan
from pathlib import Path

import psutil

from harness.host import sockets
from harness.host.sockets import PROC

COLUMNS = ("workers", "idle_workers", "busiest_worker")

# To read so many links takes 3.5 ms of the generator's core.
MOST_CONNECTIONS = 500


class Workers:
    """The workers of the server on a port, read again and again."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._members: Collection[psutil.Process] = ()
        self._workers: list[int] = []

    def read(self, members: Collection[psutil.Process], connections: float) -> tuple[float, ...]:
        """Return COLUMNS: workers, those without a connection, the most connections of one.

        The last two are NaN for a single worker, which has them all, and for too many connections.
        `members` are the server's processes, `connections` how many it holds.
        """
        few = connections <= MOST_CONNECTIONS
        if members != self._members and (few or not self._workers):
            self._members = members
            self._workers = list(_accepting(members, self._port))
        number = float(len(self._workers)) or nan
        if len(self._workers) < 2 or not few:
            return number, nan, nan
        established = sockets.inodes(self._port, sockets.TCP_ESTABLISHED)
        held = [len(established & _sockets_of(pid)) for pid in self._workers]
        return number, float(held.count(0)), float(max(held))


def _accepting(members: Collection[psutil.Process], port: int) -> Iterator[int]:
    """Yield the processes that have the listening socket, and no child that has it."""
    listening = sockets.inodes(port, sockets.TCP_LISTEN)
    holders = {each.pid: each for each in members if listening & _sockets_of(each.pid)}
    masters = {_parent(each) for each in holders.values()}
    yield from (pid for pid in holders if pid not in masters)


def _parent(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return None


def _sockets_of(pid: int, proc: Path = PROC) -> set[int]:
    """Return the inodes of the sockets that a process has open; none where it has ended."""
    inodes = set()
    try:
        with os.scandir(proc / str(pid) / "fd") as files:
            for file in files:
                target = os.readlink(file.path)  # noqa: PTH115  Path takes five times as long
                if target.startswith("socket:["):
                    inodes.add(int(target[8:-1]))
    except OSError:
        return inodes
    return inodes

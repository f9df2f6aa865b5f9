"""Meter processes and machine once a second, from a thread of its own."""

import csv
import itertools
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from math import nan
from pathlib import Path
from typing import Protocol, TypeVar

import pandas as pd
import psutil

from harness.host import clock, cpus, sockets, workers
from harness.host.workers import Workers
from harness.rig import family
from harness.rig.database import Database
from harness.rig.family import Family

SERVER = "server"
"""The group whose workers hold the connections of the port."""

INTERVAL_S = 1.0

MACHINE_COLUMNS = (
    # Since the epoch.
    "time_s",
    # Of the whole machine: seconds in which any task waited for a core, cumulative, and swap now.
    "pressure_s",
    "swap_mib",
    # Periods in which a quota held the control group up, cumulative; NaN where unknown.
    "throttled",
    # Kernel counters, cumulative.
    "listen_overflows",
    "listen_drops",
    "syn_retransmits",
    "datagrams_dropped",
    # Of the server's port, now; NaN where unknown.
    "server_connections",
    "listen_queue",
    "listen_backlog",
    # Of all TCP sockets of the machine, now; NaN where unknown.
    "tcp_mem_mib",
    "tcp_slab_mib",
)


DATABASE_COLUMNS = (
    # Connections that the application holds, and those of them at work, now; NaN where unknown.
    "database_connections",
    "database_busy",
)


class Meter:
    """Write rows of usage of some process groups to a CSV file, and keep them in memory.

    The columns are MACHINE_COLUMNS and those of the server's workers, then for each group
    NAME_cpu_s (cumulative), NAME_rss_mib, NAME_threads and NAME_ended (processes, cumulative), and
    NAME_core_busy_s and NAME_core_steal_s, cumulative seconds a core, where `cores` has those that
    it runs on, and DATABASE_COLUMNS where there is a `database`. `port` is where the server
    listens.
    """

    def __init__(
        self,
        groups: Mapping[str, int],
        port: int,
        path: Path,
        cores: Mapping[str, Sequence[int]] | None = None,
        database: Database | None = None,
    ) -> None:
        self.families = {name: Family(pid) for name, pid in groups.items()}
        self.cores = cores or {}
        self.port = port
        self._workers = Workers(port)
        self.path = path
        self.database = database
        self.columns = [*MACHINE_COLUMNS, *workers.COLUMNS]
        for name in groups:
            self.columns += [f"{name}_{column}" for column in family.COLUMNS]
        for name in self.cores:
            self.columns += [f"{name}_core_busy_s", f"{name}_core_steal_s"]
        self.columns += DATABASE_COLUMNS if database else ()
        self.rows: list[tuple[float, ...]] = []
        self.at_rest_mib = self.server_pss_mib()
        """The server's memory when the meter was made: before the first request of a session."""
        self._lock = threading.Lock()
        if not path.exists():
            with path.open("w", newline="") as file:
                csv.writer(file).writerow(self.columns)

    def read(self) -> None:
        """Take one row now."""
        with self._lock:
            row = self._row()
            self.rows.append(row)
            with self.path.open("a", newline="") as file:
                csv.writer(file).writerow(row)

    def _row(self) -> tuple[float, ...]:
        row = [clock.now_s(), *_machine(), *_sockets(self.port)]
        used = [each.read() for each in self.families.values()]
        server = self.families.get(SERVER)
        connections = row[MACHINE_COLUMNS.index("server_connections")]
        row += self._workers.read(server.members if server else (), connections)
        row += itertools.chain.from_iterable(used)
        for cores in self.cores.values():
            row += cpus.busy_and_stolen_s(cores)
        if self.database:
            row += self.database.census()
        return tuple(row)

    def server_pss_mib(self) -> float | None:
        """Return the server's memory now, what its processes share counted once; None if unknown.

        Only between two load steps: harness.rig.family says why.
        """
        server = self.families.get(SERVER)
        return server.pss_mib() if server else None

    def usage(self) -> pd.DataFrame:
        """Return all rows so far, with the columns of the file."""
        with self._lock:
            return pd.DataFrame(self.rows, columns=self.columns)


@contextmanager
def metering(groups: Mapping[str, int], port: int, path: Path) -> Iterator[Meter]:
    """Yield a new meter that reads once a second until the context ends."""
    with ticking(Meter(groups, port, path)) as meter:
        yield meter


class Metered(Protocol):
    """What takes a row of usage when it is told to."""

    def read(self) -> None:
        """Take one row now."""


M = TypeVar("M", bound=Metered)


@contextmanager
def ticking(meter: M) -> Iterator[M]:
    """Yield a meter that reads once a second until the context ends."""
    done = threading.Event()

    def run() -> None:
        due = time.monotonic()
        while not done.wait(max(0.0, due - time.monotonic())):
            meter.read()
            due += INTERVAL_S

    thread = threading.Thread(target=run, name="meter", daemon=True)
    thread.start()
    try:
        yield meter
    finally:
        done.set()
        thread.join()


def _machine() -> tuple[float, ...]:
    tcp, udp = _counters("netstat", "TcpExt"), _counters("snmp", "Udp")
    return (
        cpus.pressure_s(),
        psutil.swap_memory().used / 2**20,
        cpus.throttled(),
        tcp.get("ListenOverflows", 0.0),
        tcp.get("ListenDrops", 0.0),
        tcp.get("TCPSynRetrans", 0.0),
        udp.get("RcvbufErrors", 0.0),
    )


def _sockets(port: int) -> tuple[float, ...]:
    census = sockets.census(port)
    counts = astuple(census) if census else (nan, nan, nan)
    memory = (sockets.buffers_mib(), sockets.slabs_mib())
    return (*map(float, counts), *(nan if mib is None else mib for mib in memory))


def _counters(file: str, group: str) -> dict[str, float]:
    """Return a group of counters of /proc/net, which is a line of names, then one of values."""
    try:
        lines = Path("/proc/net", file).read_text().splitlines()
    except OSError:
        return {}
    names, values = (line.split()[1:] for line in lines if line.startswith(f"{group}:"))
    return dict(zip(names, map(float, values), strict=True))

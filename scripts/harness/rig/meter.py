"""Meter processes and machine once a second, from a thread of its own."""

import csv
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple
from math import nan
from pathlib import Path

import pandas as pd
import psutil

from harness.host import sockets

INTERVAL_S = 1.0

# The sums for a process group are cumulative CPU seconds, and MiB, threads at that moment;
# steal_s and cpu_s are the whole machine's, cumulative; listen_* up to syn_retransmits are kernel
# counters; the rest is as of that moment: connections and queue of the server's port, memory of
# all TCP sockets. nan is not known.
MACHINE_COLUMNS = (
    *("time_s", "steal_s", "cpu_s", "swap_mib"),
    *("listen_overflows", "listen_drops", "syn_retransmits", "server_connections"),
    *("listen_queue", "listen_backlog", "tcp_mem_mib", "tcp_slab_mib"),
)


class Meter:
    """Write a row of usage a second for some process groups, named as their columns will be."""

    def __init__(self, groups: Mapping[str, int], port: int, path: Path) -> None:
        self.groups = groups
        self.port = port
        self.path = path
        self.columns = [*MACHINE_COLUMNS]
        for name in groups:
            self.columns += [f"{name}_cpu_s", f"{name}_rss_mib", f"{name}_threads"]
        self.rows: list[tuple[float, ...]] = []
        self._lock = threading.Lock()
        if not path.exists():
            with path.open("w", newline="") as file:
                csv.writer(file).writerow(self.columns)

    def read(self) -> None:
        """Take one row now."""
        row = [time.time(), *_machine(), *_sockets(self.port)]
        for pid in self.groups.values():
            row += _group(pid)
        with self._lock:
            self.rows.append(tuple(row))
            with self.path.open("a", newline="") as file:
                csv.writer(file).writerow(row)

    def usage(self) -> pd.DataFrame:
        """Give all rows so far."""
        with self._lock:
            return pd.DataFrame(self.rows, columns=self.columns)


@contextmanager
def metering(groups: Mapping[str, int], port: int, path: Path) -> Iterator[Meter]:
    """Yield a new meter that reads once a second until the context ends."""
    with ticking(Meter(groups, port, path)) as meter:
        yield meter


@contextmanager
def ticking(meter: Meter) -> Iterator[Meter]:
    """Let a meter read once a second until the context ends."""
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


def cpu_seconds(pid: int) -> float:
    """Give the CPU time of a process, threads that have ended included, to the nanosecond.

    The clock number of another process is made as clock_getcpuclockid(3) makes it; psutil would
    give hundredths of a second, which is coarse for a light load.
    """
    return time.clock_gettime((~pid << 3) | 2)


def _group(pid: int) -> tuple[float, float, float]:
    """Sum CPU seconds, MiB and threads over a process and its descendants."""
    cpu = rss = threads = 0.0
    try:
        leader = psutil.Process(pid)
        members = [leader, *leader.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0, 0.0, 0.0
    for member in members:
        try:
            cpu += cpu_seconds(member.pid)
            with member.oneshot():
                rss += member.memory_info().rss / 2**20
                threads += member.num_threads()
        except (psutil.Error, OSError):
            continue  # it ended between being listed and being read
    return cpu, rss, threads


def _machine() -> tuple[float, ...]:
    times = psutil.cpu_times()
    counters = _kernel_counters()
    return (
        getattr(times, "steal", 0.0),
        sum(times[:8]),  # guest times, the last two fields, are part of the first
        psutil.swap_memory().used / 2**20,
        counters.get("ListenOverflows", 0.0),
        counters.get("ListenDrops", 0.0),
        counters.get("TCPSynRetrans", 0.0),
    )


def _sockets(port: int) -> tuple[float, ...]:
    counted = sockets.census(port)
    known = astuple(counted) if counted else (nan, nan, nan)
    memory = (sockets.buffers_mib(), sockets.slabs_mib())
    return (*map(float, known), *(nan if mib is None else mib for mib in memory))


def _kernel_counters() -> dict[str, float]:
    """Read TcpExt of /proc/net/netstat: a line of names, then one of values."""
    try:
        lines = Path("/proc/net/netstat").read_text().splitlines()
    except OSError:
        return {}
    names, values = (line.split()[1:] for line in lines if line.startswith("TcpExt:"))
    return dict(zip(names, map(float, values), strict=True))

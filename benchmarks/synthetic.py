"""Rows of blocks that never ran: closed loops without think time."""

from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import Table, csv

from harness.core.trial import Plateau
from harness.rig.request_log import complete

MEASURE_S = 8.0
WAIT_MS = 1.0

# The standard deviation of latencies, as a share of their mean.
DEVIATION = 0.1

# The share of each latency that passes in the view.
VIEW_SHARE = 0.5

# Each user connects once.
CONNECT_MS = 0.1

# What the processes of server and generator use, as shares of a core.
SERVER_CPU = 0.75
LOAD_CPU = 0.5


def plateau(users: int, opened: float) -> Plateau:
    """Return a plateau that opened at a time and lasted MEASURE_S; all requests were answered."""
    closed = opened + MEASURE_S
    return Plateau(users, opened, opened, closed, closed, 0, (), (), lag_p99_ms=0.5)


def requests(at: Plateau, count: int, seed: int) -> pd.DataFrame:
    """Draw `count` requests of a plateau, its users' in turn.

    The columns are those of harness.core.request_row. Each user asks as soon as it has its answer,
    so the mean latency follows from how many requests it makes in the time, less one: when the
    plateau closes one is in flight.
    """
    draw = np.random.default_rng(seed)
    each = count // at.users
    mean_ms = 1000 * MEASURE_S / (each - 1)
    latency_ms = draw.normal(mean_ms, DEVIATION * mean_ms, (at.users, each)).clip(0.5 * mean_ms)
    # When the plateau opens a user is anywhere in its first request.
    first_s = at.opened - draw.uniform(0, mean_ms / 1000, (at.users, 1))
    start_s = (first_s + (latency_ms.cumsum(axis=1) - latency_ms) / 1000).ravel()
    latency_ms = latency_ms.ravel()
    connects = np.arange(latency_ms.size) % each == 0
    drawn = pd.DataFrame(
        {
            "start_s": start_s,
            "latency_ms": latency_ms,
            "view_ms": (VIEW_SHARE * latency_ms).round(3),
            "wait_ms": WAIT_MS,
            "connect_ms": np.where(connects, CONNECT_MS, np.nan),
            "think_ms": 0.0,
            "plateau": at.users,
            "entered_s": start_s + (1 - VIEW_SHARE) / 2 * latency_ms / 1000,
            # As if each plateau had a process of its own, which numbers its requests.
            "process": at.users,
            "nth": start_s.argsort().argsort() + 1,
        }
    )
    return complete(drawn)


def append(path: Path, rows: pd.DataFrame) -> None:
    """Append rows to a CSV file as the recorder does; NaN is empty."""
    first = not path.exists()
    with path.open("ab") as file:
        options = csv.WriteOptions(include_header=first, quoting_style="none")
        csv.write_csv(Table.from_pandas(rows, preserve_index=False), file, options)


def usage(at: Plateau) -> pd.DataFrame:
    """Return readings once a second around the plateau; columns as in harness/rig/meter.py."""
    time_s = np.arange(at.opened - 1, at.closed + 2)
    elapsed_s = time_s - time_s[0]
    none = dict.fromkeys(("swap_mib", "listen_overflows", "server_connections"), 0.0)
    sizes = {"server_rss_mib": 100.0, "server_threads": 8.0, "load_rss_mib": 100.0}
    cpu = {"server_cpu_s": SERVER_CPU * elapsed_s, "load_cpu_s": LOAD_CPU * elapsed_s}
    return pd.DataFrame({"time_s": time_s, **cpu, **none, **sizes})

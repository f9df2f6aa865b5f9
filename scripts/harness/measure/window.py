"""The measured time of a plateau, with what server, generator and machine used in it.

`usage` has the columns of harness.rig.meter.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Window:
    """The time of a plateau that is measured, with the usage of servers and machine in it."""

    opened: float
    closed: float
    usage: pd.DataFrame

    @property
    def seconds(self) -> float:
        """Give the length of the window."""
        return self.closed - self.opened

    def growth(self, column: str) -> float | None:
        """Give how much a cumulative column grew within the window, its edges interpolated."""
        times = self.usage["time_s"].to_numpy()
        if len(times) < 2 or column not in self.usage:
            return None
        edges = np.interp([self.opened, self.closed], times, self.usage[column].to_numpy())
        return float(edges[1] - edges[0])

    def most(self, column: str) -> float | None:
        """Give the highest reading of a column within the window."""
        if column not in self.usage:
            return None
        readings = self.usage.loc[self.usage["time_s"].between(self.opened, self.closed), column]
        most = readings.max()
        return None if pd.isna(most) else float(most)

    def busiest_second(self, column: str) -> float | None:
        """Give the highest rate of a cumulative column over a metered second, or the window's own.

        Only seconds that lie wholly within the window count: what surrounds it is ramp.
        """
        growth = self.growth(column)
        if growth is None:
            return None
        inside = self.usage[self.usage["time_s"].between(self.opened, self.closed)]
        rates = inside[column].diff() / inside["time_s"].diff()
        return float(max([growth / self.seconds, *rates.dropna()]))


def used(window: Window, load_cores: int) -> dict[str, Any]:
    """Give what server, generator and machine used within the window."""
    steal, everything = window.growth("steal_s"), window.growth("cpu_s")
    load_cpu = window.busiest_second("load_cpu_s")
    return {
        "server_rss_mib": window.most("server_rss_mib"),
        "server_threads": _whole(window.most("server_threads")),
        "load_cpu_share": None if load_cpu is None else load_cpu / load_cores,
        "steal_share": steal / everything if steal is not None and everything else None,
        "listen_overflows": _whole(window.growth("listen_overflows")),
    }


def held(window: Window) -> dict[str, Any]:
    """Give what kernel and generator held for the connections, and what went wrong with them."""
    return {
        "server_connections": _whole(window.most("server_connections")),
        "listen_backlog": _whole(window.most("listen_backlog")),
        "tcp_mem_mib": window.most("tcp_mem_mib"),
        "tcp_slab_mib": window.most("tcp_slab_mib"),
        "load_rss_mib": window.most("load_rss_mib"),
        "swapped_mib": window.growth("swap_mib"),
        "listen_drops": _whole(window.growth("listen_drops")),
        "syn_retransmits": _whole(window.growth("syn_retransmits")),
    }


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)

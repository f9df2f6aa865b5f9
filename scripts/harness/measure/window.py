"""The measured time of a plateau, with what server, generator and machine used in it.

`usage` has the columns of harness.rig.meter.
"""

from dataclasses import dataclass
from math import isnan
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
        growth = float(edges[1] - edges[0])
        return None if isnan(growth) else growth

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
    load_cpu = window.busiest_second("load_cpu_s")
    return {
        "server_rss_mib": window.most("server_rss_mib"),
        "server_threads": _whole(window.most("server_threads")),
        "load_cpu_share": None if load_cpu is None else load_cpu / load_cores,
        "steal_share": _stolen_share(window),
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


def _stolen_share(window: Window) -> float | None:
    """Return the share of a core's time that others had: of server's or load's, the larger."""
    stolen = (window.growth(f"{group}_core_steal_s") for group in ("server", "load"))
    return max((each / window.seconds for each in stolen if each is not None), default=None)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)

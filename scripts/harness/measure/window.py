"""The measured time of a plateau, with what server, generator and machine used in it."""

from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Window:
    """The measured time of a plateau, in seconds since the epoch, with the usage around it.

    `usage` has the columns of harness.rig.meter.
    """

    opened: float
    closed: float
    usage: pd.DataFrame

    @property
    def seconds(self) -> float:
        """Return the length of the window in seconds."""
        return self.closed - self.opened

    def ended(self, requests: pd.DataFrame) -> pd.DataFrame:
        """Return the requests that ended within it, by their `start_s` and `latency_ms`."""
        ends_s = requests["start_s"] + requests["latency_ms"] / 1000
        return requests[ends_s.between(self.opened, self.closed, inclusive="left")]

    def growth(self, column: str) -> float | None:
        """Return how much a cumulative column grew, interpolated at both edges.

        None where it is no column, or where there are fewer than two readings.
        """
        times = self.usage["time_s"].to_numpy()
        if len(times) < 2 or column not in self.usage:
            return None
        edges = np.interp([self.opened, self.closed], times, self.usage[column].to_numpy())
        growth = float(edges[1] - edges[0])
        return growth if isfinite(growth) else None

    def most(self, column: str) -> float | None:
        """Return the highest reading of a column; None where there is none."""
        most = self._within(column).max()
        return float(most) if isfinite(most) else None

    def least(self, column: str) -> float | None:
        """Return the lowest reading of a column; None where there is none."""
        least = self._within(column).min()
        return float(least) if isfinite(least) else None

    def mean(self, column: str) -> float | None:
        """Return the mean of the readings of a column; None where there is none."""
        mean = self._within(column).mean()
        return float(mean) if isfinite(mean) else None

    def _within(self, column: str) -> "pd.Series[float]":
        """Return the readings within the window; none of a column that is not there."""
        if column not in self.usage:
            return pd.Series(dtype="float64")
        return self.usage.loc[self.usage["time_s"].between(self.opened, self.closed), column]

    def readings(self, column: str) -> "pd.Series[float]":
        """Return the readings of a column within the window, by their times."""
        within = self._within(column).dropna()
        return within.set_axis(self.usage.loc[within.index, "time_s"])

    def busiest_second(self, column: str) -> float | None:
        """Return the highest rate of a cumulative column, of any metered second or of the window.

        Only seconds that lie wholly within the window count: what surrounds it is ramp.
        """
        growth = self.growth(column)
        if growth is None:
            return None
        inside = self.usage[self.usage["time_s"].between(self.opened, self.closed)]
        rates = inside[column].diff() / inside["time_s"].diff()
        return float(max([growth / self.seconds, *rates[np.isfinite(rates)]]))


def resources(window: Window, load_cores: int) -> dict[str, Any]:
    """Return what server, generator and machine used: fields of Measurement.

    The generator's CPU is a share of `load_cores`.
    """
    load_cpu = window.busiest_second("load_cpu_s")
    return {
        "server_rss_mib": window.most("server_rss_mib"),
        "server_threads": _whole(window.most("server_threads")),
        "load_cpu_share": None if load_cpu is None else load_cpu / load_cores,
        "steal_share": _stolen_share(window),
        "listen_overflows": _whole(window.growth("listen_overflows")),
    }


def connections(window: Window) -> dict[str, Any]:
    """Return what connections cost kernel and generator, and which failed: fields of Extra."""
    return {
        "server_connections": _whole(window.most("server_connections")),
        "listen_backlog": _whole(window.most("listen_backlog")),
        "tcp_mem_mib": window.most("tcp_mem_mib"),
        "tcp_slab_mib": window.most("tcp_slab_mib"),
        "load_rss_mib": window.most("load_rss_mib"),
        "swapped_mib": window.growth("swap_mib"),
        "listen_drops": _whole(window.growth("listen_drops")),
        "syn_retransmits": _whole(window.growth("syn_retransmits")),
        "datagrams_dropped": _whole(window.growth("datagrams_dropped")),
        "database_connections": _whole(window.most("database_connections")),
        "database_busy": window.mean("database_busy"),
    }


def processes(window: Window) -> dict[str, Any]:
    """Return what the server's processes did: fields of Extra."""
    return {
        "workers": _whole(window.most("workers")),
        "idle_workers": _whole(window.least("idle_workers")),
        "busiest_worker": _whole(window.most("busiest_worker")),
        "processes_ended": _whole(window.growth("server_ended")),
    }


def _stolen_share(window: Window) -> float | None:
    """Return the share of a core's time that others had: of server's or load's, the larger."""
    stolen = (window.growth(f"{group}_core_steal_s") for group in ("server", "load"))
    return max((each / window.seconds for each in stolen if each is not None), default=None)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)

"""How fast the cores were within a plateau, and who else used them. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Any

import pandas as pd

from harness.core.record import Extra
from harness.core.units import percent, threshold, times
from harness.host.machine import Cores
from harness.measure.window import Window

# What other processes may use of the server's core. Kernel threads that carry its packets are
# among them, and the kernel counts by ticks: a full server left up to 6% to nobody else.
MOST_FOREIGN = 0.10

# A core at half speed is not the machine of the other rounds. Less is no fault of a trial: within
# two minutes of a run that nothing else disturbed, cores came out up to 41% slower, in 11 of 20
# load steps more than 10%. A ratio that core speeds explain is named where it is compared.
MOST_SLOWER = 0.45


def core_figures(beats: pd.DataFrame, window: Window, cores: Cores) -> dict[str, Any]:
    """Return what canary and kernel report of the cores: fields of harness.core.record.Extra.

    Where server and generator share a core, nobody can tell whose its CPU time was. `beats` is as
    of speed().
    """
    pressure_s = window.growth("pressure_s")
    throttled = window.growth("throttled")
    return {
        "server_core_speed": speed(beats, "server", window),
        "load_core_speed": speed(beats, "load", window),
        "foreign_cpu_share": _foreign_share(window, len(cores.server)) if cores.apart else None,
        "cpu_pressure_share": None if pressure_s is None else pressure_s / window.seconds,
        "throttled_periods": None if throttled is None else round(throttled),
    }


def speed(beats: pd.DataFrame, cores: str, window: Window) -> float | None:
    """Return how many pieces of the canary's work a core did in a second of its CPU time.

    By the median beat, since interrupts and cold caches hit single ones. `beats` has the columns of
    harness/rig/canary.py and `cores`, whose they are: server or load.
    """
    within = beats["time_s"].between(window.opened, window.closed) & (beats["cores"] == cores)
    middle_ms = float(beats.loc[within, "cpu_ms"].median())
    return 1000 / middle_ms if middle_ms > 0 else None


def usual_speeds(extra: Extra, earlier: Sequence[Extra]) -> dict[str, Any]:
    """Return the median speeds of the cores over a run's plateaus up to this one."""
    return {
        f"usual_{cores}_speed": _middle(
            getattr(each, f"{cores}_core_speed") for each in (*earlier, extra)
        )
        for cores in ("server", "load")
    }


def disturbances(extra: Extra) -> Iterator[str]:
    """Yield a message for what other processes, a quota or a slow clock took from the cores."""
    foreign = extra.foreign_cpu_share or 0
    if foreign > MOST_FOREIGN:
        yield (
            f"other processes used {percent(foreign)} of the server's core (limit "
            f"{threshold(MOST_FOREIGN)}): end other programs, or repeat the run later"
        )
    if extra.throttled_periods:
        yield (
            f"the control group's CPU quota throttled its processes "
            f"{times(extra.throttled_periods)} (limit 0): raise the quota"
        )
    speeds = {
        "server": (extra.server_core_speed, extra.usual_server_speed),
        "load generator": (extra.load_core_speed, extra.usual_load_speed),
    }
    for whose, (speed, usual) in speeds.items():
        slower = 1 - speed / usual if speed and usual else 0
        if slower > MOST_SLOWER:
            yield (
                f"the {whose}'s core was {percent(slower)} slower than in the middle of the run "
                f"(limit {threshold(MOST_SLOWER)}): use a machine of your own, or repeat the run"
            )


def _middle(speeds: Iterable[float | None]) -> float | None:
    measured = [speed for speed in speeds if speed is not None]
    return median(measured) if measured else None


def _foreign_share(window: Window, cores: int) -> float | None:
    """Return the share of the server's cores that processes other than the server's used."""
    busy_s = window.growth("server_core_busy_s")
    own_s = window.growth("server_cpu_s")
    if busy_s is None or own_s is None:
        return None
    return max(0.0, busy_s - own_s / cores) / window.seconds

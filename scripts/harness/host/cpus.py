"""The cores of this machine: what kept them busy, what held them back, and what may.

Sources: proc_stat(5), Documentation/accounting/psi.rst and Documentation/scheduler/sched-bwc.rst
of Linux, sysfs-devices-system-cpu. What cannot be read, e.g. off Linux, is nan or unknown.
"""

import os
from collections.abc import Collection, Iterator
from math import nan
from pathlib import Path

from harness.host.kernel import GROUPS, PROC, group_folders

CPUS = Path("/sys/devices/system/cpu")
UNKNOWN = "unknown"

FACTS = ("cpu_quota", "cpu_governor", "cpu_mhz", "cpu_siblings")
"""What `facts` lists; runs of earlier versions do not tell it."""

# The fields of a core in /proc/stat. Interrupts are no process's, and those of the network on the
# server's core are its clients' doing: they do not count as busy.
USER, NICE, SYSTEM, STEAL = 0, 1, 2, 7


def busy_and_stolen_s(cores: Collection[int], proc: Path = PROC) -> tuple[float, float]:
    """Return how long processes kept these cores busy and others had them, in seconds a core."""
    times = [ticks for core, ticks in _ticks(proc) if core in cores]
    if not times:
        return nan, nan
    busy = sum(ticks[USER] + ticks[NICE] + ticks[SYSTEM] for ticks in times)
    stolen = sum(ticks[STEAL] for ticks in times)
    second = os.sysconf("SC_CLK_TCK") * len(times)
    return busy / second, stolen / second


def pressure_s(proc: Path = PROC) -> float:
    """Return how long any task of the machine has waited for a core, in seconds (PSI, some)."""
    try:
        some = (proc / "pressure/cpu").read_text().splitlines()[0]
        return int(some.rpartition("total=")[2]) / 1e6
    except (OSError, ValueError, IndexError):
        return nan


def throttled(proc: Path = PROC, groups: Path = GROUPS) -> float:
    """Return in how many periods a quota of this control group, or of one above, has held it up."""
    counts = (_stat(folder / "cpu.stat").get("nr_throttled") for folder in _folders(proc, groups))
    return max((count for count in counts if count is not None), default=nan)


def facts(
    cores: Collection[int], proc: Path = PROC, groups: Path = GROUPS, cpus: Path = CPUS
) -> dict[str, str]:
    """List what decides how fast these cores may be: quota, governor, clock, shared cores."""
    return {
        "cpu_quota": _quota(proc, groups),
        "cpu_governor": _each(cores, cpus, "cpufreq/scaling_governor"),
        "cpu_mhz": _mhz(cores, proc, cpus),
        "cpu_siblings": _each(cores, cpus, "topology/thread_siblings_list"),
    }


def _ticks(proc: Path) -> Iterator[tuple[int, list[int]]]:
    try:
        lines = (proc / "stat").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        name, *ticks = line.split()
        if name.startswith("cpu") and name != "cpu":
            yield int(name.removeprefix("cpu")), [int(each) for each in ticks]


def _folders(proc: Path, groups: Path) -> list[Path]:
    return list(group_folders(proc, groups, "cpu"))


def _stat(path: Path) -> dict[str, int]:
    try:
        pairs = (line.split() for line in path.read_text().splitlines())
        return {name: int(value) for name, value in pairs}
    except (OSError, ValueError):
        return {}


def _quota(proc: Path, groups: Path) -> str:
    """Name the tightest quota of this control group and those above it, in cores."""
    quotas = [quota for folder in _folders(proc, groups) if (quota := _cores_allowed(folder))]
    return f"{min(quotas):g} cores" if quotas else "none"


def _cores_allowed(folder: Path) -> float | None:
    """Read a quota: `cpu.max` of version 2, else the two files of version 1; None is no limit."""
    for files in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        try:
            quota, period = " ".join((folder / name).read_text() for name in files).split()
        except (OSError, ValueError):
            continue
        return int(quota) / int(period) if quota not in ("max", "-1") else None
    return None


def _mhz(cores: Collection[int], proc: Path, cpus: Path) -> str:
    """Name the highest clock of the cores, or the one that a virtual machine reports."""
    highest = _each(cores, cpus, "cpufreq/cpuinfo_max_freq")
    if highest.isdigit():
        return f"{int(highest) / 1000:.0f}"
    try:
        lines = (proc / "cpuinfo").read_text().splitlines()
    except OSError:
        return UNKNOWN
    clocks = {line.partition(":")[2].strip() for line in lines if line.startswith("cpu MHz")}
    return f"{float(clocks.pop()):.0f}" if len(clocks) == 1 else UNKNOWN


def _each(cores: Collection[int], cpus: Path, name: str) -> str:
    """Read one file of each core; name the distinct values."""
    try:
        values = dict.fromkeys((cpus / f"cpu{c}" / name).read_text().strip() for c in sorted(cores))
    except OSError:
        return UNKNOWN
    return " ".join(values)

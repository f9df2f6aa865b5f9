"""What the kernel allows, read from /proc and the control groups.

What cannot be read, as on other systems than Linux, is unknown.
"""

import os
import re
import resource
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil

from harness.host.limits import PORT_RANGE, Ceiling

PROC = Path("/proc")
GROUPS = Path("/sys/fs/cgroup")

# The most that the kernel takes: net/core/sysctl_net_core.c, kernel/pid.c, kernel/fork.c and
# kernel/sysctl.c of Linux.
SETTABLE = {
    "net.core.somaxconn": 2**31 - 1,
    "net.ipv4.tcp_max_syn_backlog": 2**31 - 1,
    "kernel.pid_max": 2**22,
    "kernel.threads-max": 2**30 - 1,
    "vm.max_map_count": 2**31 - 1,
}

# Most services listen below 10,000, and must find their ports free when they start.
WIDEST_PORTS = (10_000, 65_535)

# Version 1 of control groups has no word for "no limit": it reports the largest number of pages.
NO_LIMIT = 2**60

# The files of each controller, in version 2 and in version 1: the limit, and its usage.
GROUP_FILES = {
    "pids": (("pids.max", "pids.current"),),
    "memory": (
        ("memory.max", "memory.current"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes"),
    ),
}


def ceilings(proc: Path = PROC, groups: Path = GROUPS) -> dict[str, Ceiling]:
    """Return every limit of harness.host.limits, and how far this process may raise it.

    `proc` and `groups` are the folders to read them from. Trying whether a setting may be raised
    writes its own value back to it.
    """
    threads = _threads(proc)
    sysctls = {name: _sysctl(proc, name, most) for name, most in SETTABLE.items()}
    for name in ("kernel.pid_max", "kernel.threads-max"):
        sysctls[name] = replace(sysctls[name], used=threads)
    if _number(proc / "sys/net/ipv4/tcp_syncookies"):
        sysctls["net.ipv4.tcp_max_syn_backlog"] = Ceiling()  # ignored with SYN cookies
    return sysctls | {
        "descriptors": _descriptors(proc),
        PORT_RANGE: _ports(proc),
        "processes": _processes(),
        "pids.max": _group(proc, groups, "pids"),
        "memory": _constant(psutil.virtual_memory().available >> 20),
        "memory.max": _group(proc, groups, "memory", 2**20),
    }


def sysctl_path(name: str, proc: Path = PROC) -> Path:
    """Return the file of a sysctl."""
    return proc / "sys" / name.replace(".", "/")


def may_write(path: Path) -> bool:
    """Return whether a setting may be written, by writing its own value.

    Permissions do not tell: a container's root may be refused, or /proc/sys be read-only.
    """
    try:
        path.write_text(path.read_text())
    except OSError:
        return False
    return True


def _sysctl(proc: Path, name: str, most: int) -> Ceiling:
    path = sysctl_path(name, proc)
    current = _number(path)
    if current is None:
        return Ceiling()
    return Ceiling(current, most if may_write(path) else current)


def _ports(proc: Path) -> Ceiling:
    path = sysctl_path(PORT_RANGE, proc)
    try:
        first, last = map(int, path.read_text().split())
    except (OSError, ValueError):
        return Ceiling()
    current = last - first + 1
    widest = WIDEST_PORTS[1] - WIDEST_PORTS[0] + 1
    return Ceiling(current, max(current, widest) if may_write(path) else current)


def _descriptors(proc: Path) -> Ceiling:
    """Return the hard limit; the soft one may always be raised to it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return Ceiling()
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard + 1))
    except (OSError, ValueError):
        return _constant(hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return Ceiling(hard, _number(proc / "sys/fs/nr_open") or hard)


def _processes() -> Ceiling:
    """Return how many threads the user may have; root is exempt (setrlimit(2))."""
    most = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    if os.getuid() == 0 or most == resource.RLIM_INFINITY:
        return Ceiling()
    processes = [each.info for each in psutil.process_iter(["uids", "num_threads"])]
    readable = (info for info in processes if info["uids"] and info["num_threads"])
    used = sum(info["num_threads"] for info in readable if info["uids"].real == os.getuid())
    return Ceiling(most, most, used)


def _threads(proc: Path) -> int:
    """Return the number of threads of the machine: fourth field of loadavg (proc_loadavg(5))."""
    try:
        return int((proc / "loadavg").read_text().split()[3].partition("/")[2])
    except (OSError, ValueError, IndexError):
        return 0


def _group(proc: Path, groups: Path, controller: str, unit: int = 1) -> Ceiling:
    """Return the tightest limit of this process's control group and those above it."""
    ceilings = []
    for folder in group_folders(proc, groups, controller):
        for limit, usage in GROUP_FILES[controller]:
            most = _number(folder / limit)
            used = _number(folder / usage)
            if most is not None and used is not None and most < NO_LIMIT:
                used -= _reclaimable(folder) if controller == "memory" else 0
                ceilings.append(Ceiling(most // unit, most // unit, used // unit))
    return min(ceilings, key=lambda each: (each.current or 0) - each.used, default=Ceiling())


def group_folders(proc: Path, groups: Path, controller: str) -> Iterator[Path]:
    """Yield the folders that may hold a limit, of either version (cgroups(7))."""
    try:
        lines = (proc / "self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = groups / controllers
        folder = root / path.lstrip("/")
        yield from (folder, *(above for above in folder.parents if above.is_relative_to(root)))


def _reclaimable(folder: Path) -> int:
    """Return the bytes of cached files: they count as used, but are freed on demand."""
    try:
        text = (folder / "memory.stat").read_text()
    except OSError:
        return 0
    return max(map(int, re.findall(r"^(?:total_)?inactive_file (\d+)", text, re.M)), default=0)


def _constant(value: int) -> Ceiling:
    return Ceiling(value, value)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None

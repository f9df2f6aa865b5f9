"""What a process and all that it started use, those that have ended included."""

import time

import psutil

COLUMNS = ("cpu_s", "rss_mib", "threads", "ended")


class Family:
    """A process with its descendants, read again and again; CPU time and ends only grow."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.members: frozenset[psutil.Process] = frozenset()
        """Those that lived when they were last read."""
        self._cpu_s = 0.0
        self._ended = 0

    def read(self) -> tuple[float, float, float, float]:
        """Return COLUMNS: CPU seconds, MiB and threads of the living, how many have ended.

        The kernel keeps the CPU time of children that were waited for with their parent, so a
        server that replaces its workers loses none. What was seen before is never taken back: a
        worker that ended may not have been waited for yet.
        """
        members = self._living()
        cpu_s = rss_mib = threads = 0.0
        for member in members:
            try:
                with member.oneshot():
                    times = member.cpu_times()
                    cpu_s += cpu_seconds(member.pid) + times.children_user + times.children_system
                    rss_mib += member.memory_info().rss / 2**20
                    threads += member.num_threads()
            except (psutil.Error, OSError):
                continue  # it ended after it was listed
        self._cpu_s = max(self._cpu_s, cpu_s)
        self._ended += len(self.members - members)
        self.members = members
        return self._cpu_s, rss_mib, threads, float(self._ended)

    def pss_mib(self) -> float | None:
        """Return the memory of the living in MiB, each page shared out among those that map it.

        So what workers have in common since they were forked counts once. None where the system
        does not tell. The kernel walks through all pages for it: too dear to ask every second.
        """
        shares = [_pss_mib(member) for member in self._living()]
        known = [share for share in shares if share is not None]
        return sum(known) if known else None

    def _living(self) -> frozenset[psutil.Process]:
        try:
            leader = psutil.Process(self._pid)
            return frozenset((leader, *leader.children(recursive=True)))
        except psutil.NoSuchProcess:
            return frozenset()


def _pss_mib(process: psutil.Process) -> float | None:
    """Return the proportional set size of a process; None once it has ended, or unknown."""
    try:
        used = process.memory_full_info()
    except (psutil.Error, OSError):
        return None
    return used.pss / 2**20 if hasattr(used, "pss") else None


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of a process, threads that have ended included, to the nanosecond.

    The clock number is that of clock_getcpuclockid(3). psutil rounds to hundredths of a second,
    which is coarse for a light load.
    """
    return time.clock_gettime((~pid << 3) | 2)

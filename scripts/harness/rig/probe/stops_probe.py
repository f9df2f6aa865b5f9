"""Note when the collector runs for long, and when an event loop is late, in a served process.

With STOPS_FOLDER set, each process appends to `<folder>/stops-<pid>.csv` a row for each stop:
`cause` (collector or loop), `began_s` (seconds since the epoch), `lasted_ms` and `generation`, the
collector's, empty for a loop. A loop is watched where STOPS_LOOP is set: a timer is due every
INTERVAL_S, and how late it comes is how long whatever was due meanwhile has waited.
"""

import gc
import os
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

COLUMNS = ("cause", "began_s", "lasted_ms", "generation")

# Collections of the young generations come often and end within this.
LEAST_COLLECTION_MS = 1.0

# Timers of a busy loop are late by some milliseconds, which is no stop.
INTERVAL_S, LEAST_LATE_MS = 0.05, 10.0


# As harness.host.clock has it, which is out of reach here.
AHEAD_S = float(os.environ.get("BENCH_EPOCH_S") or time.time() - time.monotonic())


class Stops:
    """The file of one process, and what is under way in it."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.collecting_ns = 0
        self.due_s: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        self.open()

    def open(self) -> None:
        """Open this process's own file: at the start, and again in each child that it forks."""
        path = f"{self.folder}/stops-{os.getpid()}.csv"
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        if not os.fstat(self.file).st_size:
            self.write(*COLUMNS)

    def write(self, *row: object) -> None:
        """Append one row at once: a process that is killed loses none."""
        os.write(self.file, (",".join(map(str, row)) + "\n").encode())

    def collection(self, phase: str, info: dict[str, int]) -> None:
        """Hear from the collector before and after it runs (gc.callbacks)."""
        if phase == "start":
            self.collecting_ns = time.perf_counter_ns()
            return
        lasted_ms = (time.perf_counter_ns() - self.collecting_ns) / 1e6
        if lasted_ms >= LEAST_COLLECTION_MS:
            self.row("collector", lasted_ms, info["generation"])

    def watch(self, loop: Any) -> None:
        """Have a timer run on a loop from now on; one that is watched already begins anew."""
        watched = loop in self.due_s
        self.due_s[loop] = time.perf_counter() + INTERVAL_S
        if not watched:
            loop.call_later(INTERVAL_S, self.beat, loop)

    def beat(self, loop: Any) -> None:
        """Note how late the timer came, and set it again."""
        now = time.perf_counter()
        late_ms = (now - self.due_s[loop]) * 1000
        if late_ms >= LEAST_LATE_MS:
            self.row("loop", late_ms, "")
        self.due_s[loop] = now + INTERVAL_S
        loop.call_later(INTERVAL_S, self.beat, loop)

    def row(self, cause: str, lasted_ms: float, generation: int | str) -> None:
        """Note a stop that has just ended."""
        began_s = time.monotonic() + AHEAD_S - lasted_ms / 1000
        self.write(cause, f"{began_s:.4f}", f"{lasted_ms:.2f}", generation)


def begin() -> None:
    """Note the stops of this process and of all that it forks, where a folder is named."""
    folder = os.environ.get("STOPS_FOLDER")
    if not folder:
        return
    stops = Stops(folder)
    gc.callbacks.append(stops.collection)
    os.register_at_fork(after_in_child=stops.open)
    if os.environ.get("STOPS_LOOP"):
        watch_loops(stops)


def watch_loops(stops: Stops) -> None:
    """Watch every loop from when it runs: asyncio's own and uvloop's both announce it here."""
    import asyncio

    announce: Callable[[Any], None] = asyncio.events._set_running_loop

    def announced(loop: Any) -> None:
        announce(loop)
        if loop is not None:
            stops.watch(loop)

    # uvloop takes the second when it is imported, asyncio the first at each run.
    asyncio.events._set_running_loop = announced
    asyncio._set_running_loop = announced

"""An event as it happens to a served deployment: the signal is sent, what ended starts again."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from harness.core.deploys import Happening
from harness.core.plan import Event
from harness.host import clock
from harness.rig.servers import Server


class Course:
    """The course of one event, which goes on whenever it is told to.

    `notes` is the file of app/workloads/numbered.py: its first line says that the load has begun.
    `settle_s` later the load step is measured. `start_again` starts the server on the same port,
    as a service manager does with one that has ended.
    """

    def __init__(
        self,
        event: Event,
        server: Server,
        notes: Path,
        settle_s: float,
        start_again: Callable[[], Server],
    ) -> None:
        self._event = event
        self._server = server
        self._notes = notes
        self._wait_s = settle_s + event.after_s if event.signal else 0.0
        self._start_again = start_again
        self._begun: float | None = None
        self._workers: frozenset[int] | None = None
        self._at_s: float | None = None
        self._stopped_s: float | None = None

    def go_on(self) -> None:
        """Do what is due by now."""
        if self._begun is None:
            if self._notes.exists() and self._notes.stat().st_size:
                self._begun = time.monotonic()
        elif self._workers is None:
            if time.monotonic() >= self._begun + self._wait_s:
                self._begin()
        elif self._stopped_s is None and self._server.child.exit_reason is not None:
            self._stopped_s = clock.now_s()
            self._server.child.stop()  # what it left behind may hold the port
            self._server = self._start_again()

    @property
    def happening(self) -> Happening | None:
        """Return the event as it took place; None before it did."""
        if self._workers is None:
            return None
        return Happening(self._workers, self._at_s, self._stopped_s)

    def _begin(self) -> None:
        """Note who serves; then send the signal, where it is one."""
        leader = self._server.child.pid
        family = psutil.Process(leader).children(recursive=True)
        self._workers = frozenset((leader, *(process.pid for process in family)))
        if self._event.signal is None:
            return
        target = leader if self._event.to == "master" else self._last_to_serve()
        self._at_s = clock.now_s()
        os.kill(target, signal.Signals[self._event.signal])

    def _last_to_serve(self) -> int:
        """Return the process that has noted something last."""
        return int(self._notes.read_text().split()[-1])

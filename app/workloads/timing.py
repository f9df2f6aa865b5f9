"""The times of a request inside its view, and its number."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from time import monotonic, perf_counter, time

_AHEAD_S = float(os.environ.get("BENCH_EPOCH_S") or time() - monotonic())
"""By how much the time of day is ahead of the clock that nobody sets: clients say what it was."""

_numbers = count(1)
"""One for each request that this process has begun to answer; next() is atomic in CPython."""


class Timing:
    """The time spent in one view and in its wait, and the request's number.

    What a client sees beyond these passed outside: on the way, and in the queue before the view.
    """

    def __init__(self) -> None:
        self._number = next(_numbers)
        self._entered_s = monotonic() + _AHEAD_S
        self._started = perf_counter()
        self._waited_s = 0.0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count what happens inside this block as waiting, even if it fails."""
        started = perf_counter()
        try:
            yield
        finally:
            self._waited_s += perf_counter() - started

    def header(self) -> str:
        """Return the times so far, in milliseconds, as a Server-Timing header."""
        view_ms = (perf_counter() - self._started) * 1000
        times = {"view": f"{view_ms:.3f}", "wait": f"{self._waited_s * 1000:.3f}"}
        return f"{_entries(times)}, {self.stamps()}"

    def stamps(self) -> str:
        """Return what is certain before an answer is complete: when it began, and its number.

        `entered` is the time of day at which the view began, in milliseconds since the epoch: on
        the same machine it lets a client separate the way there from the way back. `nth` of
        `process` is this process's own count of requests: a gap in it is a request that the client
        does not know of.
        Source: https://www.w3.org/TR/server-timing/
        """
        entered_ms = f"{self._entered_s * 1000:.3f}"
        return _entries({"entered": entered_ms, "nth": self._number, "process": os.getpid()})


def _entries(values: Mapping[str, object]) -> str:
    """Return the entries of a Server-Timing header.

    Each name begins with `bench-`, so that no other times of a server are taken for these.
    """
    return ", ".join(f"bench-{name};dur={value}" for name, value in values.items())

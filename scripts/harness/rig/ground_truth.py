"""The ground truth: a server whose delays are known, and that stamps each answer with its times.

`python -m harness.rig.ground_truth --port 9000 --spread two` answers `GET /?ms=50` like the
upstream, after a delay with the mean of 50 ms, and reports in the header `Server-Timing`:

- `bench-wait`: the intended delay, in ms;
- `bench-view`: the time from arrival (request parsed) to departure (just before writing), in ms;
- `bench-entered`: the arrival, in ms since the epoch.

So what a client measured of an answer can be compared with what the server knows of it.
"""

import argparse
import asyncio
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.host.clock import now_s
from harness.rig.upstream import MAX_MS, Connection, Delays, parser, run

Spread = Literal["constant", "two", "lognormal"]
SPREADS: tuple[Spread, ...] = ("constant", "two", "lognormal")

# Nine in ten answers take 0.5 of the mean, one takes 5.5: 0.9 x 0.5 + 0.1 x 5.5 = 1.
TWO_VALUES = (0.5, 5.5)
SHORT_SHARE = 0.9

# A timer of libuv fires up to 1 ms early; with one tick more, no answer is early.
TICK_S = 0.001


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the server answers; the field names are its options.

    A freeze stops the whole server for `freeze_s`, once, `freeze_at_s` after the first request
    that waits; where `freeze_s` is 0 there is none.
    """

    spread: Spread = "constant"
    sigma: float = 0.5
    seed: int = 1
    freeze_at_s: float = 0.0
    freeze_s: float = 0.0


class IntendedDelays(Delays):
    """Draw the intended delays, with the spread's mean; one seed draws one sequence."""

    def __init__(self, spread: str, sigma: float, seed: int) -> None:
        super().__init__(spread, sigma, seed)
        self._two = spread == "two"

    def draw_s(self, mean_ms: float) -> float:
        """Return the next delay in seconds, rounded to the whole milliseconds that timers know."""
        if mean_ms == 0:
            return 0.0
        return round(min(mean_ms * self._factor(), MAX_MS)) / 1000

    def _factor(self) -> float:
        """Draw a delay as a multiple of the mean."""
        if self._two:
            return TWO_VALUES[self._random.random() >= SHORT_SHARE]
        return super()._factor()


class Freeze:
    """Stop the server once, some time after it has been armed."""

    def __init__(self, at_s: float, freeze_s: float) -> None:
        self._at_s = at_s
        self._freeze_s = freeze_s

    def arm(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the time up to the freeze; without effect from the second call on."""
        if self._freeze_s > 0:
            loop.call_later(self._at_s, time.sleep, self._freeze_s)
            self._freeze_s = 0.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a request came, by the clocks for points in time and for durations, and its delay."""

    entered: float
    started: float
    wait_s: float


class StampingConnection(Connection):
    """Answer as the upstream does, and stamp each answer with its times."""

    def __init__(self, loop: asyncio.AbstractEventLoop, delays: Delays, freeze: Freeze) -> None:
        super().__init__(loop, delays)
        self._arrivals: deque[Arrival] = deque()
        self._freeze = freeze

    def _queue(self, response: bytes, delay_s: float, closes: bool) -> None:
        """Note the arrival, then wait a tick longer than intended, so as not to be early."""
        self._arrivals.append(Arrival(now_s(), time.perf_counter(), delay_s))
        if delay_s > 0:
            self._freeze.arm(self._loop)
        super()._queue(response, delay_s + TICK_S if delay_s > 0 else 0.0, closes)

    def _write(self, response: bytes) -> None:
        """Stamp and send; answers leave in the order in which requests came."""
        super()._write(stamp(response, self._arrivals.popleft(), time.perf_counter()))


def stamp(response: bytes, arrival: Arrival, departure: float) -> bytes:
    """Return the response with its arrival, its stay and its intended delay in a header."""
    view_ms = (departure - arrival.started) * 1000
    timing = f"bench-view;dur={view_ms:.3f}, bench-wait;dur={arrival.wait_s * 1000:.3f}"
    timing += f", bench-entered;dur={arrival.entered * 1000:.3f}"
    head, _, body = response.partition(b"\r\n\r\n")
    return b"%b\r\nServer-Timing: %b\r\n\r\n%b" % (head, timing.encode(), body)


def _seconds(text: str) -> float:
    """Return a time in seconds, given as an argument."""
    seconds = float(text)
    if not 0 <= seconds <= MAX_MS / 1000:
        raise argparse.ArgumentTypeError(f"must be from 0 to {MAX_MS // 1000}")
    return seconds


def main(argv: Sequence[str]) -> int:
    """Serve the behaviour that the command line asks for; return the exit status."""
    arguments = parser("Answer HTTP requests after a known delay, stamped.", SPREADS)
    arguments.add_argument("--freeze-at-s", type=_seconds, default=0.0)
    arguments.add_argument("--freeze-s", type=_seconds, default=0.0)
    options = arguments.parse_args(argv)
    delays = IntendedDelays(options.spread, options.sigma, options.seed)
    freeze = Freeze(options.freeze_at_s, options.freeze_s)

    def connect(loop: asyncio.AbstractEventLoop) -> StampingConnection:
        return StampingConnection(loop, delays, freeze)

    return run("truth", options.host, options.port, connect)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

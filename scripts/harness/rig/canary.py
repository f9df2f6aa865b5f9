"""Do a fixed piece of work now and then, and note how long it took: `canary.py --beats=FILE`.

A process of its own, bound to the cores that it watches. The work is always the same, so its CPU
time tells how fast a core was: it grows with a lower clock, with a busy sibling thread and with
whatever else slows a core down, and not with what merely takes turns on it. The wall time grows
with that too. A row for each beat is appended: `time_s` (seconds since the epoch), `cpu_ms` and
`wall_ms` of the work. Standard library only, so that it starts in a moment and stays small.
"""

import argparse
import gc
import os
import time
from pathlib import Path

INTERVAL_S = 0.5

# About 0.4 ms each on a core of 2.6 GHz. The first warms up the caches that others have filled, and
# the faster one counts, which no interrupt has hit.
PIECE, PIECES = 5_000, 2

# As harness.host.clock has it, which is out of reach here.
AHEAD_S = float(os.environ.get("BENCH_EPOCH_S") or time.time() - time.monotonic())

COLUMNS = ("time_s", "cpu_ms", "wall_ms")


def main() -> None:
    """Work at every beat until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beats", type=Path, required=True)
    path = parser.parse_args().beats
    gc.disable()
    with path.open("a", buffering=1) as rows:
        if not path.stat().st_size:
            rows.write(",".join(COLUMNS) + "\n")
        while True:
            time.sleep(INTERVAL_S)
            cpu_ms, wall_ms = min(beat() for _ in range(PIECES))
            rows.write(f"{time.monotonic() + AHEAD_S:.3f},{cpu_ms:.4f},{wall_ms:.4f}\n")


def beat() -> tuple[float, float]:
    """Return the CPU time and the wall time of one piece of work, in milliseconds."""
    wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
    work()
    return (time.thread_time_ns() - cpu) / 1e6, (time.perf_counter_ns() - wall) / 1e6


def work() -> int:
    """Step a linear congruential generator: the interpreter's loop, and hardly any memory."""
    state = 1
    for _ in range(PIECE):
        state = (state * 1_103_515_245 + 12_345) & 0x7FFF_FFFF
    return state


if __name__ == "__main__":
    main()

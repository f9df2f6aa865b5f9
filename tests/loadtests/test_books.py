"""The books of a user: what of its time is a pause, and what nobody accounts for."""

import json
import subprocess
import sys

import pytest

# In a process of its own, as importing Locust replaces the sockets and threads of this one.
GAP = """
import json, sys
from _books import Ledger

ledger = Ledger()
ledger.begin_pause(0.02)
began_s, _ = ledger.pause
print(json.dumps(ledger.gap(began_s + float(sys.argv[1]) / 1000)))
"""


def gap_s(lasted_ms: float) -> list[float]:
    """Return how much of a gap is a pause of 20 ms and how much nobody accounts for."""
    argv = [sys.executable, "-c", GAP, str(lasted_ms)]
    done = subprocess.run(argv, cwd="loadtests", capture_output=True, text=True, check=True)
    seconds: list[float] = json.loads(done.stdout)
    return seconds


@pytest.mark.parametrize(
    ("lasted_ms", "paused_ms"),
    [(8, 8), (20.6, 20.6), (50, 21)],
    ids=["cut short", "next tick", "late process"],
)
def test_a_pause_counts_as_long_as_it_was_meant_within_the_tick_of_its_timer(
    lasted_ms: float, paused_ms: float
) -> None:
    """Of 20 ms: half a millisecond late is the timer's, 29 of 50 ms are lost."""
    paused_s, own_s = gap_s(lasted_ms)
    assert paused_s == pytest.approx(paused_ms / 1000, abs=1e-6)
    assert own_s == pytest.approx(0, abs=1e-3)

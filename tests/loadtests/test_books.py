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


# A user pauses for 20 ms and makes a request up for 8 ms; a millisecond later it is sent, and
# another one later answered.
CLOSING = """
import json, sys
import _books
from _books import Ledger, books

now_s = 1000.0
_books.now_s = lambda: now_s
ledger = Ledger()
books.ledgers[ledger] = None
ledger.begin_pause(0.02)
now_s = 1000.02
ledger.end_pause()
request = ledger.ask(unsent=True)
closed = now_s = 1000.028
if sys.argv[1] != "made up":
    now_s = 1000.029
    request.begin()
if sys.argv[1] == "answered":
    now_s = 1000.03
    request.end()
(pausing,), ((own, until),) = books.gaps(closed)
print(json.dumps([closed - pausing, until - own]))
"""


def gap_s(lasted_ms: float) -> list[float]:
    """Return how much of a gap is a pause of 20 ms and how much nobody accounts for."""
    return said(GAP, str(lasted_ms))


def said(code: str, word: str) -> list[float]:
    """Return the numbers that code prints, given a word."""
    argv = [sys.executable, "-c", code, word]
    done = subprocess.run(argv, cwd="loadtests", capture_output=True, text=True, check=True)
    numbers: list[float] = json.loads(done.stdout)
    return numbers


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


@pytest.mark.parametrize(
    ("by_then", "paused_ms", "own_ms"),
    [("made up", 20, 8), ("sent", 19, 9), ("answered", 19, 9)],
)
def test_a_gap_that_a_closing_falls_into_is_whole(
    by_then: str, paused_ms: float, own_ms: float
) -> None:
    """While a request is made up it is not sent, and what is sent later is no row of the window."""
    paused_s, own_s = said(CLOSING, by_then)
    assert paused_s == pytest.approx(paused_ms / 1000, abs=1e-6)
    assert own_s == pytest.approx(own_ms / 1000, abs=1e-6)

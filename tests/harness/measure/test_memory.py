"""The growth of a server's memory over the requests of a load step, from readings by hand."""

from math import nan

import numpy as np
import pandas as pd
import pytest

from harness.measure.memory import FIRST_REQUESTS, growth
from harness.measure.window import Window

RATE_RPS = 1_000
OPENED, CLOSED = 2.0, 22.0


def requests(rate_rps: int = RATE_RPS) -> pd.DataFrame:
    """Build requests of 10 ms that end evenly from second 0 to the close."""
    ends_s = np.arange(1, CLOSED * rate_rps + 1) / rate_rps
    return pd.DataFrame({"start_s": ends_s - 0.01, "latency_ms": 10.0})


def window(rss_mib: list[float], ended: list[float] | None = None) -> Window:
    """Build a window of 20 s with a reading every second, from before it to after it."""
    usage = pd.DataFrame({"time_s": np.arange(len(rss_mib)) + 0.5, "server_rss_mib": rss_mib})
    return Window(OPENED, CLOSED, usage.assign(server_ended=ended or [0.0] * len(rss_mib)))


def test_a_steady_leak_is_the_slope_of_the_readings() -> None:
    """0.4 KiB a request at 1,000 requests/s are 400 / 1024 MiB a second.

    5,000 are answered at 5 s, so readings at 5.5 s to 21.5 s count: 16 s, 16,000 requests.
    """
    figures = growth(requests(), window([60 + 400 / 1024 * (s + 0.5) for s in range(24)]))
    assert figures["growth_requests"] == 16_000
    assert figures["server_growth_mib"] == pytest.approx(16 * 400 / 1024)


def test_what_the_first_requests_take_is_no_growth() -> None:
    """All memory that is taken before the 5,000th request stays out."""
    figures = growth(requests(), window([60 + min(s, 5) * 10.0 for s in range(24)]))
    assert figures["server_growth_mib"] == pytest.approx(0)


def test_memory_that_comes_and_goes_hardly_grows() -> None:
    """A saw-tooth of 4 MiB whose last second is at its top.

    Its ends are 4 MiB apart; the line's are 1 MiB at most.
    """
    figures = growth(requests(), window([60 + (s % 4) * 4 / 3 for s in range(24)]))
    assert abs(figures["server_growth_mib"]) < 1


def test_a_load_step_of_few_requests_tells_nothing() -> None:
    """At 240 requests/s the 5,000th is answered at 20.8 s: one reading is left."""
    rate_rps = 240
    assert FIRST_REQUESTS / rate_rps > 20.5
    figures = growth(requests(rate_rps), window([60.0] * 24))
    assert figures == {"growth_requests": None, "server_growth_mib": None}


def test_a_process_that_ended_took_its_memory_along() -> None:
    """A worker that was replaced after so many requests."""
    figures = growth(requests(), window([60.0] * 24, [0.0] * 12 + [1.0] * 12))
    assert figures["server_growth_mib"] is None


def test_readings_that_are_missing_do_not_count() -> None:
    """The server's memory could not be read."""
    assert growth(requests(), window([nan] * 24))["server_growth_mib"] is None
    bare = Window(OPENED, CLOSED, pd.DataFrame({"time_s": [1.0, 2.0]}))
    assert growth(requests(), bare)["server_growth_mib"] is None

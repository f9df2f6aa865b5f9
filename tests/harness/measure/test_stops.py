"""From a probe's rows to stops, by hand."""

import numpy as np
import pandas as pd
import pytest

from harness.core.summary import Stop
from harness.measure.stops import stops, tally
from tests.support.builders import deployment, scenario

NEVER = np.array([])


def rows(*spells: tuple[str, float, float]) -> pd.DataFrame:
    """Build rows of (cause, began_s, lasted_ms)."""
    return pd.DataFrame(spells, columns=["cause", "began_s", "lasted_ms"])


def test_a_collection_and_the_lateness_it_causes_are_one_stop() -> None:
    """The timer was due 20 ms after the collection began, and ran when that was over."""
    probe = rows(("collector", 103.0, 500.0), ("loop", 103.02, 485.0))
    (stop,) = stops(probe, NEVER, 100.0, 110.0)
    assert stop.collecting
    assert stop.at_s == pytest.approx(3)
    assert stop.lasted_ms == pytest.approx(505)


def test_a_late_loop_without_a_collection_is_a_stop_of_another_kind() -> None:
    """Something blocked it."""
    assert stops(rows(("loop", 101.0, 80.0)), NEVER, 100.0, 110.0) == (Stop(1.0, 80.0, False),)


def test_short_spells_and_those_before_or_after_are_no_stops() -> None:
    """Below 50 ms; before the first request; after the last answer."""
    probe = rows(("loop", 101.0, 49.0), ("collector", 99.0, 90.0), ("loop", 110.5, 90.0))
    assert stops(probe, NEVER, 100.0, 110.0) == ()


def test_a_collection_beside_which_views_run_stops_nothing_meanwhile() -> None:
    """Of 4 s views ran at 1, 1.2 and 2.5 s: the longest silence is the last 1.5 s."""
    ran = np.array([102.5, 101.2, np.nan, 101.0])
    (stop,) = stops(rows(("collector", 100.0, 4000.0)), ran, 100.0, 110.0)
    assert (stop.at_s, stop.collecting) == (2.5, True)
    assert stop.lasted_ms == pytest.approx(1500)


def test_a_late_loop_is_a_stop_though_threads_run_views_meanwhile() -> None:
    """It is the loop that all answers wait for."""
    ran = np.array([101.02])
    assert stops(rows(("loop", 101.0, 80.0)), ran, 100.0, 110.0) == (Stop(1.0, 80.0, False),)


def test_stops_are_counted_over_the_blocks_of_a_cell() -> None:
    """Two blocks with two stops and one; two of them while the collector ran."""
    first = (Stop(1, 80.0, True), Stop(2, 900.0, False))
    cell = tally(scenario("hold"), deployment("uvicorn", "asgi"), [first, (Stop(1, 60.0, True),)])
    assert (cell.blocks, cell.stops, cell.collecting, cell.longest_ms) == (2, 3, 2, 900.0)


def test_a_server_that_never_stopped_has_a_longest_of_0() -> None:
    """One block without a stop."""
    cell = tally(scenario("hold"), deployment("uvicorn", "asgi"), [()])
    assert (cell.blocks, cell.stops, cell.longest_ms) == (1, 0, 0.0)

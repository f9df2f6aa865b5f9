"""How many threads hold as much as an event loop, from searches on simulated servers."""

import re
from dataclasses import replace

from harness.core.holding import Holding
from harness.report.threads import sentences, threaded
from tests.support.capacities import GTHREAD, SHARED, flagged_from, holds, searched, target


def threads(slots: int, capacity_rps: float) -> Holding:
    """Search what so many threads hold."""
    server = GTHREAD.model_copy(update={"name": f"gthread-{slots}", "slots": slots})
    return searched(holds(capacity_rps), target(server))


LOOP = searched(holds(1000), target(SHARED))
FEW, ENOUGH, MORE = threads(64, 250), threads(400, 990), threads(800, 1005)


def test_the_fewest_threads_that_hold_as_much_are_named_with_their_price() -> None:
    """800 hold no more; S = 0.8 ms, so T* = 1 + 250 / 0.8 = 313.5."""
    (text,) = sentences([MORE, LOOP, FEW, ENOUGH])
    assert text.startswith(
        "For `wait`, 400 slots (gthread-400) are the fewest of those tried that hold as much as "
        "uvicorn-shared: "
    )
    assert "with 60.0 MiB and 0.8 ms of CPU each beside 60.0 MiB and 0.8 ms of CPU each." in text
    assert re.search(r"a request that waits 250 ms is full from 31[34] slots on\.$", text)


def test_theory_says_nothing_of_a_wait_that_nobody_tells() -> None:
    """A site of one's own: D is not in its plan."""
    (text,) = sentences([replace(each, wait_ms=None) for each in (FEW, ENOUGH, LOOP)])
    assert "By theory" not in text and text.endswith(" of CPU each.")


def test_where_no_number_of_threads_holds_as_much_it_is_said() -> None:
    """The most of them stand for all."""
    (text,) = sentences([FEW, threads(128, 500), LOOP])
    assert "not even 128 slots (gthread-128) hold as much as uvicorn-shared: " in text


def test_of_a_loop_that_may_hold_more_it_is_said_what_was_seen() -> None:
    """No trial of a higher load counts."""
    (text,) = sentences([FEW, ENOUGH, searched(flagged_from(900), target(SHARED))])
    assert "that hold as much as uvicorn-shared was seen to hold: " in text


def test_what_was_not_measured_has_no_price() -> None:
    """As on a system that tells no memory."""
    bare = replace(
        LOOP, trials=tuple(replace(each, cpu_ms=None, memory_mib=None) for each in LOOP.trials)
    )
    (text,) = sentences([FEW, ENOUGH, bare])
    assert "beside a price that was not measured." in text


def test_nothing_is_said_without_a_loop_or_without_several_numbers_of_threads() -> None:
    """There is nothing to compare."""
    assert sentences([FEW, ENOUGH]) == sentences([FEW, LOOP]) == sentences([]) == ()


def test_threads_stand_from_the_fewest_up() -> None:
    """Loops have none."""
    assert threaded([MORE, LOOP, FEW]) == [FEW, MORE]

"""Requests cut into lanes, with rows short enough to add up by hand."""

from math import nan
from typing import Any

import pandas as pd
import pytest

from harness.core.summary import Lane, Lanes
from harness.core.trial import CellKey
from harness.measure import lanes as measure
from harness.measure.lanes import ANSWER, MOST
from harness.rig.request_log import complete

CELL = CellKey("uvicorn", "wait")

# Sent at 100 s; connected by 100.005; in the view from 100.025 to 100.125, 80 ms of it waiting;
# the answer was there at 100.130: 130 ms = 5 + 20 + 20 + 80 + 5.
ROW: dict[str, Any] = {
    "start_s": 100.0,
    "latency_ms": 130.0,
    "connect_ms": 5.0,
    "entered_s": 100.025,
    "view_ms": 100.0,
    "wait_ms": 80.0,
    "plateau": 64.0,
    "process": 4711.0,
    "error": "",
}
UNTOLD = {"entered_s": nan, "view_ms": nan, "wait_ms": nan, "process": nan}


def lanes(*changes: dict[str, Any]) -> Lanes:
    """Return the lanes of rows that differ from ROW by these changes."""
    cut = measure.lanes(CELL, complete(pd.DataFrame([ROW | change for change in changes])))
    assert cut is not None
    return cut


def lane(**change: Any) -> Lane:
    """Return the lane of one row."""
    (only,) = lanes(change).lanes
    return only


def lengths(lane: Lane) -> list[float]:
    """Return the milliseconds of its parts in their order."""
    return list(lane.parts.values())


def test_a_lane_is_cut_by_what_client_and_server_recorded() -> None:
    """Late, connect, queue, view, wait, back: 130 ms in all."""
    assert lengths(lane()) == [0, 5, 20, 20, 80, 5]
    assert lane().end_ms == 130


def test_without_times_of_the_server_nothing_is_cut_but_connecting() -> None:
    """130 - 5 = 125 ms from then to the answer: no part is invented."""
    untold = lane(**UNTOLD)
    assert untold.parts == {"part_late_ms": 0, "part_connect_ms": 5, ANSWER: 125}
    assert (untold.worker, lanes(UNTOLD).at_once) == (None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"error": "timeout"},
        {"redirects": 1.0},  # the stamps are those of the last answer alone
        {"entered_s": 99.9},  # before it was sent: the clock of another machine
        {"entered_s": 100.2},  # after the answer
    ],
)
def test_times_that_cannot_be_those_of_the_whole_request_do_not_cut_it(
    change: dict[str, Any],
) -> None:
    """Connecting apart, its 130 ms stay whole."""
    assert lane(**change).parts[ANSWER] == 125


def test_clocks_that_disagree_by_less_than_they_can_leave_no_part_negative() -> None:
    """In the view 0.5 ms before it was connected: no queue, and the sum stays the latency.

    The view ends at 100.1045, so 130 - 104.5 = 25.5 ms remain; its first 0.5 ms were connecting.
    """
    cut = lane(entered_s=100.0045)
    assert lengths(cut) == pytest.approx([0, 5, 0, 19.5, 80, 25.5])
    assert cut.end_ms == pytest.approx(130)


def test_a_request_of_an_open_schedule_begins_when_it_was_due() -> None:
    """Due at 99.9 s and 100 ms late: its lane is 230 ms long."""
    late = lane(due_s=99.9)
    assert lengths(late) == pytest.approx([100, 5, 20, 20, 80, 5])


@pytest.mark.parametrize(
    ("levels", "chosen"), [([4, 64, 256], 64), ([4, 16], 16), ([256], 256), ([40, 64], 40)]
)
def test_the_lowest_load_step_with_as_many_users_as_lanes_is_drawn(
    levels: list[float], chosen: float
) -> None:
    """The highest where none has as many."""
    assert lanes(*({"plateau": level} for level in levels)).load == chosen


def test_the_first_requests_of_the_step_are_drawn_and_no_others() -> None:
    """Not what set users up, what the locustfile fired, or what went to another server."""
    many: list[dict[str, Any]] = [{"start_s": 100 + n / 1000} for n in range(60)]
    others: list[dict[str, Any]] = [
        {"start_s": 99.0, "set_up": 1.0},
        {"start_s": 99.0, "fired": 1.0},
        {"start_s": 99.0, "elsewhere": "cdn:443"},
        {"start_s": 99.0, "plateau": nan},
    ]
    drawn = lanes(*others, *many)
    assert len(drawn.lanes) == MOST
    # One each millisecond.
    starts_ms = sorted(each.start_ms for each in drawn.lanes)
    assert starts_ms == list(range(MOST))


def test_few_requests_are_all_drawn_and_none_has_no_lanes() -> None:
    """Three; of a block whose requests belong to no load step, nothing."""
    assert len(lanes({}, {}, {}).lanes) == 3
    between = complete(pd.DataFrame([ROW | {"plateau": nan}]))
    assert measure.lanes(CELL, between) is None


def test_only_failed_requests_are_lanes_too() -> None:
    """As long as they took to fail."""
    drawn = lanes({"error": "reset"}, {"error": "connect", "connect_ms": nan} | UNTOLD)
    assert [each.failed for each in drawn.lanes] == [True, True]
    assert drawn.at_once is None
    assert drawn.end_ms == 130


def test_lanes_stand_worker_by_worker_as_each_came_to_them() -> None:
    """Sent in turn to two processes, which came to them in the opposite order."""
    drawn = lanes(
        {"start_s": 100.0, "process": 9.0, "entered_s": 100.024},
        {"start_s": 100.001, "process": 3.0, "entered_s": 100.022},
        {"start_s": 100.002, "process": 9.0, "entered_s": 100.020},
        {"start_s": 100.003, "process": 3.0, "entered_s": 100.018},
    )
    assert [each.worker for each in drawn.lanes] == [1, 1, 2, 2]
    assert [each.start_ms for each in drawn.lanes] == [2, 0, 3, 1]


def test_how_many_were_in_their_views_at_once() -> None:
    """100 ms each, entered at 25, 75 and 125 ms: the first leaves as the third enters, so 2."""
    entered = ({"entered_s": 100 + ms / 1000, "latency_ms": 300.0} for ms in (25, 75, 125))
    assert lanes(*entered).at_once == 2

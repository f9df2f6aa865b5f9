"""The stored run of `make lanes`, which docs/models.md shows: what its lanes say can be true."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.core import schedule
from harness.core.trial import Block
from harness.measure.lanes import MOST, first, lanes
from harness.report import write
from harness.runs.store import Run

RUN = Run.open(Path("results/lanes/reference"))
BLOCKS = {block.deployment.name: block for block in schedule.blocks(RUN.plan)}

of_each_server = pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)


def requests(block: Block) -> pd.DataFrame:
    """Return the rows of a block."""
    rows = RUN.requests(block)
    assert rows is not None
    return rows


@of_each_server
def test_the_parts_of_each_lane_add_up_to_the_latency_that_was_recorded(block: Block) -> None:
    """To the microsecond; every client has a lane, and every server has told its times."""
    cut = lanes(block.climb, requests(block))
    assert cut is not None
    recorded = sorted(first(requests(block))["latency_ms"])
    assert len(recorded) == MOST
    assert sorted(sum(lane.parts.values()) for lane in cut.lanes) == pytest.approx(
        recorded, abs=0.001
    )
    assert all("part_view_ms" in lane.parts and not lane.failed for lane in cut.lanes)


@of_each_server
def test_never_are_more_requests_in_their_views_than_the_server_has_slots(block: Block) -> None:
    """At no moment, over all requests of the run; an event loop sets no limit but the clients."""
    stays = requests(block).dropna(subset=["entered_s", "view_ms"])
    entered = stays["entered_s"].to_numpy()
    left = entered + stays["view_ms"].to_numpy() / 1000
    in_views = [np.sum((entered <= moment) & (moment < left)) for moment in entered]
    slots = block.deployment.slots
    assert max(in_views) == slots if slots else max(in_views) > 10
    cut = lanes(block.climb, requests(block))
    assert cut is not None
    assert cut.at_once == max(in_views)


def test_each_deployment_has_its_lanes_in_the_order_of_the_plan() -> None:
    """Its block is the only one."""
    drawn = write.first_of_each(RUN, lanes)
    assert [each.deployment for each in drawn] == [each.name for each in RUN.plan.deployments]
    assert {(each.scenario, each.load) for each in drawn} == {("burst", MOST)}


def test_a_run_without_its_rows_has_no_lanes(tmp_path: Path) -> None:
    """Such as a stored one, of which only the figures are kept."""
    shutil.copy(RUN.folder / "run.json", tmp_path)
    assert write.first_of_each(Run.open(tmp_path), lanes) == ()


def test_one_event_loop_serves_all_clients_from_one_process() -> None:
    """As one sync worker does; four workers are four."""
    workers = {name: requests(block)["process"].nunique() for name, block in BLOCKS.items()}
    assert workers == {
        "gunicorn-sync-1": 1,
        "gunicorn-sync-4": 4,
        "gunicorn-gthread-10": 1,
        "uvicorn": 1,
    }

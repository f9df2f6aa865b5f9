"""A foreign process on the server's core is noticed: real server, real Locust, real busy loop."""

import sys
from pathlib import Path

import pytest

from harness.core.gate import GateName
from harness.core.plan_file import parse
from harness.core.record import Record
from harness.core.schedule import blocks
from harness.host import machine
from harness.host.processes import Child
from harness.rig.places import Here
from harness.runs.execute import carry_out
from harness.runs.store import Run
from tests.support.bench import UVICORN, WAIT, plan

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not machine.cores().apart, reason="of one core nobody can tell whose it is"),
]


def measured(folder: Path) -> list[Record]:
    """Carry out a plan of two load steps."""
    text = plan(UVICORN, WAIT)
    run = Run.create(folder, text, {}, "", [])
    return list(carry_out(run, blocks(parse(text, "host.toml")), Here(machine.cores())))


def foreign(records: list[Record]) -> list[bool]:
    """Tell of each trial whether the gate names other processes."""
    reasons = [
        " ".join(doubt.reason for doubt in record.doubts if doubt.gate is GateName.HOST)
        for record in records
    ]
    return ["other processes used" in reason for reason in reasons]


def test_a_busy_loop_on_the_servers_core_is_a_doubt_about_the_host(tmp_path: Path) -> None:
    """It takes what the server leaves of its core; with it gone, nobody does."""
    busy = [sys.executable, "-c", "while True: pass"]
    with Child(busy, tmp_path / "busy.log", machine.cores().server):
        disturbed = measured(tmp_path / "disturbed")
    assert foreign(disturbed) == [True, True]
    assert foreign(measured(tmp_path / "alone")) == [False, False]


def test_a_canary_tells_the_speed_of_both_cores(tmp_path: Path) -> None:
    """In every trial."""
    for record in measured(tmp_path / "run"):
        assert record.extra.server_core_speed is not None
        assert record.extra.load_core_speed is not None

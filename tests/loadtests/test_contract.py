"""What the plug-ins write is what the harness reads: load tests and harness meet only in files."""

import csv
import json
from dataclasses import fields
from pathlib import Path

import pytest

from harness.core.request_row import COLUMNS
from harness.core.trial import Plateau
from harness.rig import live
from tests.loadtests.locusts import LOADTESTS, climb
from tests.support.counting import counting

# Longer than a second, after which the first line on how the load goes is written.
SHORT = ("-u1", "--settle-s=0.1", "--measure-s=1.1", "--tail-s=0.3", "--wait-ms=20")


@pytest.mark.parametrize("loop", ["--stairs=1", "--arrivals=20"])
def test_log_and_plateaus_have_the_columns_and_fields_of_the_harness(
    loop: str, tmp_path: Path
) -> None:
    """All of them and no others, in a closed loop and in an open one."""
    log = tmp_path / "server.log"
    log.write_text("ready\n")
    flags = (*SHORT, loop, f"--server-log={log}", f"--live={tmp_path / live.FILE}")
    with counting(delay_s=0.02) as server:
        _, (plateau,) = climb(LOADTESTS / "wait.py", server.url, tmp_path, *flags)
    with (tmp_path / "requests.csv").open(newline="") as rows:
        header = next(csv.reader(rows))
    assert header == [column.name for column in COLUMNS]
    assert plateau.keys() == {field.name for field in fields(Plateau)}
    assert plateau["server_log_bytes"] == len("ready\n")
    lines = (tmp_path / live.FILE).read_text().splitlines()
    assert json.loads(lines[0]).keys() == {field.name for field in fields(live.LiveFigures)}
    assert (figures := live.newest(tmp_path)) and figures.users == 1
    assert 5 < figures.throughput_rps < 50  # one user that waits 20 ms, or 20 arrivals a second

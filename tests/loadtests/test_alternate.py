"""The plug-in behind `make calibrate`: what recording costs, within one process."""

import json
from pathlib import Path

from tests.loadtests.locusts import LOADTESTS, locust
from tests.support.counting import counting, http


def test_slices_with_and_without_recording_take_turns(tmp_path: Path) -> None:
    """On, off, off, on: a drift of the machine favours neither; each slice has its rate."""
    rates = tmp_path / "rates.jsonl"
    files = (LOADTESTS / "direct.py", LOADTESTS / "_alternate.py")
    with counting(respond=lambda path: http(b'{"upstream": "ok"}')) as server:
        flags = ("-u2", "--wait-ms=0", "--slices=8", "--slice-s=0.05", f"--rates={rates}")
        locust(files, server.url, tmp_path, *flags)
    slices = [json.loads(line) for line in rates.read_text().splitlines()]
    assert [part["recording"] for part in slices] == [True, False, False, True] * 2
    assert all(part["rate"] > 0 for part in slices)

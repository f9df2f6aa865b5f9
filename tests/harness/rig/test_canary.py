"""The canary notes the speed of its core, and costs next to nothing."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from harness.rig import canary
from harness.rig.family import cpu_seconds

SECONDS = 6


@contextmanager
def running(*argv: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python child; it is gone when the context ends."""
    with subprocess.Popen([sys.executable, "-I", "-S", *argv]) as child:
        try:
            yield child
        finally:
            child.kill()


@pytest.mark.long
def test_a_canary_beats_twice_a_second_for_three_thousandths_of_a_core(tmp_path: Path) -> None:
    """Its CPU time over six seconds, start-up aside; its rows lie half a second apart."""
    path = tmp_path / "beats.csv"
    with running(canary.__file__, f"--beats={path}") as child:
        time.sleep(1)
        before = cpu_seconds(child.pid)
        time.sleep(SECONDS)
        cost_s = cpu_seconds(child.pid) - before
    beats = pd.read_csv(path)
    assert tuple(beats.columns) == canary.COLUMNS
    assert SECONDS <= len(beats) <= 2 * SECONDS + 2
    assert (beats["cpu_ms"] > 0).all()
    assert cost_s / SECONDS <= 0.003

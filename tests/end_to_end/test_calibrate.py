"""`make calibrate`: its arguments; what it measures is tested in tests/harness."""

import subprocess
import sys

import pytest

from tests.support.serving import PROJECT


@pytest.mark.parametrize("bad", ["--rounds=0", "--rounds=some", "--long"])
def test_a_bad_argument_gets_one_line(bad: str) -> None:
    """That names it, and the exit status 2."""
    argv = [sys.executable, "scripts/calibrate.py", bad]
    done = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert bad.partition("=")[0] in done.stderr

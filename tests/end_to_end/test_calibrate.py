"""`make calibrate`: its arguments; what it measures is tested in tests/harness."""

import pytest

from tests.support.verbs import call


@pytest.mark.parametrize("bad", ["--rounds=0", "--rounds=some", "--long"])
def test_a_bad_argument_gets_one_line(bad: str) -> None:
    """That names it, and the exit status 2."""
    status, output, errors = call("calibrate", bad)
    assert (status, output) == (2, "")
    assert errors.count("\n") == 1
    assert bad.partition("=")[0] in errors

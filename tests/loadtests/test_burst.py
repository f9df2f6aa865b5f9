"""A burst: every user asks once when the load step opens, over a connection that it opens then."""

from pathlib import Path

import pytest

from tests.loadtests.locusts import LOADTESTS, climb
from tests.support.counting import counting, workload

pytestmark = pytest.mark.long

USERS = 20


def closing(path: str) -> bytes:
    """Answer as a server that was asked to close the connection."""
    return workload(path).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)


def test_all_users_ask_once_as_the_load_step_opens(tmp_path: Path) -> None:
    """Each has been answered before, and its connection closed: 2 x 20 requests and connections."""
    ramp = (f"-u{USERS}", f"--stairs={USERS}", "--spawn-rate=500", "--settle-s=0.3")
    flags = (*ramp, "--measure-s=5", "--wait-ms=0")
    with counting(respond=closing) as server:
        rows, (plateau,) = climb(LOADTESTS / "burst.py", server.url, tmp_path, *flags)
    asked = [row for row in rows if row["plateau"]]
    assert [len(rows), len(asked), len(server.connections)] == [2 * USERS, USERS, 2 * USERS]
    assert {row["error"] for row in rows} == {""}
    assert {row["set_up"] for row in rows if not row["plateau"]} == {"1"}
    assert all(float(row["connect_ms"]) > 0 for row in asked)
    since_opened_s = [float(row["start_s"]) - plateau["opened"] for row in asked]
    assert 0 <= min(since_opened_s) <= max(since_opened_s) < 0.1
    # All are answered, so nobody waits for the 5 s to pass.
    assert plateau["closed"] - plateau["opened"] < 1

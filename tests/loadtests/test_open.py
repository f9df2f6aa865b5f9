"""The open loop: requests are due by a clock of their own, and none is ever dropped."""

from pathlib import Path

import pytest

from tests.loadtests.locusts import LOADTESTS, climb
from tests.support.counting import counting, http

FLAGS = ("--settle-s=0.5", "--tail-s=2", "--spawn-rate=500", "--wait-ms=50")


def late_ms(row: dict[str, str]) -> float:
    """Give how long after it was due a request was sent."""
    return (float(row["start_s"]) - float(row["due_s"])) * 1000


def test_arrivals_come_at_the_rate_whatever_the_latency(tmp_path: Path) -> None:
    """100 and 200 a second for 2 s: 200 and 400, give or take four standard deviations."""
    with counting(delay_s=0.05) as server:
        flags = (*FLAGS, "-u64", "--arrivals=100,200", "--measure-s=2")
        requests, plateaus = climb(LOADTESTS / "wait.py", server.url, tmp_path, *flags)
    assert [plateau["rate_rps"] for plateau in plateaus] == [100, 200]
    for rate in (100, 200):
        asked = [row for row in requests if row["plateau"] == str(float(rate))]
        assert len(asked) == pytest.approx(2 * rate, abs=4 * (2 * rate) ** 0.5)
        assert all(late_ms(row) >= 0 for row in asked)


def test_an_arrival_that_finds_no_free_client_waits_and_is_sent_late(tmp_path: Path) -> None:
    """One client serves 20 a second of the 100 that are due: in 2 s the last waits over 1 s."""
    with counting(delay_s=0.05) as server:
        flags = (*FLAGS, "-u1", "--arrivals=100", "--measure-s=2")
        requests, (plateau,) = climb(LOADTESTS / "wait.py", server.url, tmp_path, *flags)
    assert max(late_ms(row) for row in requests) > 500
    assert plateau["drift"] > 0.05  # type: ignore[operator]


def test_arrivals_that_were_never_sent_are_listed_as_unanswered(tmp_path: Path) -> None:
    """A server that never answers: one request in flight, all others still wait for a client."""
    with counting(delay_s=30) as server:
        flags = (*FLAGS, "-u1", "--arrivals=50", "--measure-s=1")
        requests, (plateau,) = climb(LOADTESTS / "wait.py", server.url, tmp_path, *flags)
    assert requests == []
    due = [t for t in plateau["unanswered"] if t >= plateau["opened"]]  # type: ignore[attr-defined]
    assert len(due) == pytest.approx(50, abs=4 * 50**0.5)


def test_a_failed_request_does_not_stop_the_schedule(tmp_path: Path) -> None:
    """Wrong bodies are errors of this request alone."""
    with counting(respond=lambda path: http(b"wrong")) as server:
        flags = (*FLAGS, "-u8", "--arrivals=60", "--measure-s=1")
        requests, _ = climb(LOADTESTS / "wait.py", server.url, tmp_path, *flags)
    assert len(requests) > 40
    assert {row["error"] for row in requests} == {"body"}

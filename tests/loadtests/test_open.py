"""The open loop: requests are due by a clock of their own, and none is ever dropped."""

from pathlib import Path

import pytest

from tests.loadtests.locusts import LOADTESTS, climb
from tests.support.counting import counting, http
from tests.support.shop import shop

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
    assert plateau["drift"] > 0.05


def test_arrivals_that_were_never_sent_are_listed_as_unanswered(tmp_path: Path) -> None:
    """A server that never answers: one request in flight, all others still wait for a client."""
    with counting(delay_s=30) as server:
        flags = (*FLAGS, "-u1", "--arrivals=50", "--measure-s=1")
        requests, (plateau,) = climb(LOADTESTS / "wait.py", server.url, tmp_path, *flags)
    assert requests == []
    due = [t for t in plateau["unanswered"] if t >= plateau["opened"]]
    assert len(due) == pytest.approx(50, abs=4 * 50**0.5)


def test_a_failed_request_does_not_stop_the_schedule(tmp_path: Path) -> None:
    """Wrong bodies are errors of this request alone."""
    with counting(respond=lambda path: http(b"wrong")) as server:
        flags = (*FLAGS, "-u8", "--arrivals=60", "--measure-s=1")
        requests, _ = climb(LOADTESTS / "wait.py", server.url, tmp_path, *flags)
    assert len(requests) > 40
    assert {row["error"] for row in requests} == {"body"}


NESTED = """
from locust import HttpUser, SequentialTaskSet, TaskSet, constant, task

class Buy(SequentialTaskSet):
    wait_time = constant(3)

    @task
    def look(self):
        self.client.get("/fixed/?ms=5", name="look")

    @task
    def put(self):
        self.client.get("/fixed/?ms=5", name="put")
        self.interrupt()

class Browse(TaskSet):
    tasks = [Buy]

class Visitor(HttpUser):
    tasks = [Browse]
"""


def test_tasks_of_nested_task_sets_wait_for_arrivals_as_all_do(tmp_path: Path) -> None:
    """100 a second for 1 s, give or take four standard deviations; no pause of theirs is used."""
    scenario = tmp_path / "nested.py"
    scenario.write_text(NESTED)
    with shop() as server:
        flags = (*FLAGS, "-u32", "--arrivals=100", "--measure-s=1")
        rows, (plateau,) = climb(scenario, server.url, tmp_path, *flags)
    asked = [row for row in rows if row["plateau"]]
    assert len(asked) == pytest.approx(100, abs=40)
    assert plateau["tasks"] == pytest.approx(len(asked), abs=32)
    assert all(late_ms(row) >= 0 for row in asked)


def test_what_follows_in_a_task_counts_from_its_own_sending(tmp_path: Path) -> None:
    """An arrival is a visit of three requests of 20 ms: the first is due, the others follow it."""
    scenario = tmp_path / "visit.py"
    scenario.write_text("""
from locust import FastHttpUser, task

class Visitor(FastHttpUser):
    @task
    def visit(self):
        for name in "123":
            self.client.get("/fixed/?ms=20", name=name)
""")
    with shop() as server:
        flags = (*FLAGS, "-u32", "--arrivals=50", "--measure-s=1")
        rows, (plateau,) = climb(scenario, server.url, tmp_path, *flags)
    assert {row["name"] for row in rows if row["due_s"]} == {"1"}
    assert {row["name"] for row in rows} == {"1", "2", "3"}
    asked = [row for row in rows if row["plateau"]]
    assert len(asked) == pytest.approx(3 * plateau["tasks"], abs=3 * 32)

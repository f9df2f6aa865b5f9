"""The corrections to when users ask, beside Locust as it comes.

Where Locust no longer needs a correction, the test of the stock client fails: delete both.
"""

from itertools import pairwise
from pathlib import Path

from tests.loadtests.locusts import LOADTESTS, climb, locust
from tests.support.counting import counting

STOCK = """
from locust import FastHttpUser, constant, task

class Stock(FastHttpUser):
    wait_time = constant(0)

    @task
    def ask(self):
        self.client.get("/async/plain/")
"""


def in_step(arrivals: list[float]) -> float:
    """Give the share of arrivals within 1 ms of the one before."""
    pairs = list(pairwise(arrivals))
    return sum(later - earlier < 0.001 for earlier, later in pairs) / len(pairs)


def test_users_started_together_do_not_march_in_step(tmp_path: Path) -> None:
    """Forty users over a cycle of 400 ms come 10 ms apart on average, not all at once.

    Arrivals at random: 1 - exp(-1 ms / 10 ms) = 10 % come within 1 ms of the one before.
    """
    with counting(delay_s=0.4) as server:
        flags = ("-u40", "-r40", "-t4s", "--wait-ms=400")
        locust((LOADTESTS / "wait.py",), server.url, tmp_path, *flags)
    assert in_step(sorted(server.arrivals)) < 0.5


def test_stock_users_started_together_still_march_in_step(tmp_path: Path) -> None:
    """Without the correction they all come at once."""
    with counting(delay_s=0.4) as server:
        scenario = tmp_path / "scenario.py"
        scenario.write_text(STOCK)
        locust((scenario,), server.url, tmp_path, "-u40", "-r40", "-t2s")
    assert in_step(sorted(server.arrivals)) > 0.5


def test_a_user_without_think_time_sends_again_before_others_that_are_ready(
    tmp_path: Path,
) -> None:
    """It yields only where it waits for an answer: 20 users on one thread of Python.

    A pause of 0 s would queue each user behind all others before it sends; then the gaps between
    an answer and the next request grow with the users. Here each is a small part of the cycle.
    """
    with counting() as server:
        flags = ("-u20", "--stairs=20", "--settle-s=0.3", "--measure-s=1", "--spawn-rate=100")
        requests, plateaus = climb(LOADTESTS / "plain.py", server.url, tmp_path, *flags)
    inside = [row for row in requests if row["plateau"]]
    asking_s = sum(float(row["latency_ms"]) for row in inside) / 1000
    open_s = float(str(plateaus[0]["closed"])) - float(str(plateaus[0]["opened"]))
    assert asking_s / (20 * open_s) > 0.9

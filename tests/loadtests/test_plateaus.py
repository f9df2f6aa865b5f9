"""The staircase opens plateaus when users are there; the recorder loses no request."""

import itertools
import time
from pathlib import Path

import pytest

from tests.loadtests.locusts import LOADTESTS, climb
from tests.support.counting import Counting, counting, workload

SHORT = ("-u1", "--settle-s=0.3", "--measure-s=0.6", "--tail-s=0.5", "--spawn-rate=100")


Climbed = tuple[Counting, list[dict[str, str]], list[dict[str, object]]]


@pytest.fixture(scope="module")
def climbed(tmp_path_factory: pytest.TempPathFactory) -> Climbed:
    """Climb to 1, 3 and 8 users: what the server saw, the requests and the plateaus on record."""
    with counting(delay_s=0.02) as server:
        flags = (*SHORT, "--stairs=1,3,8", "--wait-ms=20")
        folder = tmp_path_factory.mktemp("climbed")
        return server, *climb(LOADTESTS / "wait.py", server.url, folder, *flags)


def test_a_plateau_opens_when_all_users_run_and_have_settled(climbed: Climbed) -> None:
    """Three steps, three plateaus, each settled and open for its time."""
    _, _, plateaus = climbed
    assert [plateau["users"] for plateau in plateaus] == [1, 3, 8]
    for plateau in plateaus:
        ramped, opened, closed = (float(str(plateau[k])) for k in ("ramped", "opened", "closed"))
        assert 0.3 <= opened - ramped < 0.4
        assert 0.6 <= closed - opened < 0.7


def test_within_a_plateau_exactly_its_users_ask(climbed: Climbed) -> None:
    """Each user has one connection, so after the last step there are as many as users."""
    server, requests, plateaus = climbed
    assert len(server.connections) == 8
    for plateau in plateaus:
        inside = [row for row in requests if row["plateau"] == str(plateau["users"])]
        starts = [float(row["start_s"]) for row in inside]
        assert min(starts) >= float(str(plateau["opened"]))
        assert max(starts) < float(str(plateau["closed"]))


def test_every_request_that_the_server_saw_is_recorded_once(climbed: Climbed) -> None:
    """Those of ramps and settling too; only what was sent after the last plateau is cut off."""
    server, requests, plateaus = climbed
    ended = float(str(plateaus[-1]["ended"]))
    seen = [arrival for arrival in server.arrivals if arrival < ended - 0.1]
    recorded = [row for row in requests if float(row["start_s"]) < ended - 0.1]
    # A request may leave on one side of that instant and arrive on the other: one per user.
    assert abs(len(seen) - len(recorded)) <= 8
    assert len({(row["start_s"], row["latency_ms"]) for row in requests}) == len(requests)


def test_a_row_says_how_long_what_took(tmp_path: Path) -> None:
    """The latency holds the delay; view and wait are the server's word; connecting is once."""
    with counting(delay_s=0.05) as server:
        flags = (*SHORT, "--stairs=1", "--wait-ms=50", "--think-ms=10")
        requests, _ = climb(LOADTESTS / "wait.py", server.url, tmp_path, *flags)
    assert all(float(row["latency_ms"]) >= 50 for row in requests)
    assert {(row["view_ms"], row["wait_ms"]) for row in requests} == {("1.5", "1.0")}
    assert [bool(row["connect_ms"]) for row in requests] == [True] + [False] * (len(requests) - 1)
    assert all(float(row["think_ms"]) > 0 for row in requests[1:])


def test_requests_that_outlast_the_tail_are_named_with_their_start(tmp_path: Path) -> None:
    """Answers that take 5 s never come within a plateau of 0.6 s and a tail of 0.5 s."""
    with counting(delay_s=5) as server:
        flags = (*SHORT, "--stairs=4", "--wait-ms=0")
        requests, plateaus = climb(LOADTESTS / "wait.py", server.url, tmp_path, *flags)
    assert requests == []
    unanswered = plateaus[0]["unanswered"]
    assert isinstance(unanswered, list) and len(unanswered) == 4
    assert all(start < float(str(plateaus[0]["closed"])) for start in unanswered)


@pytest.mark.long
def test_a_server_that_cannot_answer_in_time_is_not_waited_for(tmp_path: Path) -> None:
    """Nothing was answered within the plateau, so the tail of 30 s is left out."""
    with counting(delay_s=5) as server:
        flags = ("-u1", "--settle-s=0", "--measure-s=0.5", "--tail-s=30", "--stairs=4")
        _, plateaus = climb(LOADTESTS / "wait.py", server.url, tmp_path, *flags)
    assert float(str(plateaus[0]["ended"])) - float(str(plateaus[0]["closed"])) < 1


def test_the_generator_tells_how_late_it_wakes_up(tmp_path: Path) -> None:
    """With nothing to do it is hardly ever 100 ms late."""
    with counting(delay_s=0.02) as server:
        _, plateaus = climb(LOADTESTS / "wait.py", server.url, tmp_path, *SHORT, "--stairs=1")
    assert 0 < float(str(plateaus[0]["lag_p99_ms"])) < 100


class Cold:
    """Answer as the application does; each of two workers takes 0.9 s for its first request."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)

    def __call__(self, path: str) -> bytes:
        """Wait where a worker is cold, then answer."""
        if next(self.numbers) <= 2:
            time.sleep(0.9)
        return workload(path)


@pytest.mark.long
@pytest.mark.parametrize(("tail_s", "unready"), [(2, 0), (0.1, 2)], ids=["waited for", "flagged"])
def test_a_plateau_waits_for_first_answers_also_of_users_that_pause_at_first(
    tmp_path: Path, tail_s: float, unready: int
) -> None:
    """Two users pause for some 20 ms, then meet cold workers for 0.9 s, and settle for 0.3 s (B18).

    As long as the last answers are given, 2 s, is enough for all; 0.1 s adds nothing to the 0.3 s.
    """
    flags = ("-u2", "--stairs=2", "--spawn-rate=100", "--settle-s=0.3", "--measure-s=1")
    with counting(respond=Cold()) as server:
        more = ("--wait-ms=0", "--think-ms=20", f"--tail-s={tail_s}")
        rows, (plateau,) = climb(LOADTESTS / "wait.py", server.url, tmp_path, *flags, *more)
    assert plateau["unready"] == unready
    cold = [row for row in rows if float(row["latency_ms"]) > 500]
    ends_s = [float(row["start_s"]) + float(row["latency_ms"]) / 1000 for row in cold]
    assert len(ends_s) == 2
    assert (max(ends_s) < plateau["opened"]) is (unready == 0)

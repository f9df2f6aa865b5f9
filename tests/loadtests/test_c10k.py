"""The scenarios of many clients, with tens of them: what they send, and when."""

import re
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.loadtests.locusts import LOADTESTS, Bare, bare, climb, locust
from tests.support.counting import Paths, counting, http, workload

pytestmark = pytest.mark.long

USERS = 30
RAMP = (f"-u{USERS}", f"--stairs={USERS}", "--spawn-rate=500", "--tail-s=3")


def after(rows: list[dict[str, str]], plateau: dict[str, object]) -> list[dict[str, str]]:
    """Keep the rows of requests sent once the plateau was open."""
    return [row for row in rows if float(row["start_s"]) >= float(str(plateau["opened"]))]


def test_a_long_poll_is_sent_on_connecting_and_ends_at_a_random_moment(tmp_path: Path) -> None:
    """Thirty first polls within the ramp; they last from 0 to 1,000 ms, 500 on average.

    The standard error of that mean is 289 / sqrt(30) = 53 ms.
    """
    paths = Paths()
    with counting(respond=paths) as server:
        flags = (*RAMP, "--wait-ms=1000", "--settle-s=0.5", "--measure-s=0.5")
        rows, (plateau,) = climb(LOADTESTS / "hold.py", server.url, tmp_path, *flags)
    opened = float(str(plateau["opened"]))
    assert sum(arrival < opened for arrival in server.arrivals) >= USERS
    first = [int(path.rpartition("=")[2]) for path in paths.seen[:USERS]]
    assert sum(first) / USERS == pytest.approx(500, abs=4 * 53)
    assert len(server.connections) == USERS
    assert {row["error"] for row in rows} == {""}


class Slots(Paths):
    """Answer so many requests at a time; the others queue."""

    def __init__(self, slots: int) -> None:
        super().__init__()
        self.free = threading.Semaphore(slots)

    def __call__(self, path: str) -> bytes:
        """Queue for a slot, then answer."""
        with self.free:
            return super().__call__(path)


def test_slots_answer_no_more_long_polls_than_they_can(tmp_path: Path) -> None:
    """Three slots of 1 s for thirty clients: over the wait of 1 s, each answers once.

    The first two polls surely find a slot, and are short.

    First polls of 0.5 s on average, queued like the others, would come to six.
    """
    paths = Slots(3)
    with counting(respond=paths) as server:
        # Within a second they come one after the other, in the order in which they were begun.
        slots = (*RAMP, "--spawn-rate=30", "--slots=3", "--wait-ms=1000")
        flags = (*slots, "--settle-s=1.5", "--measure-s=0.2")
        _, (plateau,) = climb(LOADTESTS / "hold.py", server.url, tmp_path, *flags)
    opened, closed = float(str(plateau["opened"])), float(str(plateau["closed"]))
    assert closed - opened == pytest.approx(1, abs=0.1)
    assert 2 <= int(str(plateau["answered"])) <= 3
    waits = [int(path.rpartition("=")[2]) for path in paths.seen]
    assert sum(ms != 1000 for ms in waits) == 2


def test_a_lone_client_is_watched_for_the_whole_of_one_poll(tmp_path: Path) -> None:
    """One answer ends within the plateau, one poll begins; its end is waited for."""
    with counting(respond=Paths()) as server:
        alone = ("-u1", "--stairs=1", "--spawn-rate=500", "--wait-ms=2500")
        flags = (*alone, "--settle-s=0.4", "--measure-s=0.3", "--tail-s=9")
        rows, (plateau,) = climb(LOADTESTS / "hold.py", server.url, tmp_path, *flags)
    opened, closed, ended = (float(str(plateau[name])) for name in ("opened", "closed", "ended"))
    assert closed - opened == pytest.approx(2.5, abs=0.1)
    (asked,) = after(rows, plateau)
    assert float(asked["start_s"]) < closed
    assert plateau["answered"] == 1
    assert ended - closed == pytest.approx(0.8, abs=0.5)


def test_a_client_that_holds_always_has_a_request_in_flight(tmp_path: Path) -> None:
    """Requests account for all thirty users at any time."""
    with counting(respond=Paths()) as server:
        flags = (*RAMP, "--wait-ms=500", "--settle-s=0.3", "--measure-s=1.5")
        rows, (plateau,) = climb(LOADTESTS / "hold.py", server.url, tmp_path, *flags)
    opened, closed = float(str(plateau["opened"])), float(str(plateau["closed"]))
    held_s = 0.0
    for row in rows:
        start = float(row["start_s"])
        end = start + float(row["latency_ms"]) / 1000
        held_s += max(0.0, min(end, closed) - max(start, opened))
    assert held_s / (closed - opened) == pytest.approx(USERS, rel=0.03)


def test_long_polls_of_any_length_have_one_name_in_locusts_statistics(tmp_path: Path) -> None:
    """Ten thousand names would be ten thousand statistics kept for ever."""
    with counting(respond=Paths()) as server:
        flags = ("-u10", "-r10", "-t2s", "--wait-ms=300")
        output = locust((LOADTESTS / "hold.py",), server.url, tmp_path, *flags)
    assert set(re.findall(r"GET\s+(\S+)", output)) == {"/async/wait/"}


def test_idle_clients_keep_their_connection_and_stay_silent(tmp_path: Path) -> None:
    """All thirty connect and ask once; in the plateau five ask, on the connections they have."""
    connected: list[tuple[float, int]] = []

    def respond(path: str) -> bytes:
        now = sum(each.fileno() >= 0 for each in server.connections)
        connected.append((time.time(), now))
        return workload(path)

    with counting(respond=respond) as server:
        flags = (*RAMP, "--active=5", "--think-ms=50", "--settle-s=0.3", "--measure-s=1")
        rows, (plateau,) = climb(LOADTESTS / "idle.py", server.url, tmp_path, *flags)
    assert len(server.connections) == USERS
    opened, closed = float(str(plateau["opened"])), float(str(plateau["closed"]))
    assert {number for moment, number in connected if opened <= moment < closed} == {USERS}
    assert plateau["silent"] == USERS - 5
    asked = after(rows, plateau)
    # 5 users / 50 ms = 100 a second, give or take four standard deviations.
    assert len(asked) == pytest.approx(100, abs=40)
    assert {row["connect_ms"] for row in asked} == {""}
    assert len(plateau["pausing"]) <= 5


def test_a_herd_asks_within_a_second_of_the_opening_and_not_before(tmp_path: Path) -> None:
    """Thirty connections of earlier; thirty requests, one on each, spread over the second."""
    paths = Paths()
    with counting(respond=paths) as server:
        flags = (*RAMP, "--wait-ms=20", "--settle-s=0.3", "--settle-most-s=2", "--measure-s=10")
        rows, (plateau,) = climb(LOADTESTS / "thundering.py", server.url, tmp_path, *flags)
    opened, closed = float(str(plateau["opened"])), float(str(plateau["closed"]))
    herd = [row for row in rows if row["due_s"]]
    dues = [float(row["due_s"]) - opened for row in herd]
    assert len(herd) == len(server.connections) == USERS
    assert min(dues) >= 0 and max(dues) <= 1.05
    # Thirty moments at random: with a chance of (2/3)^30 a third of the second has none.
    assert min(Counter(int(3 * due) for due in dues if due < 1)[third] for third in range(3)) > 0
    assert all(arrival >= opened for arrival in server.arrivals[USERS:])
    # It closes when all are served, not after the ten seconds it may take.
    assert closed - opened < 2
    assert Counter(path.split("/")[2] for path in paths.seen) == {"plain": USERS, "wait": USERS}
    assert plateau["drift"] is None


def test_a_herd_loses_nobody_whose_connection_was_closed_meanwhile(tmp_path: Path) -> None:
    """They are cut off while they stand by; each connects anew, and thirty are served."""
    paths = Paths()

    def respond(path: str) -> bytes:
        answer = paths(path)
        if len(paths.seen) == USERS:
            threading.Timer(0.2, server.hang_up).start()
        return answer

    with counting(respond=respond) as server:
        flags = (*RAMP, "--wait-ms=20", "--settle-s=1", "--measure-s=10", "--within-s=0.3")
        rows, (plateau,) = climb(LOADTESTS / "thundering.py", server.url, tmp_path, *flags)
    assert len(server.connections) == 2 * USERS
    herd = [row for row in rows if row["due_s"]]
    assert [row["error"] for row in herd] == [""] * USERS
    assert sum(row["error"] == "reset" for row in rows) == USERS
    assert float(str(plateau["closed"])) - float(str(plateau["opened"])) < 2


def test_a_herd_comes_again_at_each_plateau(tmp_path: Path) -> None:
    """Ten users, then thirty: forty requests in two seconds of their own."""
    with counting() as server:
        flags = ("-u10", "--stairs=10,30", "--spawn-rate=500", "--within-s=0.3", "--settle-s=0.3")
        rows, plateaus = climb(
            LOADTESTS / "thundering.py", server.url, tmp_path, *flags, "--wait-ms=0"
        )
    for users, plateau in zip((10, 30), plateaus, strict=True):
        herd = [row for row in rows if row["due_s"] and row["plateau"] == str(users)]
        assert len(herd) == users
        assert plateau["answered"] == users


def test_a_herd_that_is_not_served_closes_with_its_time(tmp_path: Path) -> None:
    """Answers take 5 s, the plateau 1 s: all thirty are unanswered."""

    def respond(path: str) -> bytes:
        time.sleep(5 if "wait" in path else 0)
        return workload(path)

    with counting(respond=respond) as server:
        flags = (*RAMP[:3], "--tail-s=0", "--wait-ms=0", "--within-s=0.5", "--settle-s=0.3")
        files = LOADTESTS / "thundering.py"
        _, (plateau,) = climb(files, server.url, tmp_path, *flags, "--measure-s=1")
    assert len(plateau["unanswered"]) == USERS


@pytest.mark.parametrize("connect_first", ["true", "false"])
def test_clients_connect_before_their_first_pause_where_that_is_wanted(
    tmp_path: Path, connect_first: str
) -> None:
    """Users who think for a minute have their connection when the plateau opens, or hardly any."""
    with counting() as server:
        flags = (*RAMP, "--think-ms=60000", f"--connect-first={connect_first}", "--settle-s=0.2")
        climb(LOADTESTS / "wait.py", server.url, tmp_path, *flags, "--measure-s=0.3")
    if connect_first == "true":
        assert len(server.connections) == USERS
    else:
        assert len(server.connections) < USERS / 2


@pytest.fixture(scope="module")
def bares(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bare]:
    """Run each scenario with bare Locust, all at once."""
    flags = ("-u4", "-r4", "--wait-ms=100", "--think-ms=20")
    runs = {name: (name, *flags) for name in ("hold", "idle", "thundering")}
    return bare(runs, tmp_path_factory.mktemp("bare"), connections=4)


@pytest.mark.parametrize("name", ["hold", "idle", "thundering"])
def test_each_of_them_also_runs_with_bare_locust(bares: dict[str, Bare], name: str) -> None:
    """No plug-in, no harness: the herd comes when all have started."""
    run = bares[name]
    assert run.connections == 4
    asked = "plain" if name == "idle" else "wait"
    assert sum(path.startswith(f"/async/{asked}/") for path in run.paths) >= 4
    assert "0(0.00%)" in run.output


def test_a_connection_that_could_not_be_had_is_not_hidden_by_silence(tmp_path: Path) -> None:
    """Idle clients whose first request fails are failed requests."""
    with counting(respond=lambda path: http(b"wrong")) as server:
        flags = (*RAMP, "--active=1", "--think-ms=50", "--settle-s=0", "--measure-s=0.3")
        rows, _ = climb(LOADTESTS / "idle.py", server.url, tmp_path, *flags)
    assert len(rows) >= USERS
    assert {row["error"] for row in rows} == {"body"}

"""Whatever user class Locust runs, its requests, pauses and own time are in the books."""

from collections import Counter
from itertools import cycle
from pathlib import Path

import pytest

from tests.loadtests.accounts import users_accounted_for
from tests.loadtests.locusts import Climb, whole_climb
from tests.support.counting import counting, http
from tests.support.shop import EVENT_S, EVENTS, Shop, shop

CLIENTS = ("FastHttpUser", pytest.param("HttpUser", marks=pytest.mark.long))
FLAGS = ("--settle-s=0.3", "--measure-s=1", "--tail-s=1", "--spawn-rate=1000", "--wait-ms=0")


def climb(text: str, server: Shop, folder: Path, *flags: str, users: int = 6) -> Climb:
    """Run a locustfile with so many users through one plateau."""
    path = folder / "locustfile.py"
    path.write_text("from locust import *\nimport gevent, time\n" + text)
    levels = (f"-u{users}", f"--stairs={users}")
    climbed = whole_climb(path, server.url, folder, *FLAGS, *levels, *flags)
    assert climbed.status == 0, climbed.output
    return climbed


def accounts(climbed: Climb) -> dict[str, float]:
    """Return the means of users that asked, paused and ran their own code."""
    return users_accounted_for(climbed.rows, climbed.plateau)


JOURNEY = """
class Buyer({client}):
    wait_time = between(0.05, 0.15)

    def on_start(self):
        form = self.client.get("/login/", name="form")
        fields = dict(username="ann", password="pw", csrfmiddlewaretoken="token-1")
        self.client.post("/login/", fields, name="login")

    @task(3)
    def account(self):
        self.client.get("/account/")

    @task
    class Buy(SequentialTaskSet):
        @task
        def look(self):
            with self.client.get("/gone/", catch_response=True, name="look") as answer:
                if answer.status_code == 404:
                    answer.success()

        @task
        def put(self):
            self.client.post("/items/", json=dict(name="chair"), name="put")

        @task
        def leave(self):
            self.interrupt()
"""


@pytest.mark.parametrize("client", CLIENTS)
def test_a_journey_with_login_sequence_weights_and_post_runs_as_it_is(
    tmp_path: Path, client: str
) -> None:
    """Sessions are kept, any 2xx is good, so is a 404 that the file calls a success."""
    with shop() as server:
        climbed = climb(JOURNEY.format(client=client), server, tmp_path)
    assert {row["error"] for row in climbed.rows} == {""}
    assert {row["status"] for row in climbed.named("put")} == {"201"}
    assert {row["status"] for row in climbed.named("look")} == {"404"}
    assert {row["redirects"] for row in climbed.named("login")} == {"1"}
    assert {row["method"] for row in climbed.named("put")} == {"POST"}
    assert sum(accounts(climbed).values()) == pytest.approx(6, rel=0.05)
    assert server.connections == 6


@pytest.mark.parametrize("client", CLIENTS)
def test_rows_by_name_are_what_the_server_counted(tmp_path: Path, client: str) -> None:
    """Up to the end of the plateau; then a request may be on its way, one for each user."""
    with shop() as server:
        climbed = climb(JOURNEY.format(client=client), server, tmp_path)
    ended = climbed.plateau["ended"]
    seen = Counter(path for moment, path in server.arrivals if moment < ended)
    paths = {"/account/": "/account/", "/items/": "put", "/gone/": "look"}
    for path, name in paths.items():
        recorded = len(climbed.named(name))
        recorded += len(climbed.named("login")) if path == "/account/" else 0  # its redirect
        assert recorded == pytest.approx(seen[path], abs=6), name


@pytest.mark.parametrize("client", CLIENTS)
def test_a_step_opens_when_every_on_start_has_ended(tmp_path: Path, client: str) -> None:
    """On_start takes 0.6 s for some users: its requests are set-up, and none is in the window."""
    text = f"""
class Slow({client}):
    wait_time = constant(0.05)

    def on_start(self):
        self.client.get("/fixed/?ms=600", name="slow")

    @task
    def look(self):
        self.client.get("/fixed/", name="look")
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path)
    slow = climbed.named("slow")
    assert len(slow) == 6
    assert {row["set_up"] for row in slow} == {"1"}
    assert {row["plateau"] for row in slow} == {""}
    ends = [float(row["start_s"]) + float(row["latency_ms"]) / 1000 for row in slow]
    assert max(ends) <= climbed.plateau["ramped"]
    assert {row["set_up"] for row in climbed.named("look")} == {"0"}
    assert climbed.plateau["unready"] == 0


ALL_KINDS = """
from _client import Client

class Lean(Client):
    @task
    def ask(self):
        self.fetch("/lean/", b"{}")
        gevent.sleep(0.05)

class Fast(FastHttpUser):
    @task
    def ask(self):
        self.client.get("/fast/")
        gevent.sleep(0.05)

class Plain(HttpUser):
    @task
    def ask(self):
        self.client.get("/plain/")
        gevent.sleep(0.05)
"""


@pytest.mark.long
def test_an_answer_that_ends_its_connection_says_so_in_its_row(tmp_path: Path) -> None:
    """Every fourth does, so that each of three clients has some; the others say that it is kept."""
    words = cycle(("keep-alive", "Keep-Alive", "keep-alive", "Close"))

    def respond(path: str) -> bytes:
        return http(b"{}").replace(b"\r\n", f"\r\nConnection: {next(words)}\r\n".encode(), 1)

    (tmp_path / "locustfile.py").write_text("from locust import *\nimport gevent\n" + ALL_KINDS)
    with counting(respond) as server:
        flags = (*FLAGS, "-u3", "--stairs=3")
        climbed = whole_climb(tmp_path / "locustfile.py", server.url, tmp_path, *flags)
    assert {row["name"] for row in climbed.rows} == {"/lean/", "/fast/", "/plain/"}
    for name in ("/lean/", "/fast/", "/plain/"):
        assert {row["closing"] for row in climbed.named(name)} == {"0", "1"}, name
    ending = sum(row["closing"] == "1" for row in climbed.rows)
    # Each user that was told to reconnects, but for a last time when all is over.
    assert ending <= len(server.connections) <= ending + 3
    assert ending == pytest.approx(len(server.arrivals) / 4, abs=2)


def test_the_on_start_of_a_task_set_is_set_up_as_well(tmp_path: Path) -> None:
    """That of those above a user's first task: it logs in there, and steps open after it."""
    text = """
class Behaviour(TaskSet):
    def on_start(self):
        self.client.get("/fixed/?ms=500", name="slow")

    @task
    def look(self):
        self.client.get("/fixed/", name="look")

class Visitor(HttpUser):
    wait_time = constant(0.05)
    tasks = [Behaviour]
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path)
    slow = climbed.named("slow")
    assert [row["set_up"] for row in slow] == ["1"] * 6
    ends = [float(row["start_s"]) + float(row["latency_ms"]) / 1000 for row in slow]
    assert max(ends) <= climbed.plateau["ramped"]
    assert {row["set_up"] for row in climbed.named("look")} == {"0"}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_slow_request_that_is_in_flight_at_the_close_is_waited_for(
    tmp_path: Path, client: str
) -> None:
    """One page takes 0.8 s, a window 1 s: those sent near its end are there with their latency."""
    text = f"""
class Visitor({client}):
    @task
    def report(self):
        self.client.get("/fixed/?ms=800", name="report")
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path)
    inside = [row for row in climbed.named("report") if row["plateau"]]
    ends = [float(row["start_s"]) + float(row["latency_ms"]) / 1000 for row in inside]
    assert max(ends) > climbed.plateau["closed"]
    assert climbed.plateau["unanswered"] == []
    assert accounts(climbed)["asking"] == pytest.approx(6, rel=0.05)


def test_what_stays_unanswered_is_listed_whoever_asked(tmp_path: Path) -> None:
    """A page takes 5 s, window and tail 2 s: six requests of six users, each accounts for one."""
    text = """
class Visitor(HttpUser):
    @task
    def report(self):
        self.client.get("/fixed/?ms=5000", name="report")
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path)
    assert len(climbed.plateau["unanswered"]) == 6
    assert climbed.plateau["unready"] == 6
    assert accounts(climbed)["asking"] == pytest.approx(6, rel=0.02)


def test_a_sleep_of_the_users_own_is_a_pause_and_waiting_otherwise_its_own_time(
    tmp_path: Path,
) -> None:
    """Each turn takes 20 ms of request, 60 ms of sleep, 20 ms of an event: shares of 1, 3 and 1."""
    text = """
from time import sleep
from gevent.event import Event

class Visitor(FastHttpUser):
    @task
    def look(self):
        self.client.get("/fixed/?ms=20")
        sleep(0.03)
        gevent.sleep(0.03)
        Event().wait(0.02)
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path)
    spent = accounts(climbed)
    assert sum(spent.values()) == pytest.approx(6, rel=0.05)
    assert spent["pausing"] / spent["asking"] == pytest.approx(3, rel=0.25)
    assert spent["own"] / spent["asking"] == pytest.approx(1, rel=0.25)


def test_several_requests_of_a_task_have_one_pause_between_them(tmp_path: Path) -> None:
    """Three of 20 ms, then 60 ms of think time: half of all users pause, as X (R + Z) wants it."""
    text = """
class Visitor(FastHttpUser):
    wait_time = constant(0.06)

    @task
    def visit(self):
        for _ in range(3):
            self.client.get("/fixed/?ms=20", name="page")
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path)
    spent = accounts(climbed)
    assert sum(spent.values()) == pytest.approx(6, rel=0.05)
    assert spent["pausing"] == pytest.approx(3, rel=0.15)
    paused = [row for row in climbed.named("page") if float(row["think_ms"]) > 1]
    assert len(paused) == pytest.approx(len(climbed.rows) / 3, abs=6)


def test_requests_in_parallel_account_for_their_user_once(tmp_path: Path) -> None:
    """A user asks for 40, 80 and 120 ms at once: it asks for 120 ms, not for 240."""
    text = """
from gevent.pool import Pool

class Browser(FastHttpUser):
    wait_time = constant(0.08)

    @task
    def page(self):
        def get(ms):
            self.client.get(f"/fixed/?ms={ms}", name=str(ms))
        Pool(3).map(get, (40, 80, 120))
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path)
    spent = accounts(climbed)
    assert sum(spent.values()) == pytest.approx(6, rel=0.05)
    assert spent["asking"] == pytest.approx(6 * 120 / 200, rel=0.15)
    assert server.connections == 3 * 6


@pytest.mark.parametrize("client", CLIENTS)
def test_a_session_of_the_users_own_is_in_the_books(tmp_path: Path, client: str) -> None:
    """It belongs to the user that made it, by the greenlet it works in."""
    make = {"FastHttpUser": "contrib.fasthttp.FastHttpSession", "HttpUser": "clients.HttpSession"}
    text = f"""
from locust import clients, contrib
import locust.contrib.fasthttp

class Visitor({client}):
    wait_time = constant(0.05)

    def on_start(self):
        self.mine = {make[client]}(self.host, self.environment.events.request, None)

    @task
    def look(self):
        self.mine.get("/fixed/?ms=20", name="mine")
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path)
    assert climbed.named("mine")
    assert sum(accounts(climbed).values()) == pytest.approx(6, rel=0.05)


STREAMS = {
    "FastHttpUser": 'list(self.client.iter_lines("/stream/", name="stream"))',
    "HttpUser": 'list(self.client.get("/stream/", stream=True, name="stream").iter_lines())',
}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_stream_lasts_to_the_end_of_its_body(tmp_path: Path, client: str) -> None:
    """Its events take 0.2 s, its headers come at once."""
    text = f"""
class Listener({client}):
    wait_time = constant(0.02)

    @task
    def listen(self):
        {STREAMS[client]}
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path)
    whole_ms = EVENTS * EVENT_S * 1000
    for row in climbed.named("stream"):
        assert whole_ms <= float(row["latency_ms"]) < whole_ms + 100
        assert float(row["first_byte_ms"]) < whole_ms / 2
    assert climbed.named("stream")
    assert sum(accounts(climbed).values()) == pytest.approx(6, rel=0.05)


def test_a_stream_that_nobody_reads_on_ends_when_it_is_dropped(tmp_path: Path) -> None:
    """After the first of its events, and its connection with it."""
    text = """
class Listener(FastHttpUser):
    wait_time = constant(0.02)

    @task
    def peep(self):
        self.client.get("/stream/", stream=True, name="stream").stream.read(4)
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path)
    inside = [float(row["latency_ms"]) for row in climbed.named("stream") if row["plateau"]]
    assert inside and max(inside) < EVENTS * EVENT_S * 1000
    assert climbed.plateau["unanswered"] == []


def test_an_event_that_the_file_fires_is_marked(tmp_path: Path) -> None:
    """One row for the request, one for the event; the count of answers has no part of it."""
    text = """
class Visitor(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def look(self):
        self.client.get("/fixed/", name="look")
        self.environment.events.request.fire(request_type="SQL", name="select", response_time=7,
            response_length=0, exception=None, context={}, response=None)
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path)
    assert {row["fired"] for row in climbed.named("look")} == {"0"}
    assert {row["fired"] for row in climbed.named("select")} == {"1"}
    assert {row["method"] for row in climbed.named("select")} == {"SQL"}
    assert {row["latency_ms"] for row in climbed.named("select")} == {"7"}
    ended = [
        row
        for row in climbed.named("look")
        if climbed.plateau["opened"]
        <= float(row["start_s"]) + float(row["latency_ms"]) / 1000
        < climbed.plateau["closed"]
    ]
    assert climbed.plateau["answered"] == pytest.approx(len(ended), abs=1)


@pytest.mark.parametrize("client", CLIENTS)
def test_what_goes_to_another_server_is_a_failure_that_names_it(
    tmp_path: Path, client: str
) -> None:
    """By an absolute address, as it was typed on another day."""
    with shop() as server, counting() as other:
        text = f"""
class Visitor({client}):
    wait_time = constant(0.05)

    @task
    def here(self):
        self.client.get("/fixed/", name="here")

    @task
    def there(self):
        self.client.get("{other.url}/async/plain/", name="there")

    @task
    def here_too(self):
        self.client.get("{server.url}/fixed/".replace("127.0.0.1", "localhost"), name="here")
"""
        climbed = climb(text, server, tmp_path)
    address = other.url.removeprefix("http://")
    assert {(row["error"], row["elsewhere"]) for row in climbed.named("there")} == {
        ("elsewhere", address)
    }
    assert {(row["error"], row["elsewhere"]) for row in climbed.named("here")} == {("", "")}


@pytest.mark.parametrize("client", CLIENTS)
def test_tasks_that_raise_are_counted_by_exception_and_task(tmp_path: Path, client: str) -> None:
    """Half of all tasks look for what is not there."""
    text = f"""
class Visitor({client}):
    wait_time = constant(0.03)

    @task
    def look(self):
        self.client.get("/items/").json()["nothing"]

    @task
    def judge(self):
        with self.client.get("/items/", catch_response=True, name="judged") as answer:
            answer.json()["nothing"]
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path)
    raised = {(why, task) for why, task, _ in climbed.plateau["raised"]}
    assert raised == {("KeyError", "look"), ("KeyError", "judge")}
    assert sum(count for _, _, count in climbed.plateau["raised"]) == pytest.approx(
        climbed.plateau["tasks"], abs=6
    )
    assert {row["error"] for row in climbed.named("/items/")} == {""}
    assert {row["error"] for row in climbed.named("judged")} == {"exception"}


@pytest.mark.parametrize(("path", "error"), [("/fixed/", ""), ("/broken/", "status")])
@pytest.mark.parametrize("client", CLIENTS)
def test_an_answer_that_nobody_judged_is_recorded_by_its_status(
    tmp_path: Path, client: str, path: str, error: str
) -> None:
    """With catch_response and no `with` Locust counts none of them."""
    text = f"""
class Visitor({client}):
    wait_time = constant(0.03)

    @task
    def look(self):
        self.client.get("{path}", catch_response=True, name="look")
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path)
    assert climbed.named("look")
    assert {row["error"] for row in climbed.named("look")} == {error}


def test_users_of_a_paced_class_do_not_march_in_step(tmp_path: Path) -> None:
    """Forty users in cycles of 0.4 s, started together: some are due in each tenth of a cycle."""
    text = """
class Paced(FastHttpUser):
    wait_time = constant_pacing(0.4)

    @task
    def look(self):
        self.client.get("/fixed/", name="look")
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path, users=40)
    opened = climbed.plateau["opened"]
    tenths = Counter(int((moment - opened) % 0.4 / 0.04) for moment, _ in server.arrivals)
    # All in one tenth where they march; at random none of ten is empty but once in 7 runs.
    assert len(tenths) >= 7
    assert [note["about"] for note in climbed.notes] == ["pacing"]


def test_a_class_without_a_pause_of_its_own_takes_the_plans(tmp_path: Path) -> None:
    """--think-ms holds for any user class: 6 users / 60 ms are 100 a second."""
    text = """
class Visitor(HttpUser):
    @task
    def look(self):
        self.client.get("/fixed/", name="look")
"""
    with shop() as server:
        climbed = climb(text, server, tmp_path, "--think-ms=60")
    inside = [row for row in climbed.rows if row["plateau"]]
    assert len(inside) == pytest.approx(100, abs=40)


@pytest.mark.long
def test_a_compressed_answer_is_judged_by_what_it_says(tmp_path: Path) -> None:
    """Either client asks for it by itself; one that is damaged is a failure of its body."""
    visitor = """
class {client}Visitor({client}):
    wait_time = constant(0.05)

    @task
    def look(self):
        with self.client.get("/packed/", name="{client} packed", catch_response=True) as answer:
            if answer.headers["content-encoding"] != "gzip" or "of the same" not in answer.text:
                answer.failure("not what it says")
        self.client.get("/torn/", name="{client} torn")
"""
    clients = ("FastHttpUser", "HttpUser")
    text = "".join(visitor.format(client=client) for client in clients)
    with shop() as server:
        climbed = climb(text, server, tmp_path)
    for client in clients:
        assert {row["error"] for row in climbed.named(f"{client} packed")} == {""}
        assert {row["error"] for row in climbed.named(f"{client} torn")} == {"body"}

"""The kinds of locustfile that people have: each is measured right, or refused in one line.

Real Locust and the harness behind it; the site is one of the test's own (tests/support/shop.py).
"""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import sqrt
from pathlib import Path

import pytest

from harness.measure.gates import LITTLE_FEW
from harness.rig.session import SessionFailed
from tests.support.bench import GUNICORN, Bench, plan
from tests.support.locustfiles import outcome, turns, whole_run
from tests.support.shop import EVENT_S, EVENTS, shop

CLIENTS = pytest.mark.parametrize("client", ["FastHttpUser", "HttpUser"])
THINK = {"think_ms": 60}
STREAM_MS = 1000 * EVENTS * EVENT_S


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Serve the shop for all tests here."""
    with shop() as server:
        yield server.url


def refusal(text: str, url: str, folder: Path, **scenario: object) -> str:
    """Return the line by which a locustfile is refused or fails, before its first load step."""
    with pytest.raises(SessionFailed) as failure:
        outcome(text, url, folder, **scenario)  # type: ignore[arg-type]
    assert failure.value.note is not None, failure.value.with_log
    (line,) = failure.value.with_log.splitlines()
    return line


@pytest.mark.long
@CLIENTS
def test_waits_and_weights_are_measured_as_they_stand(
    url: str, tmp_path: Path, client: str
) -> None:
    """A binomial share of 0.8, within four deviations; pauses of 50 to 100 ms are 75 ms."""
    text = f"""
from locust import {client}, between, task

class Visitor({client}):
    wait_time = between(0.05, 0.1)

    @task(4)
    def listing(self):
        self.client.get("/fixed/?ms=10", name="listing")

    @task
    def detail(self):
        self.client.get("/fixed/?ms=5", name="/products/[id]/")
"""
    it = outcome(text, url, tmp_path, clients=8)
    assert it.flags == {}
    requests = it.measurement.requests or 0
    assert it.names["listing"].asked_share == pytest.approx(0.8, abs=4 * sqrt(0.16 / requests))
    assert it.extra.think_ms == pytest.approx(75, abs=8)
    assert it.names["listing"].latency_p50_ms == pytest.approx(12, abs=6)


LOGIN = """
import re
from locust import FastHttpUser, HttpUser, between, task
{imports}
class Customer({client}):
    wait_time = between(0.05, 0.1)

    def on_start(self):
{log_in}

    @task
    def account(self):
        with self.client.get("/account/", catch_response=True) as answer:
            if answer.text != "account of ann":
                answer.failure("not logged in")
"""
BY_FORM = """
        form = self.client.get("/login/", name="form").text
        token = re.search('value="([^"]+)"', form)[1]
        fields = dict(username="ann", password="pw", csrfmiddlewaretoken=token)
        self.client.post("/login/", fields, name="login")
"""
BY_HELPER = """
        self.log_in("/login/", username="ann", password="pw")
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("client", "imports", "log_in"),
    [
        ("FastHttpUser", "", BY_FORM),
        ("HttpUser", "", BY_FORM),
        ("Client", "from _client import Client", BY_HELPER),
    ],
    ids=["FastHttpUser", "HttpUser", "helper"],
)
def test_a_login_in_on_start_lasts_and_has_no_part_in_figures(
    url: str, tmp_path: Path, client: str, imports: str, log_in: str
) -> None:
    """Every page behind it answers as the user's own; form and login are set-up."""
    text = LOGIN.format(client=client, imports=imports, log_in=log_in)
    it = outcome(text, url, tmp_path)
    assert it.flags == {}
    assert it.names.keys() == {"/account/"}
    assert it.names["/account/"].errors == 0


@pytest.mark.long
@CLIENTS
def test_any_2xx_is_good_and_so_is_what_the_file_calls_a_success(
    url: str, tmp_path: Path, client: str
) -> None:
    """201 and 204, a 404 that is expected; each user opens one connection at most."""
    text = f"""
from locust import {client}, constant, task

class Api({client}):
    wait_time = constant(0.05)

    @task
    def make(self):
        self.client.post("/items/", json=dict(name="table"), name="make")

    @task
    def gone(self):
        with self.client.get("/gone/", catch_response=True, name="gone") as answer:
            if answer.status_code == 404:
                answer.success()

    @task
    def nothing(self):
        self.client.get("/nothing/", name="nothing")
"""
    it = outcome(text, url, tmp_path)
    assert it.flags == {}
    assert it.measurement.errors == 0
    assert it.names.keys() == {"make", "gone", "nothing"}
    assert (it.measurement.connections_opened or 0) <= 4


NESTED = """
from locust import SequentialTaskSet, TaskSet, FastHttpUser, between, task

class Buy(SequentialTaskSet):
    @task
    def look(self):
        self.client.get("/fixed/?ms=10", name="look")

    @task
    def leave(self):
        self.client.get("/fixed/?ms=20", name="leave")
        self.interrupt()

class Browse(TaskSet):
    tasks = [Buy]

    @task
    def start(self):
        self.client.get("/fixed/?ms=5", name="start")

class Visitor(FastHttpUser):
    tasks = [Browse]
    {wait}
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("wait", "settings"),
    [("", THINK), ("wait_time = between(0.04, 0.08)", {})],
    ids=["plan", "own"],
)
def test_pauses_of_nested_task_sets_are_pauses(
    url: str, tmp_path: Path, wait: str, settings: dict[str, int]
) -> None:
    """Nothing is lost, and no bound is exceeded."""
    it = outcome(NESTED.format(wait=wait), url, tmp_path, clients=8, settings=settings)
    assert it.flags == {}
    assert it.names.keys() == {"look", "leave", "start"}
    look, leave = (it.names[name].requests for name in ("look", "leave"))
    assert look == pytest.approx(leave, abs=8)  # each user may be between the two


def test_a_load_test_shape_is_refused_by_its_name(url: str, tmp_path: Path) -> None:
    """Two of them would start users."""
    text = """
from locust import FastHttpUser, LoadTestShape, task

class Visitor(FastHttpUser):
    @task
    def look(self):
        self.client.get("/")

class Steps(LoadTestShape):
    def tick(self):
        return 4, 4
"""
    line = refusal(text, url, tmp_path)
    assert line == "Steps is a LoadTestShape; the plan's [load] has the users: remove it"


THREE = """
from locust import task
from _client import Client

class Visitor(Client):
    @task
    def visit(self):
        for _ in range(3):
            self.fetch("/fixed/?ms=20", b"fixed")
"""


@pytest.mark.long
def test_a_task_of_several_requests_pauses_once(url: str, tmp_path: Path) -> None:
    """Three of 20 ms each, and a pause of 150 ms: 50 ms before a request on average."""
    it = outcome(THREE, url, tmp_path, clients=8, measure_s=2, settings={"think_ms": 150})
    assert it.flags == {}
    assert (it.measurement.requests or 0) / (it.extra.tasks or 1) == pytest.approx(3, rel=0.15)
    assert it.extra.think_ms == pytest.approx(50, rel=0.35)


@pytest.mark.long
def test_in_an_open_loop_what_follows_within_a_task_counts_from_its_own_sending(
    url: str, tmp_path: Path
) -> None:
    """20 tasks a second are 60 requests, none of which takes the 60 ms of all three."""
    it = outcome(THREE, url, tmp_path, clients=16, rates_rps=(20,), measure_s=2)
    assert it.flags == {}
    assert (it.extra.tasks or 0) / 2 == pytest.approx(20, abs=4 * sqrt(20 / 2))
    assert (it.measurement.latency_p95_ms or 0) < 40


@pytest.mark.long
def test_tasks_that_raise_in_the_middle_of_an_answer_are_counted_by_exception(
    url: str, tmp_path: Path
) -> None:
    """FastHttpUser's answer has no such method; what was never read is not served."""
    text = """
from locust import FastHttpUser, task

class Listener(FastHttpUser):
    @task
    def listen(self):
        with self.client.get("/stream/", stream=True, catch_response=True, name="s") as answer:
            answer.iter_pages()
"""
    it = outcome(text, url, tmp_path, settings=THINK)
    assert "AttributeError in listen" in it.flags["tasks"]  # type: ignore[index]
    assert it.names["s"].error_share == 1
    assert it.measurement.throughput_rps == 0


@pytest.mark.long
@pytest.mark.parametrize("asking", ['self.client.get("/fixed/?ms=800")', "self.slowly()"])
def test_slow_requests_in_flight_at_the_close_are_waited_for(
    url: str, tmp_path: Path, asking: str
) -> None:
    """Half of all pages take 800 ms, in a window of 1.2 s: that is the p95, however they ask."""
    text = f"""
from locust import task
from _client import Client

class Visitor(Client):
    @task
    def fast(self):
        self.client.get("/fixed/?ms=10", name="fast")

    @task
    def slow(self):
        {asking}

    def slowly(self):
        self.fetch("/fixed/?ms=800", b"fixed")
"""
    it = outcome(text, url, tmp_path, clients=32, settings=THINK)
    assert it.flags == {}
    assert it.measurement.latency_p95_ms == pytest.approx(800, abs=40)
    assert it.names["fast"].latency_p50_ms == pytest.approx(12, abs=8)


@pytest.mark.long
def test_rest_is_measured(url: str, tmp_path: Path) -> None:
    """Its check of the answer is a failure like any other; none fails here."""
    text = """
from locust import FastHttpUser, task

class Api(FastHttpUser):
    @task
    def listing(self):
        with self.rest("GET", "/items/") as answer:
            if answer.js["items"] != [1]:
                answer.failure("other items")
"""
    it = outcome(text, url, tmp_path, settings=THINK)
    assert it.flags == {}
    assert it.measurement.errors == 0


@pytest.mark.long
def test_a_nested_task_set_obeys_the_schedule_of_an_open_loop(url: str, tmp_path: Path) -> None:
    """20 arrivals a second are 40 in 2 s, give or take four deviations; each takes 20 ms."""
    text = """
from locust import FastHttpUser, TaskSet, task

class Pages(TaskSet):
    @task
    def look(self):
        self.client.get("/fixed/?ms=20", name="look")

class Visitor(FastHttpUser):
    tasks = [Pages]
"""
    it = outcome(text, url, tmp_path, clients=8, rates_rps=(20,), measure_s=2)
    assert it.flags == {}
    assert it.measurement.requests == pytest.approx(40, abs=4 * sqrt(40))
    assert (it.measurement.latency_p95_ms or 0) < 60


class Elsewhere(BaseHTTPRequestHandler):
    """Another server, which happens to answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer anything."""
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"other")

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.mark.long
@CLIENTS
@pytest.mark.parametrize("path", ["{there}", "/to/?url={there}"], ids=["absolute", "redirected"])
def test_another_server_is_flagged_with_its_address(
    url: str, tmp_path: Path, client: str, path: str
) -> None:
    """Its answers are no answers of the server under test."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as other:
        threading.Thread(target=other.serve_forever, args=(0.05,)).start()
        address = f"127.0.0.1:{other.server_port}"
        text = f"""
from locust import {client}, task

class Visitor({client}):
    @task
    def look(self):
        self.client.get("{path.format(there=f"http://{address}/plain/")}", name="look")
"""
        it = outcome(text, url, tmp_path, settings=THINK)
        other.shutdown()
    assert f"went to {address}, which is not under test" in it.flags["errors"]  # type: ignore[index]
    assert it.measurement.throughput_rps == 0


def test_tasks_that_raise_after_their_request_are_a_flag(url: str, tmp_path: Path) -> None:
    """The answer lacks a field; half of the tasks ask for it."""
    text = """
from locust import FastHttpUser, task

class Visitor(FastHttpUser):
    @task
    def look(self):
        self.client.get("/items/", name="items").json()["nothing"]

    @task
    def other(self):
        self.client.get("/fixed/", name="other")
"""
    it = outcome(text, url, tmp_path, clients=8, settings=THINK)
    assert "most often KeyError in look" in it.flags["tasks"]  # type: ignore[index]
    assert it.extra.tasks_raised == pytest.approx(it.names["items"].requests, abs=8)


STREAM = """
import time
from locust import FastHttpUser, task

class Listener(FastHttpUser):
    @task
    def listen(self):
        began, at = time.perf_counter(), time.time()
{read}
"""
LINES = """
        for _ in self.client.iter_lines("/stream/", method="GET", name="stream"):
            pass
"""
FIRED = """
        answer = self.client.get("/stream/", stream=True, name="headers")
        while answer.stream.read(4096):
            pass
        self.environment.events.request.fire(
            request_type="SSE", name="whole", response_time=(time.perf_counter() - began) * 1000,
            response_length=0, exception=None, context={}, response=None, start_time=at)
"""


@pytest.mark.long
def test_a_stream_lasts_until_its_last_byte(url: str, tmp_path: Path) -> None:
    """Four events, each after 50 ms: not the time to the headers."""
    it = outcome(STREAM.format(read=LINES), url, tmp_path, settings=THINK)
    assert it.flags == {}
    assert it.names["stream"].latency_p50_ms == pytest.approx(STREAM_MS, abs=30)


@pytest.mark.long
def test_an_event_that_the_file_fires_stands_by_its_name_alone(url: str, tmp_path: Path) -> None:
    """Beside the request that it is about, which is measured as any other."""
    it = outcome(STREAM.format(read=FIRED), url, tmp_path, settings=THINK)
    assert it.flags == {}
    whole, headers = it.names["whole"], it.names["headers"]
    assert (whole.fired, headers.fired) == (True, False)
    assert whole.latency_p50_ms == pytest.approx(STREAM_MS, abs=30)
    assert headers.latency_p50_ms == pytest.approx(STREAM_MS, abs=30)
    assert it.measurement.requests == headers.requests
    assert it.extra.fired_events == whole.requests


@pytest.mark.long
@CLIENTS
@pytest.mark.parametrize("asking", ["self.last =", "return"], ids=["held", "dropped"])
def test_a_stream_that_a_task_leaves_unread_counts_up_to_there(
    url: str, tmp_path: Path, client: str, asking: str
) -> None:
    """Not the pause that follows; the connections that it costs are no fault of the server."""
    text = f"""
from locust import {client}, task

class Listener({client}):
    @task
    def listen(self):
        {asking} self.client.get("/stream/", stream=True, name="stream")
"""
    it = outcome(text, url, tmp_path, settings={"think_ms": 100})
    assert it.flags == {}
    assert "streams that a task did not read to their end" in it.notes[-1]
    assert (it.names["stream"].latency_p95_ms or 0) < 30
    assert it.extra.think_ms == pytest.approx(100, rel=0.5)


@pytest.mark.long
@CLIENTS
def test_a_request_that_the_file_gives_up_is_a_time_out(
    url: str, tmp_path: Path, client: str
) -> None:
    """Locust counts none of an HttpUser's; its time and its connection are the user's."""
    text = f"""
import gevent
from locust import {client}, task

class Visitor({client}):
    @task
    def look(self):
        with gevent.Timeout(0.05, False):
            self.client.get("/fixed/?ms=200", name="look")
"""
    it = outcome(text, url, tmp_path, settings=THINK)
    assert it.flags.keys() == {"errors"}
    assert it.extra.error_kinds.startswith("timeout=")
    assert it.names["look"].error_share == 1


BESIDES = """
import requests
import time
from requests.adapters import HTTPAdapter
from locust import HttpUser, task

class Visitor(HttpUser):
    def on_start(self):
        requests.get(self.host)
        {set_up}

    @task
    def look(self):
        self.client.get("/fixed/", name="look")
        {then}
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("set_up", "then", "note"),
    [
        ("self.client.mount('http://', HTTPAdapter(max_retries=2))", "pass", "up to 3 times for"),
        (
            "self.client.hooks['response'].append(lambda answer, **_: None)",
            "pass",
            "a response hook of a session",
        ),
        ("pass", "requests.get(self.host)", "look asks past Locust's sessions"),
    ],
    ids=["retries", "hook", "bypass"],
)
def test_what_a_figure_does_not_show_is_noted(
    url: str, tmp_path: Path, set_up: str, then: str, note: str
) -> None:
    """Once for all users; what on_start asks past the sessions is set-up all the same."""
    it = outcome(BESIDES.format(set_up=set_up, then=then), url, tmp_path, settings=THINK)
    assert it.flags == {}
    assert [note in each for each in it.notes] == [False, True]


OWN_WAIT = """
from locust import FastHttpUser, {pause}, task

class Visitor(FastHttpUser):
    wait_time = {pause}({seconds})

    @task
    def look(self):
        self.client.get("/fixed/?ms=5", name="look")
"""


def test_a_wait_of_the_file_beside_one_of_the_plan_is_refused(url: str, tmp_path: Path) -> None:
    """One of them would be told and the other measured."""
    text = OWN_WAIT.format(pause="constant", seconds=0.5)
    line = refusal(text, url, tmp_path, settings=THINK)
    assert line == "Visitor has a wait_time of its own, and the plan think_ms: remove one of them"


@pytest.mark.long
def test_paced_users_are_noted(url: str, tmp_path: Path) -> None:
    """Ten requests a second of each of four users, whatever the pauses between."""
    it = outcome(OWN_WAIT.format(pause="constant_pacing", seconds=0.1), url, tmp_path)
    assert it.notes[0].startswith("Visitor is paced (constant_pacing or constant_throughput)")
    assert it.measurement.throughput_rps == pytest.approx(40, rel=0.1)


PAGE = """
from locust import task
from _client import Client

class Visitor(Client):
    @task
    def look(self):
        {asking}
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("asking", "share"),
    [
        ("self.fetch('/login/', b'as it was yesterday')", 1),
        ("self.ask('GET', '/login/', contains='csrfmiddlewaretoken')", 0),
        ("self.ask('GET', '/login/', check=lambda answer: 'form' in answer.text)", 0),
    ],
    ids=["exact", "part", "callable"],
)
def test_a_page_with_a_token_is_held_against_a_part_of_it(
    url: str, tmp_path: Path, asking: str, share: float
) -> None:
    """An exact body fails each time; the pause after a failure is a pause, so no time is lost."""
    it = outcome(PAGE.format(asking=asking), url, tmp_path, settings=THINK)
    assert it.measurement.error_share == share
    assert it.flags.keys() <= ({"errors"} if share else set())
    if share:
        assert it.extra.error_kinds.startswith("body=")


TWO_CLASSES = """
from locust import FastHttpUser, task

class Buyer(FastHttpUser):
    @task
    def buy(self):
        self.client.post("/items/", json=dict(a=1), name="buy")

class Reader(FastHttpUser):
    @task
    def read(self):
        self.client.get("/items/", name="read")
"""


@pytest.mark.long
def test_the_plan_chooses_user_classes(url: str, tmp_path: Path) -> None:
    """Both run, or the one that it names."""
    both = outcome(TWO_CLASSES, url, tmp_path, settings=THINK)
    assert both.names.keys() == {"buy", "read"}
    buyers = outcome(TWO_CLASSES, url, tmp_path, settings=THINK, users=("Buyer",))
    assert buyers.names.keys() == {"buy"}


def test_a_user_class_that_is_not_there_is_refused_with_those_that_are(
    url: str, tmp_path: Path
) -> None:
    """Before a user starts."""
    line = refusal(TWO_CLASSES, url, tmp_path, users=("Byer",))
    assert line == "the locustfile has no user class Byer; it has Buyer, Reader"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def on_start(self): raise KeyError('token')", "users ended by KeyError in on_start"),
        ("def on_start(self): self.environment.runner.quit()", "ended Locust before its last load"),
    ],
    ids=["raises", "quits"],
)
@pytest.mark.long
def test_what_ends_a_locustfile_before_its_first_step_is_named(
    url: str, tmp_path: Path, body: str, words: str
) -> None:
    """In one line, by what it did."""
    text = f"""
from locust import FastHttpUser, task

class Visitor(FastHttpUser):
    {body}

    @task
    def look(self):
        self.client.get("/")
"""
    assert words in refusal(text, url, tmp_path)


@pytest.mark.long
@CLIENTS
def test_any_user_class_takes_turns_as_a_check_wants_it(tmp_path: Path, client: str) -> None:
    """Nested task sets too: each turn is a plateau of its own, and no user's time is lost in it."""
    text = NESTED.replace("FastHttpUser", client).format(wait="wait_time = between(0.04, 0.08)")
    with shop() as server:
        for measured in turns(text, server.url, tmp_path, number=2):
            assert measured.errors == 0
            assert (measured.requests or 0) > 20
            assert measured.little_residual == pytest.approx(0, abs=LITTLE_FEW)


BUYERS = """
import re
from locust import HttpUser, SequentialTaskSet, between, task

class Buyer(HttpUser):
    wait_time = between(0.06, 0.12)
    left = {left}

    def on_start(self):
        form = self.client.get("/login/", name="form").text
        token = re.search('value="([^"]+)"', form)[1]
        fields = dict(username="ann", password="pw", csrfmiddlewaretoken=token)
        self.client.post("/login/", fields, name="login")

    def ask(self, method, path, name, **body):
        if self.left:
            self.left -= 1
            self.client.request(method, path, name=name, **body)

    @task(3)
    def account(self):
        self.ask("GET", "/account/", "account")

    @task
    def gone(self):
        self.ask("GET", "/gone/", "gone")

    @task
    class Buy(SequentialTaskSet):
        @task
        def look(self):
            self.user.ask("GET", "/fixed/?ms=10", "look")

        @task
        def order(self):
            self.user.ask("POST", "/items/", "order", json=dict(item=7))

        @task
        def leave(self):
            self.interrupt()
"""
PATHS = {"look": "/fixed/", "order": "/items/", "account": "/account/", "gone": "/gone/"}
EACH, BUYERS_HERE = 30, 4


def locusts_own(log: str) -> dict[str, tuple[int, int, int]]:
    """Return what Locust printed at its end: requests, failures and median in ms by name."""
    row = r"^(?:GET|POST) +(\S+) +(\d+) +(\d+)\([\d.]+%\) \| +\d+ +\d+ +\d+ +(\d+) \|"
    rows = re.findall(row, log, re.MULTILINE)
    return {name: (int(asked), int(failed), int(p50)) for name, asked, failed, p50 in rows}


@pytest.mark.long
@pytest.mark.parametrize("rates_rps", [(), (100,)], ids=["closed", "open"])
def test_figures_by_name_are_locusts_own_and_the_servers(
    tmp_path: Path, rates_rps: tuple[float, ...]
) -> None:
    """Each of four users asks 30 times and falls silent: all 120 are in the log at its end.

    Locust rounds a median to a millisecond, and its clock runs while the three others have their
    turns, up to a millisecond each. An open loop counts from when a request was due.
    """
    with shop() as server:
        run = whole_run(BUYERS.format(left=EACH), server.url, tmp_path, rates_rps)
    locusts = locusts_own(run.log)
    assert run.set_up == {"form": BUYERS_HERE, "login": BUYERS_HERE}
    assert locusts.keys() == run.names.keys() | run.set_up.keys()
    assert sum(figures.requests for figures in run.names.values()) == EACH * BUYERS_HERE
    server.asked["GET /account/"] -= BUYERS_HERE  # where logins are sent
    for name, figures in run.names.items():
        requests, failures, p50_ms = locusts[name]
        assert (figures.requests, figures.errors) == (requests, failures)
        assert figures.requests == server.asked[f"{figures.method} {PATHS[name]}"]
        if figures.latency_p50_ms is not None:
            assert -3.5 <= figures.latency_p50_ms - p50_ms <= (3 if rates_rps else 0.5)
    assert run.names["gone"].error_share == 1
    assert run.names["order"].errors == 0


@pytest.mark.long
def test_the_same_locustfile_takes_turns_as_a_check_wants_it(tmp_path: Path) -> None:
    """Unchanged: only its 404 fails in each turn, and no user's time is lost."""
    with shop() as server:
        for measured in turns(BUYERS.format(left=10**6), server.url, tmp_path, number=2):
            assert (measured.requests or 0) > 20
            assert 0 < (measured.error_share or 0) < 0.5
            assert measured.little_residual == pytest.approx(0, abs=LITTLE_FEW)


SHOPPERS = """
from locust import HttpUser, between, task

class Shopper(HttpUser):
    wait_time = between(0.02, 0.06)

    def on_start(self):
        self.client.get("/ready/", name="first")

    @task
    def plain(self):
        self.client.get("/sync/plain/", name="plain")

    @task
    def slow(self):
        self.client.get("/sync/wait/?ms=120", name="slow")
"""
SHAPE = """
from locust import LoadTestShape

class Steps(LoadTestShape):
    def tick(self):
        return 1, 1
"""


def shoppers(bench: Bench, text: str) -> str:
    """Write a locustfile; return a plan that runs it against one server."""
    locustfile = bench.folder / "scenario.py"
    locustfile.write_text(text)
    load = "load = { users = [8], settle_s = 0.5, measure_s = 2 }"  # enough for a p50 by name
    return plan(GUNICORN, f'[[scenarios]]\nname = "visit"\nlocustfile = "{locustfile}"\n{load}\n')


@pytest.mark.long
def test_a_refused_locustfile_ends_a_bench_with_its_line_and_status_2(bench: Bench) -> None:
    """Nothing is measured."""
    status, _, errors = bench.run(shoppers(bench, SHOPPERS + SHAPE))
    assert status == 2
    assert errors.strip() == (
        "error: scenario visit: Steps is a LoadTestShape; the plan's [load] has the users: "
        "remove it"
    )
    assert bench.trials() == []


@pytest.mark.long
def test_a_bench_of_an_httpuser_reports_by_name(bench: Bench) -> None:
    """Its slowest page is named in the answer; table and chart have each; its pauses are told."""
    status, output, errors = bench.run(shoppers(bench, SHOPPERS))
    assert status == 0, errors
    report = (bench.results / "it" / "report.md").read_text()
    assert "GET slow` with gunicorn" in report
    assert "by the locustfile's own wait_time or sleeps" in output
    assert "| GET plain |" in report and "| GET slow |" in report
    assert "GET first" not in report
    assert (bench.results / "it" / "charts" / "visit.names.png").exists()

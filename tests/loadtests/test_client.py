"""The lean base user: what it asks, what it expects, and how it fails."""

from collections import Counter
from pathlib import Path

import pytest

from tests.loadtests.locusts import LOADTESTS, Bare, bare, climb, whole_climb
from tests.support.counting import counting, http
from tests.support.shop import shop

UNAVAILABLE = "503 Service Unavailable"


@pytest.mark.parametrize(
    ("answer", "kind", "failure"),
    [
        (
            http(b'{"workload": "other"}'),
            "body",
            """at byte 14: expected b'plain"}', got b'other"}'""",
        ),
        (http(b"gone", UNAVAILABLE), "status", "status 503"),
        (
            http(b"gone", UNAVAILABLE, "bench-error;desc=database"),
            "database",
            "database: status 503",
        ),
        (http(b"full", UNAVAILABLE, "a;dur=1, bench-error;desc=pool"), "pool", "pool: status 503"),
        (http(b"gone", UNAVAILABLE, "error;desc=database"), "status", "status 503"),
        (http(b'{"workload": "plain"}', status="302 Found"), "status", "status 302"),
        (http(b'{"workload": "plain"}', status="201 Created"), "status", "status 201"),
        (None, "reset", "ConnectionLost: the server closed the connection before its answer"),
    ],
)
def test_an_answer_that_is_not_the_expected_one_is_an_error_of_its_kind(
    tmp_path: Path, answer: bytes | None, kind: str, failure: str
) -> None:
    """Nothing but status 200 with the right body counts as served; the row says what came."""
    with counting(respond=lambda path: answer) as server:
        flags = ("-u1", "--stairs=1", "--settle-s=0", "--measure-s=1", "--think-ms=20")
        requests, _ = climb(LOADTESTS / "plain.py", server.url, tmp_path, *flags)
    assert requests
    assert {row["error"] for row in requests} == {kind}
    assert all(row["failure"].startswith(failure) for row in requests)


def test_a_server_that_is_not_there_is_an_error_of_connecting(tmp_path: Path) -> None:
    """Nobody listens on port 9 of loopback."""
    flags = ("-u1", "--stairs=1", "--settle-s=0", "--measure-s=1", "--think-ms=20")
    requests, _ = climb(LOADTESTS / "plain.py", "http://127.0.0.1:9", tmp_path, *flags)
    assert {row["error"] for row in requests} == {"connect"}
    refused = "ConnectionRefusedError: [Errno 111] Connection refused"
    assert {row["failure"] for row in requests} == {refused}


SCENARIOS = ("plain", "wait", "call", "compute", "blend", "fanout", "poll")
VIEWS = ("sync", "async")
Bares = dict[tuple[str, str], Bare]


@pytest.fixture(scope="module")
def bares(tmp_path_factory: pytest.TempPathFactory) -> Bares:
    """Run each scenario against either kind of views with bare Locust, all at once."""
    flags = ("-u2", "-r2", "--wait-ms=20", "--think-ms=20")
    runs = {
        (name, views): (name, *flags, f"--views={views}") for name in SCENARIOS for views in VIEWS
    }
    return bare(runs, tmp_path_factory.mktemp("bare"))


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("views", VIEWS)
def test_every_scenario_also_runs_with_bare_locust(bares: Bares, name: str, views: str) -> None:
    """No plug-in, no harness: a locustfile like any other."""
    run = bares[name, views]
    assert run.paths and all(path.startswith(f"/{views}/{name}/") for path in run.paths)
    assert "0(0.00%)" in run.output


def test_a_mix_asks_for_each_kind_by_its_weight_under_a_name_of_its_own(tmp_path: Path) -> None:
    """Six reads, three calls and two writes to one computation, in random order."""
    flags = ("-u4", "--stairs=4", "--settle-s=0.1", "--measure-s=2", "--think-ms=20")
    mix = (*flags, "--call-ms=2", "--compute-ms=1.5", "--views=sync")
    with counting() as server:
        rows = whole_climb(LOADTESTS / "mixed.py", server.url, tmp_path, *mix).rows
    counts = Counter(row["name"] for row in rows)
    assert {row["error"] for row in rows} == {""}
    assert counts.total() > 100
    # A share of n requests has a standard error of sqrt(p (1 - p) / n): one draw in 16,000 is
    # further than four of them from the weight.
    for name, weight in {"row": 6, "call": 3, "write": 2, "compute": 1}.items():
        share = weight / 12
        error = 4 * (share * (1 - share) / counts.total()) ** 0.5
        assert counts[name] / counts.total() == pytest.approx(share, abs=error)


@pytest.mark.parametrize(("way", "ms"), [("sequence", "25"), ("threads", "100"), ("tasks", "100")])
def test_a_fanouts_calls_share_the_wait_in_sequence_and_take_it_each_at_once(
    fanouts: dict[str, Bare], way: str, ms: str
) -> None:
    """Four calls in 100 ms: what a request waits is what the plan says, whatever the way."""
    assert set(fanouts[way].paths) == {f"/async/fanout/?n=4&ms={ms}&way={way}"}
    assert "0(0.00%)" in fanouts[way].output


@pytest.fixture(scope="module")
def fanouts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bare]:
    """Run a fan-out in each way with bare Locust, all at once."""
    flags = ("-u1", "-r1", "--wait-ms=100", "--calls=4")
    runs = {way: ("fanout", *flags, f"--way={way}") for way in ("sequence", "threads", "tasks")}
    return bare(runs, tmp_path_factory.mktemp("fanouts"))


FLAGS = ("--settle-s=0.1", "--measure-s=0.5", "--think-ms=20")


def rows_of(task: str, folder: Path, on_start: str = "", users: int = 2) -> list[dict[str, str]]:
    """Return what lean users record whose only task is this line."""
    path = folder / "scenario.py"
    path.write_text(f"""
from locust import task
from _client import Client

class Visitor(Client):
    {on_start}

    @task
    def visit(self):
        {task}
""")
    with shop() as server:
        levels = (f"-u{users}", f"--stairs={users}")
        climbed = whole_climb(path, server.url, folder, *levels, *FLAGS)
        assert server.connections == users  # one for each, whichever way it asks
    assert climbed.status == 0 and climbed.plateau["raised"] == [], climbed.output
    assert climbed.rows
    return climbed.rows


ANSWERS = (
    ('self.ask("GET", "/fixed/")', ""),
    ('self.ask("POST", "/items/", json={"name": "chair"})', ""),
    ('self.ask("POST", "/items/", data={"a": "1 2"}, contains="a=1+2")', ""),
    ('self.ask("PUT", "/items/", data=b"raw")', ""),
    ('self.ask("DELETE", "/nothing/")', ""),
    ('self.ask("GET", "/gone/", status=404)', ""),
    ('self.ask("GET", "/gone/", status=(200, 404), contains=b"gone")', ""),
    ('self.ask("GET", "/gone/")', "status"),
    ('self.ask("GET", "/account/")', "status"),
    ('self.ask("GET", "/fixed/", contains="other")', "body"),
    ('self.ask("GET", "/items/", check=lambda answer: answer.json()["items"] == [1])', ""),
    ('self.ask("GET", "/items/", check=lambda answer: answer.json()["items"] == [2])', "body"),
    ('self.ask("GET", "/items/", check=lambda answer: "no chair")', "body"),
    ('self.ask("GET", "/packed/", contains="of the same")', ""),
    ('self.ask("GET", "/packed/", contains="same", headers={"Accept-Encoding": "gzip"})', ""),
    ('self.ask("GET", "/torn/")', "body"),
    ('self.fetch("/fixed/", b"fixed")', ""),
    ('self.fetch("/fixed/", b"other")', "body"),
)
"""Calls, each with the kind of error that it has to record."""


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> list[set[str]]:
    """Return the errors that each call of ``ANSWERS`` records: one user makes them in turn."""
    calls = "; ".join(call for call, _ in ANSWERS)
    rows = rows_of(calls, tmp_path_factory.mktemp("answers"), users=1)
    in_turn = [row["error"] for row in sorted(rows, key=lambda row: float(row["start_s"]))]
    return [set(in_turn[position :: len(ANSWERS)]) for position in range(len(ANSWERS))]


@pytest.mark.parametrize("position", range(len(ANSWERS)), ids=[call for call, _ in ANSWERS])
def test_an_answer_is_held_against_what_is_expected(errors: list[set[str]], position: int) -> None:
    """Any 2xx is good unless the file says otherwise; a part, or a function, may judge the body."""
    _, error = ANSWERS[position]
    assert errors[position] == {error}


def test_a_request_has_the_name_it_is_given_or_its_path_without_the_query(tmp_path: Path) -> None:
    """Each name is one line of Locust's statistics."""
    task = 'self.ask("GET", "/fixed/?ms=1"); self.ask("GET", "/fixed/?ms=2", name="slower")'
    assert {row["name"] for row in rows_of(task, tmp_path)} == {"/fixed/", "slower"}


LOGIN = """
    def on_start(self):
        self.log_in("/login/", username="ann", password="{password}")
"""


def test_a_login_as_django_wants_it_keeps_its_session(tmp_path: Path) -> None:
    """Both ways of asking have the same cookies and the same connection."""
    task = 'self.ask("GET", "/account/", contains="ann"); self.client.get("/account/", name="/2/")'
    rows = rows_of(task, tmp_path, LOGIN.format(password="pw"))
    assert {(row["error"], row["redirects"]) for row in rows} == {("", "0")}
    assert {row["name"] for row in rows if row["set_up"] == "1"} == {"/login/"}
    assert {row["status"] for row in rows if row["method"] == "POST"} == {"302"}


def test_a_login_that_fails_is_a_failure(tmp_path: Path) -> None:
    """With a wrong password; the pages behind it then fail by their status."""
    rows = rows_of('self.ask("GET", "/account/")', tmp_path, LOGIN.format(password="x"))
    assert {row["error"] for row in rows if row["method"] == "POST"} == {"status"}
    assert {row["status"] for row in rows if row["name"] == "/account/"} == {"302"}


def test_the_sessions_client_keeps_cookies_as_an_http_user_does(tmp_path: Path) -> None:
    """With the interface of a dictionary."""
    login = """
    def on_start(self):
        self.client.get("/login/", name="form")
        token = self.client.cookies.get("csrftoken")
        fields = dict(password="pw", csrfmiddlewaretoken=token)
        self.client.post("/login/", fields, name="login")
"""
    rows = rows_of('self.client.get("/account/")', tmp_path, login)
    assert {row["error"] for row in rows} == {""}
    assert {row["redirects"] for row in rows if row["name"] == "/account/"} == {"0"}


def test_a_failure_that_costs_no_time_costs_a_pause_that_is_one(tmp_path: Path) -> None:
    """A wrong body is followed by 10 ms, and those are in the row of the next request."""
    flags = ("-u1", "--stairs=1", "--settle-s=0", "--measure-s=0.4")
    with counting(respond=lambda path: http(b"wrong")) as server:
        rows, _ = climb(LOADTESTS / "plain.py", server.url, tmp_path, *flags)
    assert {row["error"] for row in rows} == {"body"}
    assert all(float(row["think_ms"]) == pytest.approx(10.5, abs=0.6) for row in rows[2:])

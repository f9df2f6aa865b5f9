"""Every view, sync and async, under Django's two handlers, in this process."""

import json
import logging
import time
from itertools import count
from pathlib import Path
from threading import Barrier

import pytest
from django.http import HttpResponseBase
from django.test import RequestFactory, override_settings

from tests.app.asking import Ask, content
from tests.support.counting import counting, http
from tests.support.patience import PATIENCE_S
from tests.support.serving import Server, free_port
from workloads import errors, views_async, views_sync
from workloads.parameters import WAYS


def times(response: HttpResponseBase) -> dict[str, float]:
    """Return the times of the header Server-Timing, in milliseconds."""
    parts = [part.split(";dur=") for part in response["Server-Timing"].split(", ")]
    return {name.removeprefix("bench-"): float(dur) for name, dur in parts}


ANSWERS = {
    "plain/": {"workload": "plain"},
    "wait/?ms=25": {"workload": "wait", "ms": 25},
    "call/?ms=25": {"workload": "call", "ms": 25},
    "compute/?ms=5": {"workload": "compute", "ms": 5},
    "blend/?ms=5&cpu_ms=2.5": {"workload": "blend", "ms": 5, "cpu_ms": 2.5},
    "poll/?ms=25": {"workload": "poll", "ms": 25},
    "notify/": {"workload": "notify", "receivers": ["sync", "async"]},
    "download/?size=70000": {"workload": "download", "size": 70_000, "content": "x" * 70_000},
    **{
        f"fanout/?n=3&ms=25&way={way}": {"workload": "fanout", "n": 3, "ms": 25, "way": way}
        for way in WAYS
    },
}


@pytest.mark.parametrize("path", ANSWERS)
def test_a_client_can_build_the_answer_from_its_own_request(
    ask: Ask, views: str, path: str
) -> None:
    """The bytes of json.dumps, with their length and type, from either kind of view."""
    response = ask(f"/{views}/{path}")
    assert response.status_code == 200
    assert content(response) == json.dumps(ANSWERS[path]).encode()
    assert response["Content-Length"] == str(len(content(response)))
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("ms", "echo"), [("0", "0"), ("7", "7"), ("0.5", "0.5"), ("2.0", "2"), ("1e1", "10")]
)
@pytest.mark.parametrize("workload", ["wait", "call"])
def test_whole_numbers_echo_as_ints_and_decimals_as_floats(
    ask: Ask, views: str, workload: str, ms: str, echo: str
) -> None:
    """As a client would write the same number."""
    body = content(ask(f"/{views}/{workload}/?ms={ms}"))
    assert body == f'{{"workload": "{workload}", "ms": {echo}}}'.encode()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?ms=",
        "?ms",
        "?MS=5",
        "?ms=5;",
        *(f"?ms={bad}" for bad in ("-1", "-0", "600001", "600000.001", "1e9", "1e999", "9" * 3000)),
        *(f"?ms={bad}" for bad in ("nan", "inf", "-inf", "Infinity", "true", "None", "0x10")),
        *(
            f"?ms={bad}"
            for bad in ("5s", "1_0", "+5", "%205", "5%0a", "5%00", ".", "1.", ".5", "e")
        ),
        *(f"?ms={bad}" for bad in ("1e", "1,5", "[5]", "%D9%A3", "%C2%B2", "%FF", "/etc/passwd")),
        "?ms=5&ms=x",
        "?" + "a&" * 1500 + "ms=5",
    ],
)
@pytest.mark.parametrize("workload", ["wait", "call"])
def test_a_bad_ms_is_refused_at_once(ask: Ask, views: str, workload: str, query: str) -> None:
    """Answer 400 with one line of JSON."""
    response = ask(f"/{views}/{workload}/{query}")
    assert response.status_code == 400
    assert list(json.loads(content(response))) == ["error"]
    assert response["Content-Type"] == "application/json"
    assert response["Content-Length"] == str(len(content(response)))


FAULTS = {
    "wait/?ms=x": "ms must be a number from 0 to 600000",
    "wait/?ms=600001": "ms must be a number from 0 to 600000",
    "compute/": "ms must be a number from 0 to 10000",
    "compute/?ms=10001": "ms must be a number from 0 to 10000",
    "compute/?ms=-1": "ms must be a number from 0 to 10000",
    "blend/?ms=600001&cpu_ms=1": "ms must be a number from 0 to 600000",
    "blend/?ms=1": "cpu_ms must be a number from 0 to 10000",
    "blend/?ms=1&cpu_ms=10001": "cpu_ms must be a number from 0 to 10000",
    "poll/?ms=0.5": "ms must be a number from 1 to 600000",
    "poll/?ms=600001": "ms must be a number from 1 to 600000",
    "events/?n=0&ms=1": "n must be a whole number from 1 to 3600",
    "events/?n=3601&ms=1": "n must be a whole number from 1 to 3600",
    "events/?n=1&ms=-1": "ms must be a number from 0 to 600000",
    "fanout/?n=0&ms=1&way=tasks": "n must be a whole number from 1 to 100",
    "fanout/?n=101&ms=1&way=tasks": "n must be a whole number from 1 to 100",
    "fanout/?n=1.5&ms=1&way=tasks": "n must be a whole number from 1 to 100",
    "fanout/?n=%D9%A3&ms=1&way=tasks": "n must be a whole number from 1 to 100",
    f"fanout/?n={'9' * 9000}&ms=1&way=tasks": "n must be a whole number from 1 to 100",
    "fanout/?n=1&ms=600001&way=tasks": "ms must be a number from 0 to 600000",
    "download/": "size must be a whole number from 1 to 16777216",
    "download/?size=0": "size must be a whole number from 1 to 16777216",
    "download/?size=16777217": "size must be a whole number from 1 to 16777216",
    "row/": "id must be a whole number from 1 to 10000",
    "row/?id=0": "id must be a whole number from 1 to 10000",
    "row/?id=10001": "id must be a whole number from 1 to 10000",
    "list/?first=9902&n=1": "first must be a whole number from 1 to 9901",
    "list/?first=1&n=101": "n must be a whole number from 1 to 100",
    "slow/?n=11&ms=1": "n must be a whole number from 1 to 10",
    "slow/?n=1&ms=10001": "ms must be a number from 0 to 10000",
    "fanout/?n=1&ms=1": "way must be one of sequence, threads, tasks",
    "fanout/?n=1&ms=1&way=Tasks": "way must be one of sequence, threads, tasks",
}
"""What is out of bounds, with the error that names the parameter and its range."""


@pytest.mark.parametrize("path", FAULTS)
def test_the_error_names_the_parameter_and_its_range(ask: Ask, views: str, path: str) -> None:
    """Answer 400 with the cure."""
    response = ask(f"/{views}/{path}")
    assert (response.status_code, json.loads(content(response))) == (400, {"error": FAULTS[path]})


@pytest.mark.parametrize(
    "path", ["ready/", *(f"{v}/{p}" for v in ("sync", "async") for p in ANSWERS)]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_get_and_head_are_allowed(ask: Ask, path: str, method: str) -> None:
    """Answer 405 to what could carry a body, and name what is allowed."""
    response = ask(f"/{path}", method)
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"


def test_head_has_the_length_that_get_would_have(ask: Ask, views: str) -> None:
    """Answer HEAD without a body but with its headers."""
    response = ask(f"/{views}/plain/", "HEAD")
    assert (response.status_code, content(response)) == (200, b"")
    assert response["Content-Length"] == str(len('{"workload": "plain"}'))


@pytest.mark.parametrize("workload", ["wait", "call"])
def test_server_timing_has_the_wait_and_the_view_around_it(
    ask: Ask, views: str, workload: str
) -> None:
    """Measure both inside the view; uvloop's timers may fire up to 1 ms early."""
    timing = times(ask(f"/{views}/{workload}/?ms=30"))
    assert 29 <= timing["wait"] <= timing["view"] < 1000


def test_server_timing_has_the_time_at_which_the_view_began(ask: Ask, views: str) -> None:
    """By the time of day, which a client on the same machine shares."""
    before = time.time()
    timing = times(ask(f"/{views}/wait/?ms=30"))
    assert before - 0.001 <= timing["entered"] / 1000 <= time.time() - 0.029


@pytest.mark.parametrize("way", ["threads", "tasks"])
def test_calls_at_once_are_under_way_together(ask: Ask, views: str, way: str) -> None:
    """The upstream answers none of four before it has all of them."""
    together = Barrier(4, timeout=PATIENCE_S)

    def respond(path: str) -> bytes:
        together.wait()
        return http(b"ok")

    with counting(respond) as behind, override_settings(UPSTREAM_URL=behind.url):
        assert ask(f"/{views}/fanout/?n=4&ms=1&way={way}").status_code == 200
    assert len(behind.arrivals) == 4


def test_calls_in_sequence_follow_each_other(ask: Ask, views: str) -> None:
    """On one connection: the next begins when the one before has its answer."""
    with counting() as behind, override_settings(UPSTREAM_URL=behind.url):
        assert ask(f"/{views}/fanout/?n=4&ms=1&way=sequence").status_code == 200
    assert (len(behind.arrivals), len(behind.connections)) == (4, 1)


def test_no_thread_of_a_fanout_outlives_its_request(ask: Ask, views: str) -> None:
    """Where the first call fails, the others are awaited before the answer."""
    numbers = count()
    ends: list[str] = []

    def respond(path: str) -> bytes | None:
        if next(numbers) == 0:
            return None
        time.sleep(0.2)
        ends.append(path)
        return http(b"ok")

    with counting(respond) as behind, override_settings(UPSTREAM_URL=behind.url):
        assert ask(f"/{views}/fanout/?n=3&ms=1&way=threads").status_code == 502
    assert len(ends) == 2


@pytest.mark.parametrize("way", WAYS)
def test_a_fanout_without_an_upstream_answers_502_once(ask: Ask, views: str, way: str) -> None:
    """With the cure of one call, however many failed."""
    with override_settings(UPSTREAM_URL=f"http://127.0.0.1:{free_port()}"):
        response = ask(f"/{views}/fanout/?n=5&ms=1&way={way}")
    assert response.status_code == 502
    assert "start the upstream" in json.loads(content(response))["error"]


def test_compute_uses_so_much_cpu_time_and_waits_for_nothing(ask: Ask, views: str) -> None:
    """30 ms of the process's own, whatever the clock says, and little beside it."""
    before_s = time.process_time()
    timing = times(ask(f"/{views}/compute/?ms=30"))
    assert 0.030 <= time.process_time() - before_s < 0.060
    assert timing["wait"] == 0
    assert timing["view"] >= 30


def test_a_blend_waits_first_and_then_computes(ask: Ask, views: str) -> None:
    """20 ms of either: the wait, whose clock may count in milliseconds, takes no CPU time."""
    before_s = time.process_time()
    timing = times(ask(f"/{views}/blend/?ms=20&cpu_ms=20"))
    assert 0.020 <= time.process_time() - before_s < 0.040
    assert timing["wait"] >= 19
    assert timing["view"] >= 39


def test_plain_does_not_wait(ask: Ask, views: str) -> None:
    """Write the times with three decimals."""
    timing = ask(f"/{views}/plain/")["Server-Timing"]
    assert ", bench-wait;dur=0.000, " in timing
    assert len(timing.split(",")[0].partition(".")[2]) == 3


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("", "set it, e.g. to http://"),
        (f"http://127.0.0.1:{free_port()}", "start the upstream"),
        ("http://127.0.0.1:99999", "set UPSTREAM_URL right"),
        ("ftp://127.0.0.1:21", "set it, e.g. to http://"),
        ("nonsense", "set it, e.g. to http://"),
    ],
    ids=["none", "nobody listens", "no such port", "other scheme", "no URL"],
)
def test_without_an_upstream_call_answers_502_and_names_the_cure(
    ask: Ask, views: str, url: str, cure: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Answer one line of JSON and log no traceback, whatever UPSTREAM_URL is."""
    with override_settings(UPSTREAM_URL=url), caplog.at_level(logging.DEBUG, "django"):
        response = ask(f"/{views}/call/?ms=0")
    assert response.status_code == 502
    assert cure in json.loads(content(response))["error"]
    assert times(response)["view"] < 5000
    assert not any(record.exc_info for record in caplog.records)


def test_an_upstream_that_answers_anything_but_200_is_an_error(
    ask: Ask, views: str, upstream: Server
) -> None:
    """The error says what it answered."""
    with override_settings(UPSTREAM_URL=f"{upstream.url}/elsewhere"):
        response = ask(f"/{views}/call/?ms=0")
    assert response.status_code == 502
    assert "answered 404, not 200" in json.loads(content(response))["error"]


def test_an_unknown_path_is_answered_with_those_that_exist(ask: Ask) -> None:
    """Answer 404 as JSON."""
    response = ask("/sync/nothing/")
    assert response.status_code == 404
    error = json.loads(content(response))["error"]
    for path in ("/ready/", "/sync/plain/", "/async/fanout/"):
        assert path in error


def test_a_failure_of_the_application_is_answered_in_json() -> None:
    """Answer 500 without a word of the traceback."""
    response = errors.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "stderr" in json.loads(response.content)["error"]


def test_ready_answers_200(ask: Ask) -> None:
    """Answer with a tiny body."""
    response = ask("/ready/")
    assert (response.status_code, content(response)) == (200, b'{"ready": true}')


def test_the_two_kinds_of_view_differ_only_in_how_they_wait() -> None:
    """Turn the source of the async views into that of the sync ones by a few words."""
    sync_source, async_source = (
        Path(str(module.__file__)).read_text().split('"""', 2)[2]
        for module in (views_sync, views_async)
    )
    words = {"async def": "def", "await ": "", "asyncio": "time", "afetch": "fetch"}
    words |= {"AsyncIterator": "Iterator", "asell": "sell", "asend": "send"}
    words |= {"aopen_session": "open_session", "queries_async": "queries"}
    for word, twin in words.items():
        async_source = async_source.replace(word, twin)
    assert async_source == sync_source


@pytest.mark.parametrize("path", ["row/?id=1", "list/?first=1&n=1", "slow/?n=1&ms=1"])
def test_without_a_database_the_answer_says_so(ask: Ask, views: str, path: str) -> None:
    """503, with the cure, and a kind of its own for those who count errors."""
    response = ask(f"/{views}/{path}")
    assert response.status_code == 503
    assert json.loads(content(response))["error"].startswith("no answer from the database (")
    assert "is DATABASE_URL right" in json.loads(content(response))["error"]
    assert response["Server-Timing"].endswith(", bench-error;desc=database")


def test_a_write_out_of_bounds_is_refused_and_so_is_a_get(ask: Ask, views: str) -> None:
    """400 with the range, 405."""
    response = ask(f"/{views}/write/?id=0", "POST")
    error = {"error": "id must be a whole number from 1 to 10000"}
    assert (response.status_code, json.loads(content(response))) == (400, error)
    assert ask(f"/{views}/write/?id=1").status_code == 405


@pytest.mark.parametrize(
    ("path", "method"), [("account/", "GET"), ("login/", "GET"), ("login/", "POST")]
)
def test_without_sessions_nobody_can_log_in(ask: Ask, views: str, path: str, method: str) -> None:
    """The answer says what a deployment has to choose."""
    response = ask(f"/{views}/{path}", method)
    assert response.status_code == 503
    assert json.loads(content(response)) == {
        "error": "nobody can log in here: set DJANGO_MIDDLEWARE to startproject"
    }

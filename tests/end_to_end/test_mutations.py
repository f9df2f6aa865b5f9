"""The suite notices what is wrong: each mutation of server or generator has its gate or its shift.

Real servers, real Locust; the mutant stands between Uvicorn and the application.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.core.plan_file import parse
from harness.core.record import Record
from harness.core.schedule import blocks
from harness.host import machine
from harness.runs.execute import carry_out
from harness.runs.store import Run

pytestmark = pytest.mark.long

PLAN = """
name = "mutant"

[application]
directory = "app"
asgi = "mutant:application"
ready = "/ready/"
environment = {{ PYTHONPATH = "{folder}" }}

[[deployments]]
name = "uvicorn"
interface = "asgi"
views = "async"
command = [
    "{{python}}", "-m", "uvicorn", "{{asgi}}", "--host={{host}}", "--port={{port}}",
    "--loop=uvloop", "--http=httptools", "--lifespan=off", "--timeout-keep-alive=75",
    "--no-access-log", "--log-level=warning",
]

[[scenarios]]
name = "wait"
locustfile = "loadtests/wait.py"
settings = {{ wait_ms = 20, think_ms = {think_ms} }}

[load]
{steps}
settle_s = 1
measure_s = 3
"""

BEFORE = """
import asyncio, os, time
from config.asgi_shared import application as inner
"""

UNCHANGED = """
application = inner
"""

SLOWER = """
async def application(scope, receive, send):
    await asyncio.sleep(0.005)
    await inner(scope, receive, send)
"""

FROZEN = """
first, frozen = None, False

async def application(scope, receive, send):
    global first, frozen
    if scope["path"] != "/ready/":
        first = first or time.monotonic()
    if first and not frozen and time.monotonic() > first + 2:
        frozen = True
        time.sleep(1)
    await inner(scope, receive, send)
"""

CLOSING = """
async def application(scope, receive, send):
    async def closing(message):
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)
    await inner(scope, receive, closing)
"""

COSTLY = """
async def application(scope, receive, send):
    end = time.thread_time() + {burn_s}
    while time.thread_time() < end:
        pass
    await inner(scope, receive, send)
"""

WRONG = """
asked = 0

async def application(scope, receive, send):
    global asked
    asked += 1
    wrong = asked % 50 == 0
    async def falsified(message):
        if wrong and message["type"] == "http.response.body":
            message["body"] = b"x" * len(message["body"])
        await send(message)
    await inner(scope, receive, falsified)
"""

DOUBLED = """
async def application(scope, receive, send):
    told = False
    async def nothing_more():
        nonlocal told
        if told:
            await asyncio.Event().wait()
        told = True
        return {"type": "http.request", "body": b"", "more_body": False}
    async def unheard(message):
        pass
    await inner(scope, nothing_more, unheard)
    await inner(scope, receive, send)
"""

CLOSED = "users = [20]"
OPEN = "rates_rps = [300]\nclients = 400\ntail_s = 3"


@pytest.fixture(autouse=True)
def free_again() -> Iterator[None]:
    """Give this process back the cores that a run binds it to."""
    before = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, before)


def measured(
    folder: Path, mutant: str, steps: str = CLOSED, think_ms: int = 20, name: str = "run"
) -> Record:
    """Measure one plateau of the application behind a mutant."""
    (folder / "mutant.py").write_text(BEFORE + mutant)
    text = PLAN.format(folder=folder, steps=steps, think_ms=think_ms)
    plan = parse(text, "mutant.toml")
    run = Run.create(folder / name, text, {}, "", [])
    (record,) = carry_out(run, blocks(plan), machine.cores())
    return record


def gates(record: Record) -> set[str]:
    """Name the gates that a trial failed."""
    return {doubt.gate for doubt in record.doubts}


def value(found: float | None) -> float:
    """Take a number that must have been measured."""
    assert found is not None
    return found


@contextmanager
def starving(core: int, by: int) -> Iterator[None]:
    """Let busy processes compete for a core, each in a session of its own.

    The kernel shares a core among sessions first (sched_autogroup), and Locust has one of its own.
    """
    hog = f"import os\nos.sched_setaffinity(0, [{core}])\nwhile True: pass"
    command = [sys.executable, "-c", hog]
    hogs = [subprocess.Popen(command, start_new_session=True) for _ in range(by)]
    try:
        yield
    finally:
        for process in hogs:
            process.kill()
            process.wait()


def test_five_milliseconds_more_shift_the_median_by_five(tmp_path: Path) -> None:
    """Uvloop's timer adds up to one more."""
    before = measured(tmp_path, UNCHANGED, name="before").measurement
    after = measured(tmp_path, SLOWER, name="after").measurement
    shift_ms = value(after.latency_p50_ms) - value(before.latency_p50_ms)
    assert 4.5 < shift_ms < 7


def test_twice_the_cpu_shows_as_twice_the_cpu(tmp_path: Path) -> None:
    """The mutant burns for each request what the application costs, as measured before."""
    before = value(measured(tmp_path, UNCHANGED).measurement.server_cpu_ms_per_request)
    costly = COSTLY.format(burn_s=before / 1000)
    after = measured(tmp_path, costly, name="after").measurement
    assert 1.6 < value(after.server_cpu_ms_per_request) / before < 2.4


def test_a_freeze_shows_in_an_open_loop_as_what_it_is(tmp_path: Path) -> None:
    """One second of three: a third of the arrivals wait half a second on average, p90 over 0.5 s.

    In the closed loop only the twenty requests in flight see it, 2 % of all: p90 tells nothing.
    """
    closed = measured(tmp_path, FROZEN, name="closed").measurement
    opened = measured(tmp_path, FROZEN, OPEN, 0, name="opened").measurement
    assert value(closed.latency_max_ms) > 1000
    assert value(closed.latency_p90_ms) < 200
    assert value(opened.latency_max_ms) > 1000
    assert value(opened.latency_p90_ms) > 500


def test_a_server_that_closes_connections_fails_conservation(tmp_path: Path) -> None:
    """It is not the keep-alive that the plan promises."""
    record = measured(tmp_path, CLOSING)
    assert "conservation" in gates(record)
    assert record.measurement.connections_opened == record.measurement.requests


def test_one_wrong_body_in_fifty_fails_errors(tmp_path: Path) -> None:
    """The status is 200, the length is right."""
    record = measured(tmp_path, WRONG)
    assert "errors" in gates(record)
    assert value(record.measurement.error_share) == pytest.approx(0.02, abs=0.005)
    assert record.extra.error_kinds.startswith("body=")


def test_a_request_counted_twice_fails_conservation(tmp_path: Path) -> None:
    """The server did the work twice; the client knows of one."""
    record = measured(tmp_path, DOUBLED)
    assert "conservation" in gates(record)
    counted, known = value(record.extra.requests_counted), value(record.extra.requests_known)
    assert counted == pytest.approx(2 * known, rel=0.02)


def test_a_starved_generator_fails_its_gate(tmp_path: Path) -> None:
    """It wakes up too late to tell whose latency it measures, though it has little to do."""
    with starving(machine.cores().load[0], by=8):
        record = measured(tmp_path, UNCHANGED, "users = [20]")
    assert "generator" in gates(record)


def test_the_unchanged_application_passes_the_gates_that_the_mutants_fail(tmp_path: Path) -> None:
    """Else they would prove nothing."""
    assert not gates(measured(tmp_path, UNCHANGED)) & {"errors", "conservation"}

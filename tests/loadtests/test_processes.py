"""Several processes of Locust that share one load: together they are one generator."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from math import sqrt
from pathlib import Path

import pandas as pd
import psutil
import pytest

from harness.core.plan import Load, Scenario
from harness.core.trial import Plateau
from harness.measure import accounting
from harness.measure.measurement import measure
from harness.rig import live
from harness.rig.generator import Generator, generate
from tests.loadtests.locusts import LOADTESTS
from tests.support.counting import Counting, counting, http, workload
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.long

USERS, PROCESSES = 40, 2
CLOSED = Load(
    users=(USERS // 2, USERS),
    settle_s=0.5,
    measure_s=1.5,
    tail_s=2,
    spawn_rate=40,
    processes=PROCESSES,
)
NOTHING_USED = pd.DataFrame({"time_s": []})


def scenario(name: str, **settings: int | float | bool) -> Scenario:
    """Choose a scenario with its settings."""
    return Scenario(name=name, locustfile=LOADTESTS / f"{name}.py", settings=dict(settings))


WAIT = scenario("wait", wait_ms=50, think_ms=50)


@contextmanager
def numbered() -> Iterator[Counting]:
    """Serve answers that take 50 ms where a wait is asked for, and have a number each."""
    numbers = count(1)

    def respond(path: str) -> bytes:
        number, entered_ms = next(numbers), time.time() * 1000
        time.sleep(0.05 if "wait" in path else 0)
        body = workload(path).partition(b"\r\n\r\n")[2]
        told = f"bench-entered;dur={entered_ms:.3f}, bench-process;dur=1, bench-nth;dur={number}"
        return http(body, timing=f"bench-view;dur=50, bench-wait;dur=50, {told}")

    with counting(respond) as server:
        yield server


def plateaus(generator: Generator, load: Load) -> list[Plateau]:
    """Wait for all plateaus of a load."""
    found: list[Plateau] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(found) < len(load.steps):
        assert generator.child.exit_reason is None and time.monotonic() < deadline, (
            generator.child.tail()
        )
        if plateau := generator.next_plateau():
            found.append(plateau)
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def climbed(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Counting, list[Plateau], pd.DataFrame, list[int]]:
    """Climb to 20 and 40 users in two processes: server, plateaus, all rows, rows of each file."""
    folder = tmp_path_factory.mktemp("two")
    with (
        numbered() as server,
        generate(WAIT, CLOSED, "sync", server.url, folder, (0, 1), sources=2) as generator,
    ):
        found = plateaus(generator, CLOSED)
        rows = generator.requests()
        files = [len(path.read_text().splitlines()) - 1 for path in folder.glob("requests-*.csv")]
    return server, found, rows, files


Climbed = tuple[Counting, list[Plateau], pd.DataFrame, list[int]]


def test_all_users_run_and_each_has_its_connection(climbed: Climbed) -> None:
    """Twenty, then forty; half of the requests of either process, half of its users each source."""
    server, found, rows, files = climbed
    assert [plateau.users for plateau in found] == [USERS // 2, USERS]
    assert Counter(host for host, _ in server.peers) == {"127.0.0.1": 20, "127.0.0.2": 20}
    assert int(rows["connect_ms"].notna().sum()) == USERS
    assert len(files) == PROCESSES
    assert max(files) / sum(files) == pytest.approx(0.5, abs=0.1)


def test_what_a_person_sees_is_the_load_of_all_processes(tmp_path: Path) -> None:
    """The master writes it, of what its workers tell: no file is a worker's."""
    with (
        numbered() as server,
        generate(WAIT, CLOSED, "sync", server.url, tmp_path, (0, 1)) as generator,
    ):
        plateaus(generator, CLOSED)
        figures = live.newest(tmp_path)
        assert [path.name for path in tmp_path.glob("live*")] == [live.FILE]
    assert figures is not None
    assert (figures.users, figures.failed) == (USERS, 0)
    assert figures.throughput_rps > 0 and (figures.latency_p95_ms or 0) >= 50


def test_processes_that_are_busy_for_seconds_are_not_dropped(tmp_path: Path) -> None:
    """Both stand still for five seconds of the ramp; Locust by itself gives up after three."""
    slow = CLOSED.model_copy(update={"users": (USERS,), "spawn_rate": 20})
    with (
        numbered() as server,
        generate(WAIT, slow, "sync", server.url, tmp_path, (0, 1)) as generator,
    ):
        deadline = time.monotonic() + PATIENCE_S
        while not server.peers and time.monotonic() < deadline:
            time.sleep(0.05)
        workers = psutil.Process(generator.child.pid).children()
        assert len(workers) == PROCESSES
        for worker in workers:
            worker.suspend()
        time.sleep(5)
        for worker in workers:
            worker.resume()
        (plateau,) = plateaus(generator, slow)
    assert plateau.users == USERS
    assert plateau.unanswered == ()


def test_every_request_that_the_server_numbered_is_recorded_once(climbed: Climbed) -> None:
    """No number is missing up to the last that was answered when a plateau closed, none is twice.

    Nothing was left unanswered after the tail, so nothing may be missing.
    """
    _, found, rows, _ = climbed
    numbers = [int(number) for number in rows["nth"]]
    assert len(set(numbers)) == len(numbers)
    for plateau in found:
        assert plateau.unanswered == ()
        ends = rows["start_s"] + rows["latency_ms"] / 1000
        last = int(rows.loc[ends < plateau.closed, "nth"].max())
        assert set(range(1, last + 1)) <= set(numbers)
        counts = accounting.counts(rows, plateau.opened, plateau.closed, 0)
        assert counts["requests_counted"] == counts["requests_known"] is not None


def test_requests_and_pauses_of_all_processes_account_for_all_users(climbed: Climbed) -> None:
    """Little's law over the rows of both files together."""
    _, found, rows, _ = climbed
    for plateau in found:
        measured, _ = measure(rows, NOTHING_USED, plateau, WAIT)
        assert measured.little_residual == pytest.approx(0, abs=0.03)


def test_what_the_processes_count_is_what_they_recorded(climbed: Climbed) -> None:
    """But for those that end while a message is under way."""
    _, found, rows, _ = climbed
    ends = rows["start_s"] + rows["latency_ms"] / 1000
    for plateau in found:
        recorded = int(ends.between(plateau.opened, plateau.closed).sum())
        assert plateau.answered == pytest.approx(recorded, abs=USERS / 2)
        assert 0 < plateau.lag_p99_ms < 200


def test_arrivals_are_divided_and_make_up_the_rate(tmp_path: Path) -> None:
    """100 a second for 3 s are 300, give or take four standard deviations of a Poisson count.

    Two streams with the same seed would come in pairs: no two are due at the same moment.
    """
    load = Load(
        rates_rps=(100,), clients=USERS, settle_s=0.5, measure_s=3, tail_s=2, processes=PROCESSES
    )
    with (
        numbered() as server,
        generate(WAIT, load, "sync", server.url, tmp_path, (0, 1)) as generator,
    ):
        (plateau,) = plateaus(generator, load)
        rows = generator.requests()
    due = rows.loc[rows["due_s"].between(plateau.opened, plateau.closed), "due_s"].sort_values()
    assert len(due) == pytest.approx(300, abs=4 * sqrt(300))
    assert (due.diff().dropna() > 0).all()
    assert (plateau.users, plateau.rate_rps) == (USERS, 100)
    assert len(plateau.unanswered) == 0


def test_a_herd_of_two_processes_is_one_herd(tmp_path: Path) -> None:
    """Forty connect, forty ask once; it is over as soon as all are served."""
    load = Load(
        users=(USERS,), settle_s=0.5, settle_most_s=5, measure_s=20, spawn_rate=500, processes=2
    )
    herd = scenario("thundering", wait_ms=50, within_s=0.5)
    with (
        numbered() as server,
        generate(herd, load, "sync", server.url, tmp_path, (0, 1)) as generator,
    ):
        (plateau,) = plateaus(generator, load)
        rows = generator.requests()
    assert len(server.arrivals) == len(rows) == 2 * USERS
    assert (plateau.users, plateau.answered, plateau.drift) == (USERS, USERS, None)
    assert plateau.closed - plateau.opened < 5
    assert int(rows["due_s"].notna().sum()) == USERS


def test_silent_clients_are_counted_over_all_processes(tmp_path: Path) -> None:
    """Five of forty go on asking, not five of each process."""
    load = Load(users=(USERS,), settle_s=0.5, measure_s=1, spawn_rate=40, processes=PROCESSES)
    idle = scenario("idle", active=5, think_ms=50)
    with (
        numbered() as server,
        generate(idle, load, "sync", server.url, tmp_path, (0, 1)) as generator,
    ):
        (plateau,) = plateaus(generator, load)
        assert len(server.connections) == USERS
    assert (plateau.users, plateau.silent) == (USERS, USERS - 5)


PAST_LOCUST = """
import requests
from locust import HttpUser, constant, task
from requests.adapters import HTTPAdapter

class Visitor(HttpUser):
    wait_time = constant(0.1)

    def on_start(self):
        self.client.mount("http://", HTTPAdapter(max_retries=2))
        self.client.hooks["response"].append(lambda answer, **_: None)

    @task
    def visit(self):
        self.client.get("/sync/plain/")
        requests.get(self.host + "/sync/plain/")
"""


def test_what_users_of_any_process_do_is_noted_once(tmp_path: Path) -> None:
    """Retries, hooks and requests past Locust, which only workers see."""
    load = Load(users=(4,), settle_s=0.2, measure_s=0.5, spawn_rate=40, processes=PROCESSES)
    locustfile = tmp_path / "past.py"
    locustfile.write_text(PAST_LOCUST)
    visits = Scenario(name="past", locustfile=locustfile)
    with (
        counting() as server,
        generate(visits, load, "sync", server.url, tmp_path, (0, 1)) as generator,
    ):
        plateaus(generator, load)
        noted = Counter(note.about for note in generator.notes())
        files = {path.name for path in tmp_path.glob("notes*.jsonl")}
        generator.discard()
    assert noted == {"client": 1, "max_retries": 1, "hooks": 1, "bypass": 1}
    assert files == {"notes.jsonl", "notes-0.jsonl", "notes-1.jsonl"}
    assert not [*tmp_path.glob("notes*.jsonl")]

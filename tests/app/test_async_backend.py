"""The database by django-async-backend, behind a real server: no thread waits for an answer."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import urllib3
from django.db import connection

from tests.app.asking import DATABASE_ANSWERS
from tests.app.conftest import POSTGRES_URL
from tests.app.servers import COMMANDS
from tests.support.patience import PATIENCE_S
from tests.support.postgres import needs_postgres
from tests.support.serving import PROJECT, Server, running
from workloads.models import Book, Sale

pytestmark = [
    needs_postgres,
    pytest.mark.skipif(
        sys.version_info < (3, 12), reason="django-async-backend is for Python 3.12 and newer"
    ),
]

POOL = 4


@pytest.fixture(scope="module")
def server(database: float, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve with few connections, so that one which is not given back is missed."""
    variables = {
        "DATABASE_URL": POSTGRES_URL,
        "DJANGO_DATABASE_BACKEND": "async",
        "DJANGO_DATABASE_POOL": str(POOL),
    }
    log = tmp_path_factory.mktemp("async-backend") / "log"
    with running(COMMANDS["uvicorn"], log, PROJECT / "app", variables) as served:
        yield served


def write(server: Server, number: int) -> urllib3.BaseHTTPResponse:
    """Sell a book."""
    url = f"{server.url}/async/write/?id={number}"
    return urllib3.request("POST", url, retries=False, timeout=PATIENCE_S)


def most_asleep(server: Server, path: str) -> int:
    """Return the most queries that sleep in the database at a time while a request is answered."""
    with ThreadPoolExecutor(max_workers=1) as thread, connection.cursor() as cursor:
        answer = thread.submit(server.get, path)
        most = 0
        while not answer.done():
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
            most = max(most, cursor.fetchone()[0])
    assert answer.result().status == 200
    return most


@contextmanager
def unsold(number: int) -> Iterator[None]:
    """Let the database refuse to count a sale of one book."""
    table = Book._meta.db_table
    with connection.cursor() as cursor:
        rule = f"ADD CONSTRAINT unsold CHECK (id <> {number} OR sold = 0)"
        cursor.execute(f"ALTER TABLE {table} {rule}")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT unsold")


@pytest.mark.parametrize("path", DATABASE_ANSWERS)
def test_it_answers_the_same_bytes_as_every_other_deployment(server: Server, path: str) -> None:
    """Those that a client can build from its own request, with their length."""
    response = server.get(f"/async/{path}")
    assert response.data == json.dumps(DATABASE_ANSWERS[path]).encode()
    assert response.status == 200
    assert response.headers["Content-Length"] == str(len(response.data))


def test_a_write_adds_a_row_and_changes_one(server: Server) -> None:
    """Both are committed when the answer comes."""
    sales, sold = Sale.objects.count(), Book.objects.get(pk=7).sold
    assert write(server, 7).data == b'{"workload": "write", "id": 7}'
    assert (Sale.objects.count(), Book.objects.get(pk=7).sold) == (sales + 1, sold + 1)


def test_a_write_that_fails_half_way_changes_nothing(server: Server) -> None:
    """The second statement breaks a rule of the table, so the first is undone with it."""
    before = Sale.objects.count()
    with unsold(8):
        assert write(server, 8).status == 503
    assert Sale.objects.count() == before
    assert write(server, 8).status == 200


def test_the_queries_of_one_request_are_made_at_once(server: Server) -> None:
    """Each on a connection of its own; from a sync view they are made one by one."""
    assert most_asleep(server, "/async/slow/?n=3&ms=500") == 3
    assert most_asleep(server, "/sync/slow/?n=3&ms=100") == 1


def test_a_request_gives_its_connections_back(server: Server) -> None:
    """More requests than the pool has connections, and more queries, are answered in turn."""
    for _ in range(POOL + 1):
        assert server.get("/async/row/?id=1").status == 200
        assert server.get(f"/async/slow/?n={POOL}&ms=1").status == 200
    assert "Traceback" not in server.output()

"""The workloads that ask a database, under both interfaces: what they answer and what it costs."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import OperationalError, connections
from django.db.backends.signals import connection_created
from django.http import HttpResponseBase
from django.test import AsyncClient, AsyncRequestFactory, Client, override_settings

from _django import form_token
from config.database import apps as database_apps
from config.database import databases
from config.middleware import apps, middleware
from tests.app.asking import DATABASE_ANSWERS, content
from tests.support.postgres import needs_postgres
from workloads import accounts, views_async
from workloads.answers import no_database
from workloads.models import Author, Book, Sale
from workloads.timing import Timing

URL = "postgresql://me:se%20cret@db.example:6432/shop"
SEED_S = 10.0


def by_wsgi(path: str, method: str = "GET") -> HttpResponseBase:
    """Ask through Django's sync handler; close the connection, as a server would."""
    try:
        return Client().generic(method, path)
    finally:
        connections.close_all()


def by_asgi(path: str, method: str = "GET") -> HttpResponseBase:
    """Ask through Django's async handler; close the connection in the thread that opened it."""

    async def answer() -> HttpResponseBase:
        try:
            return await AsyncClient().generic(method, path)
        finally:
            await sync_to_async(connections.close_all)()

    return asyncio.run(answer())


Asking = Callable[..., HttpResponseBase]


@pytest.fixture(params=[by_wsgi, by_asgi])
def asking(request: pytest.FixtureRequest, database: float) -> Iterator[Asking]:
    """Ask the application, with a database behind it."""
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        yield request.param


@contextmanager
def statements() -> Iterator[list[str]]:
    """Yield the statements that connections opened from now on carry out, in whatever thread."""
    carried_out: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        carried_out.append(sql)
        return execute(sql, *rest)

    def wrap(connection: Any, **_: Any) -> None:
        connection.execute_wrappers.append(note)

    connections.close_all()
    connection_created.connect(wrap)
    try:
        yield carried_out
    finally:
        connection_created.disconnect(wrap)


@needs_postgres
@pytest.mark.parametrize("path", DATABASE_ANSWERS)
def test_a_client_can_build_the_answer_from_its_own_request(
    asking: Asking, views: str, path: str
) -> None:
    """The bytes of json.dumps, with their length, from either kind of view."""
    response = asking(f"/{views}/{path}")
    assert content(response) == json.dumps(DATABASE_ANSWERS[path]).encode()
    assert response.status_code == 200
    assert response["Content-Length"] == str(len(content(response)))


@needs_postgres
@pytest.mark.parametrize(
    ("path", "count"),
    [("row/?id=5", 1), ("list/?first=1&n=1", 1), ("list/?first=1&n=100", 1), ("slow/?n=3&ms=1", 3)],
)
def test_a_request_makes_as_many_queries_however_many_rows(
    asking: Asking, views: str, path: str, count: int
) -> None:
    """A list has its authors by a join: one query, not one for each book."""
    with statements() as carried_out:
        assert asking(f"/{views}/{path}").status_code == 200
    assert len(carried_out) == count


@needs_postgres
def test_a_write_adds_a_row_and_changes_one(asking: Asking, views: str) -> None:
    """Two statements; the answer comes once they are committed."""
    before = Sale.objects.count(), Book.objects.get(pk=7).sold
    with statements() as carried_out:
        response = asking(f"/{views}/write/?id=7", "POST")
    assert content(response) == b'{"workload": "write", "id": 7}'
    assert [sql.split()[0] for sql in carried_out] == ["INSERT", "UPDATE"]
    assert (Sale.objects.count(), Book.objects.get(pk=7).sold) == (before[0] + 1, before[1] + 1)


@needs_postgres
def test_a_write_that_fails_half_way_changes_nothing(asking: Asking, views: str) -> None:
    """The second statement breaks a rule of the table, so the first is undone."""
    table, before = Book._meta.db_table, Sale.objects.count()
    with connections["default"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT unsold CHECK (id <> 8 OR sold = 0)")
    try:
        response = asking(f"/{views}/write/?id=8", "POST")
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT unsold")
    assert response.status_code == 503
    assert Sale.objects.count() == before


@needs_postgres
def test_the_seed_is_quick_and_has_enough_rows(database: float) -> None:
    """At least 10,000 in under 10 s."""
    assert Author.objects.count() + Book.objects.count() >= 10_000
    assert database < SEED_S


@needs_postgres
def test_the_seed_puts_back_what_writes_changed(database: float) -> None:
    """The same rows, however often it runs."""
    rows = list(Book.objects.order_by("pk").values_list())
    Sale.objects.create(book_id=1)
    Book.objects.filter(pk=2).update(sold=3, title="other")
    call_command("seed")
    assert list(Book.objects.order_by("pk").values_list())[:2] == [
        (1, "book 1", 2, 0),
        (2, "book 2", 3, 0),
    ]
    assert len(rows) == Book.objects.count()
    assert not Sale.objects.exists()


@needs_postgres
def test_models_and_migrations_agree(database: float) -> None:
    """No migration is missing."""
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@needs_postgres
def test_an_exhausted_pool_is_told_from_a_database_that_is_away() -> None:
    """By the word in Server-Timing, which clients count by."""
    from psycopg_pool import PoolTimeout

    exhausted = OperationalError("couldn't get a connection after 5.00 sec")
    exhausted.__cause__ = PoolTimeout()
    for error, kind in ((exhausted, "pool"), (OperationalError("refused"), "database")):
        response = no_database(error, Timing())
        assert response.status_code == 503
        assert response["Server-Timing"].endswith(f", bench-error;desc={kind}")
        assert str(error) in json.loads(response.content)["error"]


def test_the_environment_names_the_database() -> None:
    """As libpq reads the URL; a folder of sockets stands in its query."""
    default = databases({"DATABASE_URL": URL, "DJANGO_CONN_MAX_AGE": "60"})["default"]
    assert {key: default[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")} == {
        "NAME": "shop",
        "USER": "me",
        "PASSWORD": "se cret",
        "HOST": "db.example",
        "PORT": "6432",
    }
    assert (default["CONN_MAX_AGE"], default["OPTIONS"]) == (60, {})
    by_socket = databases({"DATABASE_URL": "postgres://me@/shop?host=/run/x&sslmode=disable"})
    assert by_socket["default"]["HOST"] == "/run/x"
    assert by_socket["default"]["OPTIONS"] == {"sslmode": "disable"}


def test_a_pool_is_as_large_as_the_environment_says() -> None:
    """And opens no connection before it needs one."""
    default = databases({"DATABASE_URL": URL, "DJANGO_DATABASE_POOL": "16"})["default"]
    pool = default["OPTIONS"]["pool"]
    assert (pool["min_size"], pool["max_size"], default["CONN_MAX_AGE"]) == (1, 16, 0)


def test_a_deployment_chooses_who_asks_the_database() -> None:
    """Django's own backend, unless it chooses the async one, which is an application as well."""
    by_django = databases({"DATABASE_URL": URL})
    assert by_django["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert database_apps(by_django) == []
    chosen = databases({"DATABASE_URL": URL, "DJANGO_DATABASE_BACKEND": "async"})
    assert chosen["default"]["ENGINE"] == "django_async_backend.db.backends.postgresql"
    assert database_apps(chosen) == ["django_async_backend"]


@pytest.mark.parametrize("url", ["", "sqlite:///db", "mysql://me@host/shop"])
def test_without_a_postgresql_there_is_no_database(url: str) -> None:
    """Whatever else a variable of that name may say."""
    assert databases({"DATABASE_URL": url}) == {}


@pytest.mark.parametrize(
    ("variables", "error"),
    [
        (
            {"DJANGO_CONN_MAX_AGE": "-1"},
            "DJANGO_CONN_MAX_AGE is '-1': set it to a whole number from 0 to 86400",
        ),
        (
            {"DJANGO_DATABASE_BACKEND": "asynchronous"},
            "DJANGO_DATABASE_BACKEND is 'asynchronous': set it to one of sync, async",
        ),
        (
            {"DJANGO_DATABASE_POOL": "1001"},
            "DJANGO_DATABASE_POOL is '1001': set it to a whole number from 0 to 1000",
        ),
        (
            {"DJANGO_CONN_MAX_AGE": "60", "DJANGO_DATABASE_POOL": "4"},
            "DJANGO_CONN_MAX_AGE and DJANGO_DATABASE_POOL both keep connections: set one of them",
        ),
    ],
)
def test_what_a_database_cannot_be_is_refused(variables: dict[str, str], error: str) -> None:
    """In words that name the variable and its range."""
    with pytest.raises(ImproperlyConfigured) as refusal:
        databases({"DATABASE_URL": URL, **variables})
    assert str(refusal.value) == error


SESSIONS = {
    "MIDDLEWARE": middleware("startproject"),
    "INSTALLED_APPS": ["workloads", *apps("startproject")],
    "ALLOWED_HOSTS": ["testserver"],
}
"""The settings of a deployment in which somebody can log in."""


@pytest.fixture(scope="module")
def seed_accounts(database: float) -> None:
    """Make the tables of sessions and users, and the user."""
    with override_settings(**SESSIONS):
        call_command("seed")


@pytest.fixture
def sessions(seed_accounts: None) -> Iterator[None]:
    """Serve with sessions, as a deployment with startproject's middleware does."""
    with override_settings(**SESSIONS):
        yield


Visit = Callable[[str, str], list[HttpResponseBase]]


def visit_by_wsgi(views: str, password: str) -> list[HttpResponseBase]:
    """Ask for the account, log in by the form, ask again; return form, entry and both accounts."""
    client = Client(enforce_csrf_checks=True)
    try:
        before = client.get(f"/{views}/account/")
        form = client.get(f"/{views}/login/")
        entry = client.post(f"/{views}/login/", filled(form, password))
        return [before, form, entry, client.get(f"/{views}/account/")]
    finally:
        connections.close_all()


def visit_by_asgi(views: str, password: str) -> list[HttpResponseBase]:
    """Do the same by AsyncClient, which keeps its cookies too."""

    async def visit() -> list[HttpResponseBase]:
        client = AsyncClient(enforce_csrf_checks=True)
        try:
            before = await client.get(f"/{views}/account/")
            form = await client.get(f"/{views}/login/")
            entry = await client.post(f"/{views}/login/", filled(form, password))
            return [before, form, entry, await client.get(f"/{views}/account/")]
        finally:
            await sync_to_async(connections.close_all)()

    return asyncio.run(visit())


def filled(form: HttpResponseBase, password: str) -> dict[str, str]:
    """Fill in the form as loadtests/_client.py does, with its token."""
    token = form_token(content(form).decode())
    assert token
    return {"username": accounts.USER, "password": password, "csrfmiddlewaretoken": token}


VISITS = pytest.mark.parametrize("visit", [visit_by_wsgi, visit_by_asgi])


@needs_postgres
@VISITS
def test_whoever_logs_in_is_answered_by_name(sessions: None, visit: Visit, views: str) -> None:
    """The same bytes by either handler, from either kind of view; before, nobody is."""
    before, form, entry, after = visit(views, accounts.PASSWORD)
    assert (before.status_code, list(json.loads(content(before)))) == (401, ["error"])
    assert form["Content-Length"] == str(len(content(form)))
    assert (entry.status_code, entry["Location"]) == (302, "../account/")
    assert content(after) == b'{"workload": "account", "user": "reader"}'
    assert after.status_code == 200


@needs_postgres
@VISITS
def test_a_wrong_password_opens_no_session(sessions: None, visit: Visit, views: str) -> None:
    """Nor does a form without its token."""
    _, _, entry, after = visit(views, "guessed")
    assert (entry.status_code, after.status_code) == (401, 401)
    with override_settings(**SESSIONS):
        forged = Client(enforce_csrf_checks=True).post(f"/{views}/login/", {"username": "reader"})
    assert forged.status_code == 403


@needs_postgres
@VISITS
def test_the_page_behind_the_login_makes_two_queries(
    sessions: None, visit: Visit, views: str
) -> None:
    """The session, then its user: the last two statements that a visit carries out."""
    with statements() as carried_out:
        visit(views, accounts.PASSWORD)
    tables = ["django_session" in sql for sql in carried_out[-2:]]
    assert tables == [True, False]
    assert [sql.split()[0] for sql in carried_out[-3:]] == ["UPDATE", "SELECT", "SELECT"]


@needs_postgres
def test_an_async_view_awaits_the_user_of_its_request_and_asks_for_nothing_else(
    sessions: None,
) -> None:
    """By AsyncRequestFactory, so without middleware: the bytes come of `auser` alone."""

    user = get_user_model().objects.get(username=accounts.USER)

    async def auser() -> Any:
        return user

    async def ask_alone() -> HttpResponseBase:
        request = AsyncRequestFactory().get("/async/account/")
        request.session = SessionBase()
        request.auser = auser
        return await views_async.account(request)

    with statements() as carried_out:
        response = asyncio.run(ask_alone())
    assert content(response) == b'{"workload": "account", "user": "reader"}'
    assert carried_out == []


@needs_postgres
def test_the_seed_leaves_other_users_alone(sessions: None) -> None:
    """A database of somebody's own may have some; the one who logs in is there once."""
    users = get_user_model().objects
    users.create(username="somebody")
    call_command("seed")
    assert set(users.values_list("username", flat=True)) == {accounts.USER, "somebody"}

"""The application in this process, and the real servers around it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.core.management import call_command
from django.db import OperationalError, connections
from django.test import override_settings

from tests.app.asking import Ask, by_asgi, by_wsgi
from tests.support.patience import PATIENCE_S
from tests.support.postgres import MISSING
from tests.support.serving import Server, running

POSTGRES = Path(f"/tmp/postgres-{os.getpid()}")
"""Where the database of this process is, once a test has started it: settings are read before."""

POSTGRES_URL = f"postgresql://postgres@/postgres?host={POSTGRES}"

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
if not MISSING:
    os.environ["DATABASE_URL"] = POSTGRES_URL
django.setup()
# Other tests start children as a shell does that names no settings and no database.
del os.environ["DJANGO_SETTINGS_MODULE"]
os.environ.pop("DATABASE_URL", None)

UPSTREAM = [sys.executable, "scripts/harness/rig/upstream.py", "--port={port}"]


@pytest.fixture(scope="session")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the upstream, with constant delays."""
    with running(UPSTREAM, tmp_path_factory.mktemp("upstream") / "log") as server:
        yield server


@pytest.fixture
def mortal_upstream(tmp_path: Path) -> Iterator[Server]:
    """Run an upstream for one test alone, which may stop it."""
    with running(UPSTREAM, tmp_path / "upstream.log") as server:
        yield server


@pytest.fixture(params=[by_wsgi, by_asgi])
def ask(request: pytest.FixtureRequest, upstream: Server) -> Iterator[Ask]:
    """Ask the application, with an upstream behind it."""
    # The host is that of Django's test clients; some middleware refuses others.
    with override_settings(UPSTREAM_URL=upstream.url, ALLOWED_HOSTS=["testserver"]):
        yield request.param


@pytest.fixture(params=["sync", "async"])
def views(request: pytest.FixtureRequest) -> str:
    """Return a kind of view."""
    return str(request.param)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[float]:
    """Serve a seeded PostgreSQL to this process; return how many seconds the seed took."""
    script = [sys.executable, "scripts/harness/rig/postgres.py", f"--folder={POSTGRES}"]
    with (tmp_path_factory.mktemp("database") / "log").open("wb") as log:
        server = subprocess.Popen(script, stdout=log, stderr=log)
    try:
        await_answer()
        started = time.monotonic()
        call_command("seed")
        yield time.monotonic() - started
    finally:
        connections.close_all()
        server.terminate()
        server.wait()


def await_answer() -> None:
    """Ask until PostgreSQL answers."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            connections["default"].ensure_connection()
            return
        except OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.05)

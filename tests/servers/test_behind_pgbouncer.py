"""An application whose database is behind PgBouncer, which is a script but for one test."""

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.support.behind import Serving, behind, group_runs, wait_for
from tests.support.patience import PATIENCE_S
from tests.support.postgres import needs_postgres, postgres

URL = "postgresql://ann%40home:it's@db.example:5433/books?host=/run/db"
# As itself it makes a socket in its folder; its settings are the last word of its command.
LISTEN = """
for settings; do :; done
cp "$settings" "$TMPDIR/settings"
touch "$(dirname "$settings")/.s.PGSQL.6432"
"""

SCRIPT = "behind_pgbouncer.py"
INSTALLED = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


def behind_pgbouncer(
    folder: Path, command: str, url: str = URL, program: str = LISTEN, pool: int = 16
) -> AbstractContextManager[Serving]:
    """Serve a shell command whose DATABASE_URL is that of a PgBouncer."""
    words: Sequence[str] = (str(pool), "/bin/sh", "-c", command)
    return behind(folder, SCRIPT, words, program, {"DATABASE_URL": url})


def test_pgbouncer_asks_the_database_and_the_application_asks_pgbouncer(tmp_path: Path) -> None:
    """By its socket; SIGTERM ends both, and leaves no file and no process."""
    command = 'printf "%s" "$DATABASE_URL" > $TMPDIR/url; exec sleep 60'
    with behind_pgbouncer(tmp_path, command) as process:
        url = wait_for(tmp_path / "url")
        settings = wait_for(tmp_path / "settings")
        folder = url.partition("host=")[2].partition("&")[0]
        assert url == f"postgresql://ann%40home@/books?host={folder}&port=6432"
        # The folder of sockets is meant, as libpq has it, and a quote is written twice.
        target = "dbname='books' host='/run/db' port='5433' user='ann@home' password='it''s'"
        assert f"* = {target}\n" in settings
        assert f"unix_socket_dir = {folder}\n" in settings
        assert "default_pool_size = 16\n" in settings
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert not group_runs(process.pid)
    assert not Path(folder).exists()


def test_where_the_server_or_pgbouncer_ends_the_other_does_too(tmp_path: Path) -> None:
    """With its status; 0 would not be noticed."""
    with behind_pgbouncer(tmp_path, "exit 3") as process:
        assert process.wait(PATIENCE_S) == 3
        assert not group_runs(process.pid)
    with behind_pgbouncer(tmp_path, "exec sleep 60", program="exit 4") as process:
        assert process.wait(PATIENCE_S) == 4
        assert not group_runs(process.pid)


@pytest.mark.parametrize(
    ("words", "url", "line"),
    [
        (("0", "true"), URL, "usage: behind_pgbouncer.py POOL COMMAND ..."),
        (("16",), URL, "usage: behind_pgbouncer.py POOL COMMAND ..."),
        (("16", "true"), "", "no PostgreSQL in DATABASE_URL: add [database] to the plan"),
    ],
)
def test_what_is_missing_is_one_line(
    words: Sequence[str], url: str, line: str, tmp_path: Path
) -> None:
    """Nothing has started."""
    with behind(tmp_path, SCRIPT, words, LISTEN, {"DATABASE_URL": url}) as process:
        assert process.communicate() == ("", f"{line}\n")
        assert process.returncode == 2


@needs_postgres
@pytest.mark.skipif(not INSTALLED, reason="needs pgbouncer (Debian's package pgbouncer)")
def test_many_connections_to_pgbouncer_are_few_of_the_database(tmp_path: Path) -> None:
    """Ten are open at once, and a pool of two serves them."""
    ask = (
        "import os, psycopg; url = os.environ['DATABASE_URL']; "
        "many = [psycopg.connect(url, autocommit=True) for _ in range(10)]; "
        "print(sum(each.execute('SELECT 1').fetchone()[0] for each in many)); "
        "print(many[0].execute('SELECT count(*) FROM pg_stat_activity "
        "WHERE backend_type = %s', ['client backend']).fetchone()[0])"
    )
    with (
        postgres(tmp_path) as database,
        behind(
            tmp_path,
            SCRIPT,
            ("2", sys.executable, "-c", ask),
            variables={"DATABASE_URL": database.url},
        ) as process,
    ):
        output, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1, errors  # whoever ends with 0 ends too early
    answers, connections = map(int, output.split())
    # They ask one after the other, so one connection is enough; one more is the suite's own.
    assert (answers, connections) == (10, 1 + 1)

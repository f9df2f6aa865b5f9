"""The database of a session: it answers, counts its connections, and leaves nothing behind."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from math import isnan
from pathlib import Path

import psutil
import pytest

from harness.core.errors import BenchError
from harness.core.plan import Database as Wanted
from harness.host.processes import runs
from harness.rig import database as database_module
from harness.rig.database import Database, facts
from tests.support.patience import PATIENCE_S
from tests.support.postgres import needs_postgres, postgres


@pytest.fixture(autouse=True)
def no_database_of_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no database but those of the tests."""
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Database]:
    """Serve a PostgreSQL; insist that nothing of it stays."""
    with postgres(tmp_path) as database:
        assert database.child is not None
        folder = Path(database.url.partition("host=")[2])
        assert folder.is_dir()
        children = psutil.Process(database.child.pid).children(recursive=True)
        yield database
    assert not folder.exists()
    await_that(lambda: not any(map(runs, children)))


def await_that(condition: Callable[[], bool]) -> None:
    """Wait up to five seconds for what others do."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@needs_postgres
def test_connections_of_others_are_counted_and_those_at_work(served: Database) -> None:
    """One in a transaction, one idle; not the one that counts."""
    import psycopg

    assert served.census() == (0, 0)
    with psycopg.connect(served.url, autocommit=True), psycopg.connect(served.url) as working:
        working.execute("SELECT 1")
        assert served.census() == (2, 1)
    assert served.failure is None


@needs_postgres
def test_a_database_that_is_killed_says_so_and_counts_nothing(served: Database) -> None:
    """Whoever asks it gets no number, and never waits."""
    assert served.child is not None
    of_a_user = Database(served.url, served._connection)
    os.killpg(served.child.pid, signal.SIGKILL)
    await_that(lambda: served.failure is not None)
    assert served.failure == "was killed by SIGKILL"
    await_that(lambda: all(map(isnan, of_a_user.census())))
    assert (of_a_user.failure or "").startswith("no longer answered (")


@needs_postgres
def test_a_database_of_the_users_is_asked_in_place_of_one_of_our_own(
    served: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is started, so nothing is stopped."""
    monkeypatch.setenv("DATABASE_URL", served.url)
    with postgres(tmp_path) as database:
        assert (database.url, database.child) == (served.url, None)
    assert "by DATABASE_URL" in facts(Wanted())["database"]
    assert served.failure is None


@needs_postgres
def test_a_database_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the variable and the cure."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(
        BenchError, match=r"^DATABASE_URL does not answer \(.*\); correct it"
    ) as refusal:
        facts(Wanted())
    assert "\n" not in str(refusal.value)


def test_a_missing_group_is_refused_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In one line."""
    monkeypatch.setattr(database_module, "DRIVERS", ("no-such-driver",))
    monkeypatch.setattr(database_module, "SERVER", "no-such-server")
    with pytest.raises(BenchError) as refusal:
        facts(Wanted())
    assert str(refusal.value) == (
        "the plan has a [database], which needs no-such-driver and no-such-server; "
        "make setup GROUP=database"
    )


def test_a_plan_without_a_database_needs_nothing() -> None:
    """No package, no fact."""
    assert facts(None) == {}

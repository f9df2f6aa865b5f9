"""A run whose database goes away: errors of a kind of their own, a failed session, and no hang."""

import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from tests.support.bench import GUNICORN, Bench, plan, tidy
from tests.support.postgres import needs_postgres

DATABASE = """
[database]
max_connections = 20
"""

ROW = """
[[scenarios]]
name = "row"
locustfile = "loadtests/database.py"
settings = { query = "row", wait_ms = 0, think_ms = 20 }
"""

TEXT = plan(DATABASE, GUNICORN, ROW).replace(
    'ready = "/ready/"', 'ready = "/ready/"\nreset = [["{python}", "manage.py", "seed"]]'
)


def postgres_of(bench: Bench) -> list[psutil.Process]:
    """Return the scripts that serve a PostgreSQL to a run."""
    return [
        process
        for process in psutil.process_iter()
        if any(word.endswith("rig/postgres.py") for word in words(process))
        and process.environ().get("TMPDIR") == str(bench.folder)
    ]


def words(process: psutil.Process) -> list[str]:
    """Return the command of a process; nothing once it has ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def kill_under_load(bench: Bench) -> None:
    """Kill the database of the first block once its meter has read for two seconds."""
    usage = bench.results / "it" / "blocks" / "gunicorn.row.r1" / "usage.csv"
    while not usage.exists() or len(usage.read_text().splitlines()) < 4:
        time.sleep(0.05)
    for process in postgres_of(bench):
        os.killpg(process.pid, signal.SIGKILL)


@needs_postgres
@pytest.mark.long
def test_a_database_that_goes_away_fails_the_session_and_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The load step in which it went counts errors of the kind `database`, the next one failed."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with tidy(tmp_path) as bench:
        killer = threading.Thread(target=kill_under_load, args=[bench], daemon=True)
        killer.start()
        text = TEXT.replace("measure_s = 1", "measure_s = 3")
        status, output, errors = bench.run(text)
        assert status == 2, output + errors
        first, second = bench.trials()
    assert "database=" in first["error_kinds"]
    assert first["doubts"].startswith("errors: ")
    assert second["doubts"] == "failed: the database was killed by SIGKILL under load"


@needs_postgres
def test_a_url_that_does_not_answer_is_one_line_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 2, and no folder of a run."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    with tidy(tmp_path) as bench:
        status, _, errors = bench.call(TEXT)
        assert status == 2
        assert len(errors.splitlines()) == 1
        assert "DATABASE_URL does not answer (" in errors
        assert not bench.results.exists()

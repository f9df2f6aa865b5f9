"""Whole checks as a proof: here of a suite whose check only looks at the source of the view."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.checks.proof import FAULTS, MOST_S, Attempt, attempts, prove, table
from harness.core.errors import BenchError
from tests.support.bench import leftovers
from tests.support.patience import PATIENCE_S
from tests.support.repositories import commit, git

CHECK = """
import argparse, json, pathlib
parser = argparse.ArgumentParser()
for word in ("base", "--name", "--results"):
    parser.add_argument(word)
options = parser.parse_args()
view = pathlib.Path("app/workloads/views_async.py").read_text()
if "KEPT" in view:
    raise SystemExit("no server started")
slower = "1.05" in view
outcome = {
    "verdict": "regressed" if slower else "unchanged",
    "reason": "regressed: uvicorn.wait.latency_p50_ms" if slower else "unchanged: every metric",
}
folder = pathlib.Path(options.results) / options.name
folder.mkdir()
(folder / "check.json").write_text(json.dumps({"outcome": outcome}))
"""
ENDLESS = "import pathlib, time\npathlib.Path('started').touch()\ntime.sleep(60)\n"


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Path]:
    """Make a repository with the application and a check; see that its tree stays as it is."""
    folder = tmp_path / "suite"
    shutil.copytree("app", folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    commit(folder, "first", {"scripts/check.py": CHECK})
    (tmp_path / "proof").mkdir()
    yield folder
    assert git(folder, "status", "--porcelain") == ""


def attempt(fault: str, verdict: str, number: int = 1, seconds: float = 100.0) -> Attempt:
    """Build an attempt."""
    return Attempt("1a2b3c", fault, number, verdict, "", seconds)


def test_each_fault_is_put_into_a_clone_whose_check_is_judged(suite: Path, tmp_path: Path) -> None:
    """What the check names is kept, and of one without a verdict the last line of its log."""
    proved = list(prove(suite, tmp_path / "proof", ["nothing", "wait", "leak"], 1))
    assert [(each.fault, each.verdict, each.by, each.holds) for each in proved] == [
        ("nothing", "unchanged", "every metric", True),
        ("wait", "regressed", "uvicorn.wait.latency_p50_ms", True),
        ("leak", "no verdict", "no server started", False),
    ]
    assert attempts(tmp_path / "proof") == tuple(proved)


def test_a_proof_that_was_stopped_goes_on_where_it_stopped(suite: Path, tmp_path: Path) -> None:
    """Faults take turns; an attempt on disk is not repeated, the folder of half a check is."""
    folder = tmp_path / "proof"
    first = next(prove(suite, folder, ["nothing", "wait"], 2))
    (folder / "wait-1").mkdir()
    log = (folder / "nothing-1.log").stat().st_mtime_ns
    proved = list(prove(suite, folder, ["nothing", "wait"], 2))
    assert proved[0] == first
    assert (folder / "nothing-1.log").stat().st_mtime_ns == log
    order = [("nothing", 1), ("wait", 1), ("nothing", 2), ("wait", 2)]
    assert [(each.fault, each.number) for each in attempts(folder)] == order


def test_a_proof_of_another_commit_is_not_continued(suite: Path, tmp_path: Path) -> None:
    """One table speaks of one revision of the suite."""
    list(prove(suite, tmp_path / "proof", ["nothing"], 1))
    commit(suite, "second", {"other": "file"})
    with pytest.raises(BenchError, match=r"proves commit \w+, and HEAD is \w+; name another with"):
        next(prove(suite, tmp_path / "proof", ["nothing"], 1))


def test_an_attempt_holds_by_its_verdict_and_its_time() -> None:
    """Unchanged code must be called unchanged: an inconclusive check proves nothing."""
    assert attempt("nothing", "unchanged").holds
    assert not attempt("nothing", "undecided").holds
    assert not attempt("leak", "unchanged").holds
    assert not replace(attempt("leak", "regressed"), seconds=MOST_S + 1).holds


def test_the_table_has_a_row_for_each_fault() -> None:
    """100 s are in time, 400 s are not."""
    proved = [attempt("leak", "regressed"), attempt("leak", "undecided", 2, 400.0)]
    (row,) = table([*proved])
    assert row == {
        "fault": FAULTS["leak"].name,
        "expected": "regressed",
        "verdicts": "1 regressed, 1 undecided",
        "by": "",
        "took": "1 min 40 s to 6 min 40 s",
        "in time": "1 of 2",
    }


def test_a_stopped_proof_leaves_no_clone_and_no_check(suite: Path, tmp_path: Path) -> None:
    """SIGTERM while a check runs: one line, status 2."""
    commit(suite, "endless", {"scripts/check.py": ENDLESS})
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    script = Path("scripts/check_proof.py").absolute()
    process = subprocess.Popen(
        [sys.executable, script, "--faults=wait", f"--results={tmp_path}", "--name=proof"],
        cwd=suite,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(temporary.glob("*/clone/started")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, list(temporary.iterdir())) == (2, [])
    assert errors == "error: stopped before the end; RUN=name continues it\n"
    assert leftovers(temporary) == []

"""The history and the baselines on disk: what was written comes back, or the fault is named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.runs.history import HISTORY, accept, append, baseline, history
from tests.support.histories import entry
from tests.support.patience import PATIENCE_S

ONE, TWO = entry(1, {"uvicorn.wait.64": 100.0}), entry(2, {"uvicorn.wait.64": 110.0})


def test_the_history_returns_what_was_appended_in_the_order_of_the_start(
    tmp_path: Path,
) -> None:
    """A run that was stopped and carried on ends later than one that began after it."""
    append(tmp_path, TWO)
    append(tmp_path, ONE)
    assert history(tmp_path) == ((ONE, TWO), ())
    assert len((tmp_path / HISTORY).read_text().splitlines()) == 2


@pytest.mark.parametrize("rest", ["{", '{"schema":1}', '{"schema":99}', "no json"])
def test_a_line_that_was_cut_short_is_left_out_with_a_note(tmp_path: Path, rest: str) -> None:
    """It does not swallow the line that comes after it."""
    append(tmp_path, ONE)
    with (tmp_path / HISTORY).open("a") as file:
        file.write(rest)
    note = f"{tmp_path / HISTORY}, line 2: cut short or spoilt, left out"
    assert history(tmp_path) == ((ONE,), (note,))
    append(tmp_path, TWO)
    assert history(tmp_path) == ((ONE, TWO), (note,))


WRITER = """
import sys
sys.path[:0] = ["scripts", "."]
from pathlib import Path
from harness.runs.history import append
from tests.support.histories import entry
for number in range(50):
    append(Path(sys.argv[1]), entry(number, {f"uvicorn.wait.{users}": 1.0 for users in range(99)}))
"""


def test_two_runs_that_end_at_once_leave_whole_lines(tmp_path: Path) -> None:
    """Two processes append 50 long lines each."""
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)]) for _ in range(2)]
    assert [writer.wait(PATIENCE_S) for writer in writers] == [0, 0]
    entries, notes = history(tmp_path)
    assert (len(entries), notes) == (100, ())


def test_no_history_says_what_makes_one(tmp_path: Path) -> None:
    """One line."""
    with pytest.raises(BenchError, match=r"no history there .* each finished `make bench` adds"):
        history(tmp_path)


def test_a_history_that_cannot_be_written_names_the_run_that_is_missing(tmp_path: Path) -> None:
    """A folder stands in its place."""
    (tmp_path / HISTORY).mkdir()
    with pytest.raises(BenchError, match=r"cannot be written .* run run-1 is missing"):
        append(tmp_path, ONE)


def test_a_baseline_comes_back_as_it_was_accepted(tmp_path: Path) -> None:
    """From a file that a person can read."""
    path = accept(tmp_path, "first", ONE)
    assert path == tmp_path / "baselines" / "first.json"
    assert json.loads(path.read_text())["facts"]["python"] == "CPython 3.11.2"
    assert baseline(tmp_path, "first") == ONE


def test_a_baseline_is_replaced_only_on_request(tmp_path: Path) -> None:
    """Otherwise the file stays as it was."""
    accept(tmp_path, "first", ONE)
    with pytest.raises(BenchError, match=r"is there already; name another, or .* REPLACE=1"):
        accept(tmp_path, "first", TWO)
    assert baseline(tmp_path, "first") == ONE
    accept(tmp_path, "first", TWO, replace=True)
    assert baseline(tmp_path, "first") == TWO


@pytest.mark.parametrize("name", ["../first", "a/b", ".hidden", "", "two words", "x.json"])
def test_a_name_that_is_no_plain_file_name_is_refused(tmp_path: Path, name: str) -> None:
    """To write and to read."""
    with pytest.raises(BenchError, match="a name must consist of letters, digits"):
        accept(tmp_path, name, ONE)
    with pytest.raises(BenchError, match="a name must consist of letters, digits"):
        baseline(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_baseline_is_refused_with_those_there_are(tmp_path: Path) -> None:
    """Or with what makes it."""
    with pytest.raises(BenchError, match="no baseline first; `make baseline NAME=first` makes it"):
        baseline(tmp_path, "first")
    accept(tmp_path, "second", ONE)
    with pytest.raises(BenchError, match="no baseline first; there are: second"):
        baseline(tmp_path, "first")


def test_a_spoilt_baseline_is_named(tmp_path: Path) -> None:
    """Cut in the middle."""
    path = accept(tmp_path, "first", ONE)
    path.write_text(path.read_text()[:200])
    with pytest.raises(BenchError, match=r"first\.json: spoilt; accept a run anew"):
        baseline(tmp_path, "first")

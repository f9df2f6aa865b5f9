"""docs/data.md: the lines of pandas run, and every file that it names is one that a run has."""

import re
from pathlib import Path

import pandas as pd
import pytest

from harness.core.request_row import COLUMNS

PAGE = Path("docs/data.md").read_text()
TRIALS, REQUESTS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_trials_of_a_run_are_read_in_at_most_ten_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Which print a row for each deployment of the reference run."""
    assert len(TRIALS.splitlines()) <= 10
    exec(TRIALS, {})
    printed = capsys.readouterr().out
    trials = pd.read_csv("results/reference/trials.csv")
    for deployment in trials.loc[trials["scenario"] == "wait", "deployment"].unique():
        assert f"\n{deployment}" in printed


def test_the_requests_of_a_session_are_read_in_at_most_ten_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The slowest second is the one with 70 ms; a request that failed does not count."""
    assert len(REQUESTS.splitlines()) <= 10
    file = tmp_path / re.findall(r'"(results/.+parquet)"', REQUESTS)[0]
    file.parent.mkdir(parents=True)
    rows = {
        "start_s": [100.2, 100.9, 102.3, 103.1],
        "latency_ms": [20.0, 50.0, 70.0, 900.0],
        "error": ["", "", "", "timeout"],
    }
    empty = {column.name: [""] * 4 for column in COLUMNS if column.name not in rows}
    pd.DataFrame(empty | rows).to_parquet(file)
    monkeypatch.chdir(tmp_path)
    exec(REQUESTS, {})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if line.startswith("2")] == [["2", "70.0"]]

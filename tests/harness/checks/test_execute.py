"""A check over rounds: when it looks, what it calls judged, and what doubts do to a verdict."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

from harness.checks import execute
from harness.checks.execute import (
    PAIRS_PER_START,
    carry_out,
    judged,
    looks,
    notes,
    repeats,
    seconds,
)
from harness.checks.interleave import Pair, Turn
from harness.checks.judge import METRICS
from harness.checks.revisions import Role
from harness.core.errors import BenchError
from harness.core.gate import Doubt, GateName
from harness.core.plan_file import parse
from harness.core.trial import CellKey
from harness.host import processes
from harness.host.machine import Cores
from tests.support.bench import UVICORN, WAIT, plan

CELL = CellKey("uvicorn", "wait")
LATE = Doubt(GateName.GENERATOR, "it woke up 9 ms late (p99), 5 ms are allowed")

STOLEN = Doubt(GateName.HOST, "10% of the machine's time was stolen")


def turn(role: str, factor: float = 1.0, doubts: tuple[Doubt, ...] = (), p95: bool = True) -> Turn:
    """Build a turn whose every request took `factor` times as long."""
    values: dict[str, float | None] = dict.fromkeys(METRICS, 100.0 * factor)
    values |= {"throughput_rps": 100.0 / factor, "error_share": 0.0, "server_rss_mib": 50.0}
    if not p95:
        values["latency_p95_ms"] = None
    return Turn("BASE" if role == "BASE" else "HEAD", values, doubts, 0.0, 1.0, np.empty(0))


def pairs(count: int, factor: float = 1.0, doubted: int = 0, p95: bool = True) -> list[Pair]:
    """Build pairs that scatter by 1%, HEAD `factor` times as slow, the first ones doubted."""
    return [
        Pair(
            turn("BASE", 1 + 0.01 * (-1) ** n, p95=p95),
            turn("HEAD", factor, (LATE,) if n < doubted else (), p95),
            base_first=n % 2 == 0,
        )
        for n in range(count)
    ]


def verdicts(found: list[Pair]) -> dict[str, str]:
    """Judge the pairs of one cell at their end; give the verdict on each metric."""
    changes = judged({CELL: found}, (len(found),))
    return {change.metric.name: change.verdict for change in changes}


def test_a_slower_head_is_regressed_in_what_is_slower_alone() -> None:
    """Twice the time: memory and errors are as they were."""
    found = verdicts(pairs(20, factor=2))
    assert {name for name, verdict in found.items() if verdict == "regressed"} == {
        *("throughput_rps", "latency_p50_ms", "latency_p95_ms", "server_cpu_ms_per_request"),
    }
    assert found["server_rss_mib"] == found["error_share"] == "unchanged"


def test_pairs_that_are_doubted_too_often_decide_nothing() -> None:
    """5 of 20 are more than a fifth; the reason names the first doubt."""
    found = pairs(20, factor=2, doubted=5)
    assert verdicts(found)["throughput_rps"] == verdicts(found)["latency_p50_ms"] == "undecided"
    change = next(c for c in judged({CELL: found}, (20,)) if c.metric.name == "throughput_rps")
    assert change.reason == f"5 of 20 pairs are doubted, first by {LATE}"


def test_a_late_generator_says_nothing_of_the_servers_cpu_time() -> None:
    """The kernel counts that; a machine that was stolen from is another matter."""
    found = pairs(20, factor=2, doubted=20)
    assert verdicts(found)["server_cpu_ms_per_request"] == "regressed"
    stolen = [replace(pair, head=turn("HEAD", 2, (STOLEN,))) for pair in found]
    assert set(verdicts(stolen).values()) == {"undecided", "unchanged"}
    assert verdicts(stolen)["error_share"] == "unchanged"


def test_a_few_doubts_are_said_and_change_nothing() -> None:
    """4 of 20 are a fifth, which a trimmed mean can bear."""
    found = pairs(20, factor=2, doubted=4)
    assert verdicts(found)["throughput_rps"] == "regressed"
    assert notes({CELL: found}) == (f"{CELL}: 4 of 20 pairs are doubted, first by {LATE}",)


def test_errors_are_judged_however_doubted_the_pairs_are() -> None:
    """The gate `errors` doubts every turn of a HEAD that fails; that is the regression itself."""
    failing = Doubt(GateName.ERRORS, "50% of requests failed")
    values = {**turn("HEAD").values, "error_share": 0.5}
    found = [
        Pair(turn("BASE"), replace(turn("HEAD", 1, (failing,)), values=values), n)
        for n in (True, False) * 10
    ]
    assert verdicts(found)["error_share"] == "regressed"
    assert verdicts(found)["throughput_rps"] == "undecided"


def test_a_doubt_in_one_cell_leaves_the_other_decided() -> None:
    """Each is judged by its own pairs."""
    both = {CellKey("a", "plain"): pairs(10, doubted=10), CellKey("b", "wait"): pairs(10, factor=2)}
    found = {str(change.metric): change.verdict for change in judged(both, (10,))}
    assert found["a.plain.throughput_rps"] == "undecided"
    assert found["b.wait.throughput_rps"] == "regressed"


def test_a_p95_of_too_few_requests_is_not_judged_and_not_missing() -> None:
    """It is named among the notes."""
    found = pairs(10, p95=False)
    assert "latency_p95_ms" not in verdicts(found)
    assert "missing" not in verdicts(found).values()
    assert notes({CELL: found})[0].startswith(f"{CELL}.latency_p95_ms is not judged")


def test_the_log_of_a_check_agrees_with_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each turn as many latencies, and the same p50 and p95, under its cell and side."""
    random = np.random.default_rng(1)

    def side(name: Role, began: float) -> Turn:
        latencies_ms = np.sort(random.lognormal(3, 1, 200))
        values = {**turn(name).values, "latency_p50_ms": latencies_ms[99]}
        values["latency_p95_ms"] = latencies_ms[189]
        return Turn(name, values, (), began, began + 1, latencies_ms)

    def taken(*_: object) -> Iterator[Pair]:
        for n in range(PAIRS_PER_START):
            first = n % 2 == 0
            yield Pair(
                side("BASE", 3.0 * n + 1 + (not first)), side("HEAD", 3.0 * n + 1 + first), first
            )

    monkeypatch.setattr(execute, "duel", taken)
    chosen = parse(plan(UVICORN, WAIT), "it.toml")
    monkeypatch.setattr(processes, "pin", lambda pid, cores: None)
    list(carry_out(chosen, (None, None), Cores((0,), (0,)), tmp_path))  # type: ignore[arg-type]
    with (tmp_path / "turns.csv").open() as file:
        rows = {(row["side"], int(row["pair"])): row for row in csv.DictReader(file)}
    reader = HistogramLogReader(str(tmp_path / "latencies.hlog"), HdrHistogram(1, 10, 3))
    seen: list[str] = []
    while histogram := reader.get_next_interval_histogram():
        cell, _, role = histogram.get_tag().rpartition(".")
        seen.append(role)
        row = rows[role, seen.count(role)]
        assert cell == row["cell"] == str(CELL)
        assert histogram.get_total_count() == 200
        for rank in (50, 95):
            told = histogram.get_value_at_percentile(rank) / 1e6
            assert told == pytest.approx(float(row[f"latency_p{rank}_ms"]), rel=1e-3)
    reader.close()
    assert seen == ["BASE", "HEAD", "HEAD", "BASE"] * 2 + ["BASE", "HEAD"]


def test_base_is_compared_with_itself_within_its_starts_alone() -> None:
    """HEAD has no part in it, nor has what BASE moved by when it was started anew."""
    found = [
        Pair(turn("BASE", 1 + number // PAIRS_PER_START), turn("HEAD", 9), base_first=True)
        for number in range(20)
    ]
    each = {str(repeat.metric): repeat for repeat in repeats({CELL: found}, share=1, seed=1)}
    assert set(each) == {f"{CELL}.{metric}" for metric in METRICS}
    throughput = each[f"{CELL}.throughput_rps"]
    assert (throughput.ratio, throughput.low, throughput.high) == (1, 1, 1)
    assert throughput.pairs == 4 * (PAIRS_PER_START - 1)
    assert each[f"{CELL}.error_share"].scale == "difference"


def test_the_last_look_is_where_the_plan_ends() -> None:
    """Looks that lie beyond it are left out."""
    chosen = parse(plan(UVICORN, WAIT, head="rounds = 5\n"), "it.toml")
    assert looks(chosen) == (10, 20, 5 * PAIRS_PER_START)
    assert looks(parse(plan(UVICORN, WAIT), "it.toml")) == (PAIRS_PER_START,)


def test_the_plan_of_the_suite_fits_into_six_minutes() -> None:
    """If nothing is decided before the last look."""
    text = Path("loadtests/plans/check.toml").read_text()
    assert seconds(parse(text, "check.toml")) < 360


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("users = [1, 4]", "rates_rps = [50]", "a check loads in closed loops; give it"),
        ("settle_s", "processes = 2\nsettle_s", "a check takes turns with one process of Locust;"),
    ],
)
def test_a_load_that_takes_no_turns_is_refused_before_anything_starts(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    """Open loops, and several processes."""
    text = plan(UVICORN, WAIT).replace(old, new)
    found = carry_out(parse(text, "it.toml"), (None, None), None, tmp_path)  # type: ignore[arg-type]
    with pytest.raises(BenchError, match=f"scenario wait: {said}"):
        next(found)
    assert list(tmp_path.iterdir()) == []

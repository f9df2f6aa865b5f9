"""From the Summary to the rows that a reader sees."""

from dataclasses import replace

from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.record import Record
from harness.core.summary import CostPoint, Price, Slope
from harness.report import tables
from harness.runs import summarise
from tests.support.builders import MACHINE, SMALL, records, summary


def test_rows_have_a_cell_for_every_heading() -> None:
    """One row per sample, in the order of the plan."""
    rows = tables.rows(summary(), "wait")
    assert [row[:2] for row in rows[:3]] == [
        ("gunicorn-gthread-64", "1"),
        ("gunicorn-gthread-64", "16"),
        ("gunicorn-gthread-64", "256"),
    ]
    assert {len(row) for row in rows} == {len(tables.headings(summary(), "wait"))}


def test_rows_show_how_many_users_share_a_slot() -> None:
    """256 users of 64 slots are 4 each; who has no slots has no such number."""
    by_cell = {row[:2]: row[2] for row in tables.rows(summary(), "wait")}
    assert by_cell["gunicorn-gthread-64", "256"] == "4"
    assert by_cell["uvicorn", "256"] == ""


def test_rows_mark_flags_and_failures() -> None:
    """A hollow mark as in the charts; a failed cell shows no number."""

    def fail(record: Record) -> Record:
        flagged = replace(record, doubts=(Doubt(GateName.FAILED, "died"),))
        return replace(flagged, measurement=Measurement()) if record.trial.users == 256 else flagged

    row = tables.rows(summary(fail), "wait")[2]
    assert row[:6] == ("gunicorn-gthread-64", "256", "4", "○", "failed", "")


def test_what_is_a_lower_bound_has_a_mark() -> None:
    """Half of the requests were never answered: p95 is at least what it says."""

    def leave(record: Record) -> Record:
        return replace(record, extra=replace(record.extra, unanswered_share=0.5))

    marked = [cell for cell in tables.rows(summary(leave), "wait")[2] if cell.startswith("≥ ")]
    assert marked
    assert not any(cell.startswith("≥ ") for cell in tables.rows(summary(), "wait")[2])


def test_five_rounds_are_headed_as_an_interval() -> None:
    """A cell with fewer measured rounds has a range, and says so."""
    five = SMALL.model_copy(update={"rounds": 5})

    def fail(record: Record) -> Record:
        gone = record.trial.round == 2 and record.trial.users == 256
        return replace(record, measurement=Measurement()) if gone else record

    condensed = summarise.summarise(
        "run", five, MACHINE, [fail(record) for record in records(five)]
    )
    assert tables.headings(summary(), "wait")[5] == "range over rounds"
    assert tables.headings(condensed, "wait")[5] == "95% interval over rounds"
    by_cell = {row[:2]: row for row in tables.rows(condensed, "wait")}
    assert "range" not in "".join(by_cell["uvicorn", "16"])
    assert by_cell["uvicorn", "256"][5].startswith("range ")


def test_gates_have_a_row_each_and_those_without_anything_to_judge_by_say_so() -> None:
    """6 cells in 3 rounds, 18 trials; without a calibration the envelope judged none of them."""
    calibrated, without = (
        {row[0]: row for row in tables.gate_rows(summarised.gates)}
        for summarised in (
            summarise.summarise("run", SMALL, MACHINE, records(SMALL), calibrated=True),
            summarise.summarise("run", SMALL, MACHINE, records(SMALL)),
        )
    )
    assert {len(row) for row in calibrated.values()} == {len(tables.GATE_HEADINGS)}
    assert calibrated["envelope"][2:] == ("18", "0")
    assert without["envelope"][2:] == ("not judged: no calibration",) * 2
    assert calibrated.pop("envelope")[:2] == without.pop("envelope")[:2]
    assert calibrated == without


def test_a_run_without_records_has_no_rows() -> None:
    """Its scenarios have no tables."""
    assert summarise.summarise("run", SMALL, MACHINE, []).scenarios == {}


def test_a_row_has_slopes_with_errors_marks_the_unclear_and_counts_the_flagged() -> None:
    """A slope within two standard errors of 0 may be none."""
    only = Price(
        *("wait", "uvicorn"),
        points=(
            CostPoint(1, 60.0, False),
            CostPoint(64, 62.0, True),
            CostPoint(10_000, 365.0, True),
        ),
        memory_kib=Slope(31.24, 0.42, 60_000),
        threads=Slope(0.001, 0.02, 6),
        kernel_kib=None,
        load_kib=Slope(18.2, 0.1, 50_000),
        cpu_ms=Slope(0.5, 0.01, 0),
    )
    (row,) = tables.cost_rows([only])
    assert dict(zip(tables.COST_HEADINGS, row, strict=True)) == {
        "scenario": "wait",
        "deployment": "uvicorn",
        "connections": "1 to 10,000",
        "flagged": "2 of 3",
        "server memory each (KiB)": "31.2 ± 0.42",
        "threads each": "~ 0.001 ± 0.02",
        "kernel memory each, both ends (KiB)": "",
        "Locust memory each (KiB)": "18.2 ± 0.1",
        "server CPU each (ms/s)": "0.5 ± 0.01",
    }

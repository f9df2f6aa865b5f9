"""Who was served in time, and what that took."""

from dataclasses import replace

from harness.core.record import Record
from harness.core.summary import Summary
from harness.report import time_table
from harness.runs.summarise import summarise
from tests.support.builders import MACHINE, SMALL, records, summary


def timed() -> Summary:
    """Return three rounds that serve a quarter, a half and three quarters in time."""

    def share(record: Record) -> Record:
        return replace(record, extra=replace(record.extra, served_share=record.trial.round / 4))

    wait = SMALL.scenarios[0].model_copy(update={"objective_ms": 500})
    plan = SMALL.model_copy(update={"scenarios": (wait,)})
    return summarise("run", plan, MACHINE, [share(record) for record in records(plan)])


def test_a_row_goes_from_the_lowest_round_to_the_highest() -> None:
    """Shares that differ, connections and memory that do not; threads were not measured."""
    (row,) = (
        dict(zip(time_table.headings(timed(), "wait"), row, strict=True))
        for row in time_table.rows(timed(), "wait")
        if row[:2] == ("uvicorn", "256")
    )
    low, high = row.pop("answers/s").split(" to ")
    assert 700 < float(low) < float(high) < 800
    assert row == {
        "deployment": "uvicorn",
        "users": "256",
        "flagged": "",
        "rounds": "3",
        "connections held": "256",
        "failed": "0%",
        "served within 500 ms": "25.0% to 75.0%",
        "server memory": "68 MiB",
        "threads": "",
    }


def test_a_scenario_without_an_objective_has_no_rows() -> None:
    """Nothing could be late."""
    assert time_table.rows(summary(), "wait") == ()

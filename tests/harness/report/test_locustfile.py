"""What a locustfile does that changes the meaning of figures is said, once."""

from dataclasses import replace
from typing import Any

from harness.core.record import Record
from harness.report.locustfile import remarks
from tests.support.builders import SMALL, records


def remarks_with(think_ms: float = 0, **extra: Any) -> list[str]:
    """Return the remarks of SMALL where every trial has these facts."""

    def change(record: Record) -> Record:
        requests = record.measurement.requests or 0
        facts = {"tasks": requests, "think_ms": think_ms} | extra
        return replace(record, extra=replace(record.extra, **facts))

    settings = {"wait_ms": 250, "think_ms": 300} if think_ms == 300 else {"wait_ms": 250}
    scenario = SMALL.scenarios[0].model_copy(update={"settings": settings})
    plan = SMALL.model_copy(update={"scenarios": (scenario,)})
    return list(remarks(plan, [change(record) for record in records(SMALL)]))


def test_a_locustfile_that_only_asks_needs_no_remark() -> None:
    """As those of the suite."""
    assert remarks_with() == []
    assert remarks_with(think_ms=300) == []


def test_a_note_stands_once_however_many_trials_have_it() -> None:
    """Eighteen trials here."""
    assert remarks_with(notes="Buyer is paced; Seller too") == [
        "`wait`: Buyer is paced.",
        "`wait`: Seller too.",
    ]


def test_pauses_of_its_own_stand_as_they_were_measured() -> None:
    """The plan has none."""
    (remark,) = remarks_with(think_ms=500)
    assert remark.startswith("`wait`: clients paused 500 ms on average before a request")


def test_pauses_that_only_failures_cost_are_not_the_locustfiles() -> None:
    """A user that fails pauses by itself, for 10 ms."""
    failing = [
        replace(
            record,
            measurement=replace(record.measurement, error_share=1.0),
            extra=replace(record.extra, tasks=record.measurement.requests, think_ms=10.0),
        )
        for record in records(SMALL)
    ]
    assert remarks(SMALL, failing) == ()


def test_tasks_of_several_requests_are_counted_apart_from_requests() -> None:
    """Each trial began 100 tasks."""
    (remark,) = remarks_with(think_ms=300, tasks=100)
    total = sum(record.measurement.requests or 0 for record in records(SMALL)) / 1_800
    assert remark.startswith(f"`wait`: a task asked for {total:,.0f}"[:22])
    assert remark.endswith("and pauses are between tasks.")


def test_what_tasks_raised_and_what_was_fired_is_counted() -> None:
    """18 trials: 2 of 10 tasks and 5 events in each; requests per task are many here."""
    remarks_of_all = remarks_with(
        tasks=10**6, tasks_raised=2, raised_kinds="KeyError in look", fired_events=5
    )
    assert remarks_of_all == [
        "`wait`: 36 of 18,000,000 tasks raised an exception, most often KeyError in look.",
        "`wait`: 90 events were fired by the locustfile itself, which stand by their names and "
        "have no part in the other figures.",
    ]

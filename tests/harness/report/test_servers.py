"""What servers did by themselves is said."""

from dataclasses import replace
from typing import Any

from harness.core.record import Record
from harness.report.servers import sentences
from tests.support.builders import SMALL, records


def told(users: int = 16, **figures: Any) -> tuple[str, ...]:
    """Return what is said where each round of Uvicorn at one load has these figures."""
    return sentences([changed(record, users, figures) for record in records(SMALL)])


def changed(record: Record, users: int, figures: dict[str, Any]) -> Record:
    """Return the record of that load with the figures, any other as it is."""
    if (record.trial.deployment, record.trial.users) != ("uvicorn", users):
        return record
    return replace(record, extra=replace(record.extra, **figures))


IDLE: dict[str, Any] = {
    "workers": 4,
    "idle_workers": 3,
    "busiest_worker": 16,
    "connections_expected": 16,
}


def test_workers_without_a_connection_are_told() -> None:
    """All sixteen connections on one of four."""
    (sentence,) = told(**IDLE, requests_by_worker="780 3")
    assert sentence == (
        "For `wait`, 3 of 4 workers of uvicorn had no connection at 16 clients, and one had 16 "
        "(requests of each that answered: 780, 3): clients that keep their connections stay with "
        "the worker that accepted them."
    )


def test_workers_that_idle_as_they_must_are_not() -> None:
    """One client for four workers, or none of them with a connection, or those are not kept."""
    assert told(users=1, **IDLE) == ()
    assert told(**IDLE | {"idle_workers": 4, "busiest_worker": 0}) == ()
    assert told(**IDLE | {"connections_expected": None}) == ()


def test_processes_that_ended_are_counted_with_their_loads() -> None:
    """Four in each of three rounds."""
    (sentence,) = told(processes_ended=4)
    assert sentence.startswith(
        "For `wait`, 12 processes of uvicorn ended while load steps were measured, at 16 clients:"
    )


def test_helpers_outside_the_group_are_named_once() -> None:
    """As each round has them."""
    (sentence,) = told(helpers="celery worker; watch")
    assert sentence.endswith(
        "outside its process group, which were ended with it: `celery worker`, `watch`."
    )


def test_a_server_that_only_serves_needs_no_word() -> None:
    """As those of the suite."""
    assert told() == ()

"""What servers did by themselves is said."""

from dataclasses import replace
from typing import Any

from harness.core.record import Record
from harness.report.servers import sentences
from tests.support.builders import SMALL, records


def told(users: int = 16, **figures: Any) -> tuple[str, ...]:
    """Return what is said where each round of Uvicorn at one load has these figures."""
    return sentences(SMALL, [changed(record, users, figures) for record in records(SMALL)])


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


def test_workers_that_end_as_their_command_asks_are_told_so() -> None:
    """By the server's own word for it, read as the server would."""
    words = ("{python}", "-m", "uvicorn", "--limit-max-requests=40")
    servers = tuple(
        each.model_copy(update={"command": words}) if each.name == "uvicorn" else each
        for each in SMALL.deployments
    )
    limited = SMALL.model_copy(update={"deployments": servers})
    ended = [changed(record, 16, {"processes_ended": 1}) for record in records(SMALL)]
    (sentence,) = sentences(limited, ended)
    assert sentence.startswith(
        "For `wait`, 3 processes of uvicorn ended while load steps were measured, at 16 clients, a "
        "worker after 40 requests as its command asks: "
    )


def test_connections_that_a_server_ends_by_count_are_told() -> None:
    """Two in each of three rounds; 16 clients asked in all of them."""
    kept = {"connections_expected": 16}
    asked = [r for r in records(SMALL) if (r.trial.deployment, r.trial.users) == ("uvicorn", 16)]
    requests = sum(record.measurement.requests or 0 for record in asked)
    (sentence,) = told(closing_answers=2, **kept)
    assert sentence == (
        "For `wait`, uvicorn ended 6 connections by an answer (Connection: close), one in "
        f"{round(requests / 6)} answers, at 16 clients: a limit of requests per connection, or a "
        "worker that ends, does that."
    )
    assert told(closing_answers=2, connections_expected=None) == ()


def test_helpers_outside_the_group_are_named_once() -> None:
    """As each round has them."""
    (sentence,) = told(helpers="celery worker; watch")
    assert sentence.endswith(
        "outside its process group, which were ended with it: `celery worker`, `watch`."
    )


def test_a_server_that_only_serves_needs_no_word() -> None:
    """As those of the suite."""
    assert told() == ()

"""When connections leak, and when there are too few of them."""

from dataclasses import replace

import pytest

from harness.core.record import Extra
from harness.core.trial import Trial
from harness.runs.database_use import database_use

TRIAL = Trial("server", "asgi", "async", None, "row", "closed", 64, None, 1)


def finding(
    users: int, held: int, busy: float = 0.0, slots: int | None = None, errors: str = ""
) -> str | None:
    """Return the finding on a cell of two rounds that are alike."""
    extra = Extra(database_connections=held, database_busy=busy, error_kinds=errors)
    use = database_use(replace(TRIAL, users=users, slots=slots), [extra, extra])
    assert use is not None
    assert (use.connections.middle, use.connections.rounds) == (held, 2)
    return use.finding


def test_more_than_two_connections_a_client_are_a_leak() -> None:
    """One for its request, one of the request before that is still closing."""
    assert finding(users=16, held=32) is None
    assert finding(users=16, held=33) == "connection leak"


@pytest.mark.parametrize(
    ("users", "slots", "held", "busy", "name"),
    [
        (64, None, 16, 14.0, "exhausted pool"),  # 14 of 16 at work, 64 clients want one
        (64, None, 16, 12.0, None),  # 12 of 16 is under 80%: some were free
        (64, 16, 16, 16.0, None),  # no more than 16 requests are worked on: slots are the limit
        (16, None, 16, 16.0, None),  # everybody has one
        (64, None, 0, 0.0, None),  # nobody asked the database
    ],
)
def test_a_pool_is_exhausted_where_all_of_it_works_and_more_is_wanted(
    users: int, slots: int | None, held: int, busy: float, name: str | None
) -> None:
    """Not where slots or clients are as few as its connections."""
    assert finding(users, held, busy, slots) == name


def test_a_pool_that_refuses_requests_is_exhausted() -> None:
    """Whatever else was counted."""
    assert finding(users=64, held=16, errors="pool=3 status=1") == "exhausted pool"


def test_a_cell_without_a_database_has_no_use_of_it() -> None:
    """None, not nought."""
    assert database_use(TRIAL, [Extra()]) is None

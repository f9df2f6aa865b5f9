"""What failed in a load step: the requests by name and reason, the lines of the server's log."""

from typing import Any

import pandas as pd

from harness.core.counted import Counted
from harness.measure.failures import of_log, of_requests
from tests.support.request_rows import request_rows


def failing(*failures: tuple[str, str, str, int | None]) -> pd.DataFrame:
    """Build rows of (name, error, failure, status), asked by GET."""
    names = ("name", "error", "failure", "status")
    columns: dict[str, Any] = {
        name: list(values) for name, values in zip(names, zip(*failures, strict=True), strict=True)
    }
    return request_rows(columns | {"method": ["GET"] * len(failures)})


def test_failures_are_counted_by_name_and_status() -> None:
    """Two of one page, one of another, and one that succeeded."""
    rows = failing(
        ("/a/", "status", "status 503", 503),
        ("/a/", "", "", 200),
        ("/b/", "connect", "ConnectionRefusedError: [Errno 111] Connection refused", None),
        ("/a/", "status", "status 503", 503),
    )
    assert of_requests(rows) == (
        Counted(2, "GET /a/: status 503"),
        Counted(1, "GET /b/: ConnectionRefusedError: [Errno 111] Connection refused"),
    )


def test_bodies_that_differ_each_time_are_one_failure_under_its_commonest_reason() -> None:
    """A token in a page is another in each answer."""
    reasons = ("at byte 9: expected b'a', got b'b'", "at byte 9: expected b'a', got b'c'")
    rows = failing(*(("/login/", "body", reasons[n % 3 // 2], 200) for n in range(3)))
    assert of_requests(rows) == (Counted(3, f"GET /login/: {reasons[0]}"),)


def test_a_log_of_an_earlier_version_tells_the_kind_alone() -> None:
    """It has no reasons, perhaps no names."""
    assert of_requests(failing(("", "reset", "", None))) == (Counted(1, "reset"),)


def test_nothing_failed() -> None:
    """As it should be."""
    assert of_requests(failing(("/a/", "", "", 200))) == ()


REFUSED = """Internal Server Error: /orders/{n}/
Traceback (most recent call last):
  File "/site/django/db/backends/base/base.py", line 279, in ensure_connection
    self.connect()
psycopg.OperationalError: port {n} failed: FATAL:  sorry, too many clients already

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/site/orders/views.py", line 12, in order
    raise ERROR
django.db.utils.OperationalError: connection failed: FATAL:  sorry, too many clients already
"""


def test_a_chain_of_exceptions_is_one_error_the_last() -> None:
    """The line of Django before it, and code that a traceback shows, are none of their own."""
    log = "".join(REFUSED.format(n=n) for n in range(37))
    assert of_log(log) == (Counted(37, "FATAL: sorry, too many clients already"),)


def test_lines_that_differ_in_numbers_alone_are_one_without_time_and_process() -> None:
    """Gunicorn's, of two workers; what only informs is no error."""
    log = """
[2026-11-26 05:06:08 +0000] [12] [INFO] Booting worker with pid: 13
[2026-11-26 05:06:38 +0000] [12] [CRITICAL] WORKER TIMEOUT (pid:13)
[2026-11-26 05:06:39 +0000] [12] [ERROR] Worker (pid:13) was sent SIGKILL! Perhaps out of memory?
[2026-11-26 05:06:39 +0000] [12] [CRITICAL] WORKER TIMEOUT (pid:14)
"""
    assert of_log(log) == (
        Counted(2, "WORKER TIMEOUT (pid:13)"),
        Counted(1, "Worker (pid:13) was sent SIGKILL! Perhaps out of memory?"),
    )


def test_what_a_server_refuses_and_whom_it_loses_is_told() -> None:
    """Uvicorn's words for either."""
    log = "WARNING:  Exceeded concurrency limit.\n" * 3 + "INFO:     Child process [9] died\n"
    assert of_log(log) == (
        Counted(3, "WARNING: Exceeded concurrency limit"),
        Counted(1, "INFO: Child process [9] died"),
    )


def test_exceptions_of_a_group_are_told_too() -> None:
    """Their traceback is set in."""
    log = """ERROR:    Exception in ASGI application
  + Exception Group Traceback (most recent call last):
  |   File "/site/asgi.py", line 1, in application
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/site/views.py", line 2, in look
    | ValueError: no number
    +------------------------------------
"""
    assert of_log(log) == (
        Counted(1, "ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)"),
        Counted(1, "ValueError: no number"),
    )

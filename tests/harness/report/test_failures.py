"""What failed is said once for each deployment and scenario."""

from dataclasses import replace

from harness.core.record import Record
from harness.report.failures import sentences
from tests.support.builders import SMALL, records


def changed(record: Record, failures: str, log_errors: str = "") -> Record:
    """Return a record with failures, and errors in its server's log."""
    return replace(record, extra=replace(record.extra, failures=failures, log_errors=log_errors))


def test_failures_of_all_rounds_and_loads_add_up_beside_the_errors_of_the_log() -> None:
    """Two loads of two rounds: 4 x 10 of one name, 4 x 37 lines."""
    log = "37 x FATAL: sorry, too many clients already"
    failed = [
        changed(record, "10 x GET /a/: status 503; 1 x GET /b/: status 404", log)
        for record in records(SMALL)
        if record.trial.deployment == "uvicorn"
        and record.trial.users > 1
        and record.trial.round < 3
    ]
    (sentence,) = sentences([*records(SMALL), *failed])
    assert sentence == (
        "`wait`, uvicorn at 16 and 256 clients: 40 x GET /a/: status 503, 4 x GET /b/: "
        "status 404; server.log has 148 x FATAL: sorry, too many clients already."
    )


def test_the_loads_are_those_that_failed() -> None:
    """A log is read when the next load step has begun: some of its lines are of that one."""
    uvicorn = [each for each in records(SMALL) if each.trial.deployment == "uvicorn"][:3]
    assert [each.trial.users for each in uvicorn] == [1, 16, 256]
    said = [
        changed(uvicorn[1], "", "2 x WARNING: full"),
        changed(uvicorn[2], "9 x 503", "9 x full"),
    ]
    (sentence,) = sentences(said)
    assert sentence.startswith("`wait`, uvicorn at 256 clients: 9 x 503")


def test_errors_of_a_log_are_told_though_no_request_failed() -> None:
    """A worker that was killed between two requests."""
    (sentence,) = sentences([changed(records(SMALL)[0], "", "1 x WORKER TIMEOUT (pid:13)")])
    assert sentence.endswith(": no request failed; server.log has 1 x WORKER TIMEOUT (pid:13).")


def test_a_run_without_failures_has_no_such_line() -> None:
    """As it should be."""
    assert sentences(records(SMALL)) == ()

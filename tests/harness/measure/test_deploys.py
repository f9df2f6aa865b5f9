"""What became of requests around an event: 10 a second for 10 s, the event after 5 s.

So 50 are due before it, numbers 1 to 50, at 100.0 to 104.9 s, and each ends 50 ms later.
"""

import pandas as pd
import pytest

from harness.core.deploys import Executions, Happening, Outcome
from harness.core.trial import Plateau
from harness.measure.deploys import outcome
from tests.support.deploys import AT, Requests, case, happening, plateau
from tests.support.request_rows import request_rows


def counted(
    requests: Requests,
    during: Plateau | None = None,
    event: Happening | None = None,
    keep_alive: bool = True,
) -> Outcome:
    """Count what became of requests; by default of a reload in the middle of the plateau."""
    frame = pd.DataFrame([*requests.rows.values()])
    rows = request_rows({str(name): frame[name] for name in frame})
    noted = Executions(requests.begun, requests.ended)
    return outcome(case(keep_alive), rows, during or plateau(), noted, event or happening())


def test_a_reload_that_nobody_notices_loses_nothing() -> None:
    """All add up, the gap is that between two requests, and the new process answers at once.

    Number 51 is due with the event, and answered after 50 ms.
    """
    one = counted(Requests())
    assert (one.asked, one.before, one.answered, one.lost) == (100, 50, 50, 0)
    assert (one.late, one.twice, one.astray, one.spoilt_before) == (0, 0, 0, 0)
    assert (one.in_flight, one.in_flight_lost, one.reopened) == (0, 0, 0)
    assert one.gap_ms == one.gap_before_ms == pytest.approx(100)
    assert one.took_over_s == pytest.approx(0.05)
    assert one.stopped_s is None


def test_lost_requests_are_told_by_how_and_by_how_far_the_application_had_come() -> None:
    """Refused: never begun. Cut: one in work, one finished. An error, a wrong body, and silence."""
    requests = Requests()
    requests.fail(60, "connect", begun=False)
    requests.fail(61, "reset", begun=True)
    requests.fail(62, "reset", begun=True, ended=True)
    requests.fail(63, "status", begun=True, ended=True)
    requests.fail(64, "body", begun=False)
    requests.leave(65, begun=True)
    one = counted(requests, plateau(unanswered=(106.4,)))
    kinds = (one.refused, one.cut, one.by_status, one.otherwise, one.unanswered)
    assert kinds == (1, 2, 1, 1, 1)
    assert one.lost == 6
    assert (one.lost_begun, one.lost_ended) == (4, 2)
    assert one.asked == one.before + one.answered + one.lost == 100
    assert one.astray == 0


def test_requests_in_flight_are_those_sent_before_the_event_and_not_answered_by_then() -> None:
    """Numbers 49 and 50 take a second: one is answered, one cut; number 48 is never answered."""
    requests = Requests()
    for number in (49, 50):
        requests.rows[number]["latency_ms"] = 1000.0
    requests.fail(50, "reset", begun=True)
    requests.leave(48, begun=True)
    one = counted(requests, plateau(unanswered=(104.7,)))
    assert (one.in_flight, one.in_flight_lost) == (3, 2)
    assert (one.before, one.lost) == (47, 2)


def test_late_counts_from_when_a_request_was_due() -> None:
    """Sent 400 ms after it was due and answered after 150 ms more: 550 ms, over 500."""
    requests = Requests()
    requests.rows[70] |= {"start_s": 107.3, "latency_ms": 150.0}
    requests.rows[80]["latency_ms"] = 499.0
    one = counted(requests)
    assert (one.late, one.lost) == (1, 0)


def test_a_request_that_two_processes_began_was_executed_twice() -> None:
    """Whatever its client had for an answer."""
    requests = Requests()
    requests.begun[55] = 2
    assert counted(requests).twice == 1


def test_the_longest_gap_ends_with_a_good_answer_or_with_the_load_step() -> None:
    """Numbers 51 to 70 fail: from 104.95 to 107.05 s nobody has an answer."""
    requests = Requests()
    for number in range(51, 71):
        requests.fail(number, "connect", begun=False)
    one = counted(requests)
    assert one.gap_ms == pytest.approx(2100)
    assert one.took_over_s == pytest.approx(2.05)
    for number in range(71, 101):
        requests.fail(number, "connect", begun=False)
    silent = counted(requests)
    assert silent.gap_ms == pytest.approx(1000 * (110 - 104.95))
    assert silent.took_over_s is None


def test_connections_made_after_the_event_were_closed_by_it() -> None:
    """One before it, two after it, and one that could not be made; none of a server without any."""
    requests = Requests()
    for number in (10, 52, 53):
        requests.rows[number]["connect_ms"] = 0.1
    requests.fail(54, "connect", begun=False)
    requests.rows[54]["connect_ms"] = 0.1
    assert counted(requests).reopened == 2
    assert counted(requests, keep_alive=False).reopened is None


def test_what_was_spoilt_before_the_event_is_not_its_doing() -> None:
    """One lost and one late, and a gap of 300 ms between numbers 30 and 33."""
    requests = Requests()
    requests.rows[10]["latency_ms"] = 600.0
    for number in (31, 32):
        requests.fail(number, "reset", begun=True)
    one = counted(requests)
    assert (one.spoilt_before, one.lost, one.late) == (3, 0, 0)
    assert one.gap_before_ms == pytest.approx(300)


def test_workers_that_end_by_themselves_begin_the_event_with_their_last_request() -> None:
    """The old process enters number 50 last, at 104.901 s: 49 requests had ended before.

    The new one first answers at 105.05 s.
    """
    one = counted(Requests(), event=happening(at_s=None))
    assert one.before == 49
    assert one.in_flight == 1
    assert one.took_over_s == pytest.approx(0.149)


def test_a_server_that_ended_did_so_after_the_event() -> None:
    """In seconds from it on."""
    assert counted(Requests(), event=happening(stopped_s=AT + 2)).stopped_s == pytest.approx(2)


def test_an_answer_without_an_execution_is_astray() -> None:
    """The application has no note of number 20, and has not ended number 21."""
    requests = Requests()
    del requests.begun[20], requests.ended[20], requests.ended[21]
    assert counted(requests).astray == 2


def test_a_number_that_client_and_server_have_lost_is_astray() -> None:
    """Number 66 has no row, and the load step knows of no unanswered request."""
    requests = Requests()
    requests.leave(66, begun=True)
    assert counted(requests).astray == 1


def test_requests_of_the_drain_are_in_flight_when_it_ends() -> None:
    """Numbers 101 to 105 were sent after the close: one has no row, and none counts."""
    requests = Requests(105)
    requests.leave(105, begun=True)
    one = counted(requests)
    assert (one.asked, one.lost, one.astray) == (100, 0, 0)

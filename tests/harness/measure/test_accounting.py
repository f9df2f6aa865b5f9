"""Who counted how many requests, with rows few enough to count by hand."""

from math import nan

import pandas as pd
import pytest

from harness.measure.accounting import by_process, counts
from tests.support.request_rows import request_rows

ON_THE_WAY_S = 0.1


def rows(*answers: tuple[float, float, int, int], failed: int = 0) -> pd.DataFrame:
    """Build rows of (start_s, end_s, process, nth), and some that failed without an answer."""
    nothing = [(100.0, 100.001, nan, nan)] * failed
    frame = pd.DataFrame([*answers, *nothing], columns=["start_s", "end_s", "process", "nth"])
    return request_rows(
        {
            "start_s": frame["start_s"],
            "latency_ms": (frame["end_s"] - frame["start_s"]) * 1000,
            "entered_s": (frame["start_s"] + ON_THE_WAY_S).where(frame["nth"].notna()),
            "process": frame["process"],
            "nth": frame["nth"],
            "error": [""] * len(answers) + ["reset"] * failed,
        }
    )


def one_a_second(*numbers: int, process: int = 1) -> list[tuple[float, float, int, int]]:
    """Build an answer for each number, one a second from second 100 on, each taking 0.5 s."""
    return [(100 + n, 100.5 + n, process, n) for n in numbers]


def both_counts(frame: pd.DataFrame, unanswered: int = 0) -> tuple[int | None, int | None]:
    """Return the server's and the client's count within a window from second 100 to 110."""
    both = counts(frame, 100, 110, unanswered)
    return both["requests_counted"], both["requests_known"]


def test_a_row_for_each_number_is_all_there_is() -> None:
    """Numbers 0 to 9 of one process and 0 to 4 of another: 15 on both sides."""
    frame = rows(*one_a_second(*range(10)), *one_a_second(*range(5), process=2))
    assert both_counts(frame) == (15, 15)


def test_a_number_without_a_row_is_a_request_that_the_client_lacks() -> None:
    """Every second number is missing: 0 to 8 are nine, the client has five."""
    assert both_counts(rows(*one_a_second(0, 2, 4, 6, 8))) == (9, 5)


def test_a_number_that_comes_twice_is_one_too_many_for_the_client() -> None:
    """Numbers 0, 1, 1, 2: three for the server, four for the client."""
    assert both_counts(rows(*one_a_second(0, 1, 1, 2))) == (3, 4)


def test_the_requests_of_each_process_are_counted() -> None:
    """Three of process 2, one of process 1, and one that failed without an answer."""
    frame = rows(*one_a_second(0), *one_a_second(0, 1, 2, process=2), failed=1)
    assert by_process(frame) == "3 1"
    assert by_process(rows(failed=1)) == ""


def test_a_redirect_excuses_the_number_of_its_first_answer() -> None:
    """Number 2 redirected to the answer with number 3, which has the row."""
    frame = rows(*one_a_second(0, 1, 3))
    assert both_counts(frame.assign(redirects=[0, 0, 1])) == (4, 4)


@pytest.mark.parametrize(("failed", "unanswered"), [(1, 0), (0, 1)])
def test_requests_without_an_answer_excuse_missing_numbers(failed: int, unanswered: int) -> None:
    """One of 0 to 3 is missing, and one request failed or is still unanswered."""
    assert both_counts(rows(*one_a_second(0, 1, 3), failed=failed), unanswered) == (4, 4)


def test_requests_under_way_at_the_edges_are_not_missed() -> None:
    """Numbers 7 to 9 were given within the window, 6 before and 10 after it."""
    frame = rows((98, 101, 1, 6), (99.95, 102, 1, 7), (103, 104, 1, 8), (109, 111, 1, 9))
    assert both_counts(pd.concat([frame, rows((109.95, 113, 1, 10))])) == (3, 3)


def test_requests_are_counted_that_last_longer_than_the_window() -> None:
    """Long polls: five were sent within its ten seconds, each is answered after twenty."""
    frame = rows(*((100.0 + n, 120.0 + n, 1, n) for n in range(5)))
    assert both_counts(frame) == (5, 5)
    assert both_counts(frame[frame["nth"] != 2]) == (5, 4)


def test_a_server_that_does_not_number_its_requests_has_no_count() -> None:
    """Not measured is not zero."""
    frame = rows(*one_a_second(1, 2)).assign(nth=float("nan"))
    assert both_counts(frame) == (None, None)

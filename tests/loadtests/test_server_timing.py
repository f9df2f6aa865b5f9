"""Only what the suite's own names say is taken from Server-Timing."""

import pytest

from _server_timing import times


def test_our_names_are_read_wherever_they_stand() -> None:
    """Beside those of the application, with or without spaces and descriptions."""
    header = 'db;dur=53, bench-view;dur=30.125;desc="a, b",bench-nth;dur=7, total;dur=90'
    assert times(header) == {"view": 30.125, "nth": 7.0}


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "total;dur=30.1, db-view;dur=900, await;dur=4",
        "process;dur=12.3, nth;dur=1",
        "view;dur=1.2.3",
        "bench-view;dur=1.2.3, bench-wait;dur=fast, bench-nth",
        "my-bench-view;dur=1, bench-viewer;dur=2, bench-view-of-mine;dur=3",
    ],
)
def test_what_an_application_tells_by_names_of_its_own_is_not_taken_for_ours(
    header: str | None,
) -> None:
    """Similar names, the same without the prefix, values that are no numbers."""
    assert times(header) == {}

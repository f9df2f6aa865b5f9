"""What a probe recorded, in sentences."""

import pytest

from harness.core.summary import StopTally
from harness.report.stops import sentences


def cell(**changed: int) -> StopTally:
    """Build a cell of one block with seven stops, up to 900 ms long."""
    numbers = {"blocks": 1, "stops": 7, "collecting": 7} | changed
    return StopTally("hold", "uvicorn", "asgi", longest_ms=900.0, **numbers)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (cell(), "stopped 7 times for up to 900 ms, while the garbage collector ran."),
        (
            cell(collecting=3, blocks=2),
            "stopped 7 times in 2 blocks for up to 900 ms, 3 of them while the garbage collector "
            "ran.",
        ),
        (
            cell(stops=1, collecting=0),
            "stopped once for up to 900 ms, never while the garbage collector ran.",
        ),
        (cell(stops=0, collecting=0), "never stopped."),
    ],
)
def test_a_sentence_says_how_often_how_long_and_what_ran(counts: StopTally, sentence: str) -> None:
    """An event loop is named as one."""
    assert sentences([counts]) == (f"For `hold`, the event loop of uvicorn {sentence}",)

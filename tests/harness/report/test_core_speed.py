"""Ratios that the cores explain are named; others are not."""

from dataclasses import replace

from harness.core.summary import Comparison
from harness.report.core_speed import explained
from harness.runs import compare
from tests.support.builders import deployment, sample

WSGI = deployment("gunicorn", "wsgi", slots=64)
ASGI = deployment("uvicorn", "asgi")


def compared(rate: float, speed: float) -> tuple[Comparison, ...]:
    """Compare ASGI at a rate, on a core so many times as fast, with ten requests a second."""
    sides = [sample(ASGI, 8, (rate,) * 3), sample(WSGI, 8, (10, 10, 10))]
    cores = [(speed,) * 3, (1.0,) * 3]
    return compare.compare([replace(s, core_speeds=c) for s, c in zip(sides, cores, strict=True)])[
        :1
    ]


def test_a_sentence_has_ratio_speed_and_what_is_left() -> None:
    """1.2 times as many on a core 1.25 times as fast: 0.96."""
    assert explained(compared(12, 1.25)) == (
        "For `wait` at 8 clients, the throughput of uvicorn was 1.20 times that of "
        "gunicorn, while its core was 1.25 times as fast: the cores explain the difference "
        "(adjusted 0.96).",
    )


def test_what_is_undecided_or_unexplained_needs_no_sentence() -> None:
    """1.01 is within the margin; 3 times as many is no matter of 1.25."""
    assert explained(compared(10.1, 1.25)) == ()
    assert explained(compared(30, 1.25)) == ()

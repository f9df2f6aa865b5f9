"""Ratios held against what claims predict, in cells by hand."""

from collections.abc import Sequence

import pytest

from harness.core.errors import BenchError
from harness.core.gate import GateName
from harness.core.summary import Sample
from harness.runs.claims import Finding, Prediction, Side, Verdict, decide, find, verdict
from tests.support.builders import deployment, sample

ASGI = deployment("uvicorn", "asgi")
WSGI = deployment("gunicorn", "wsgi", slots=64)


def faster(least: float | None = 1.03, most: float | None = None, users: int = 8) -> Prediction:
    """Return the claim that ASGI serves so many times as much as WSGI."""
    asgi = Side("uvicorn", users)
    return Prediction("wait", "throughput_rps", asgi, Side("gunicorn", 8), least, most)


def cells(asgi: Sequence[float | None], wsgi: Sequence[float | None]) -> list[Sample]:
    """Build the cells of both at 8 clients, from the rates of each round."""
    return [sample(ASGI, 8, asgi), sample(WSGI, 8, wsgi)]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (2.0, 2.5, "confirmed"),  # all of it within 2 to 3, bounds included
        (2.0, 3.0, "confirmed"),
        (1.0, 1.9, "refuted"),  # all below
        (3.1, 9.0, "refuted"),  # all above
        (1.9, 2.1, "depends"),  # across the lower bound
        (2.9, 3.1, "depends"),
        (1.0, 9.0, "depends"),  # across both
    ],
)
def test_a_ratio_within_the_bounds_confirms_one_outside_refutes(
    low: float, high: float, expected: Verdict
) -> None:
    """A claim of twice to three times as much."""
    assert decide(faster(2.0, 3.0), low, high) == expected


@pytest.mark.parametrize(
    ("least", "most", "expected"),
    [
        (0.9, None, "confirmed"),
        (None, 1.2, "confirmed"),
        (2, None, "refuted"),
        (None, 0.5, "refuted"),
    ],
)
def test_a_bound_that_is_not_claimed_does_not_judge(
    least: float | None, most: float | None, expected: Verdict
) -> None:
    """From 1 to 1.1, that is above 0.9 and below 1.2."""
    assert decide(faster(least, most), 1.0, 1.1) == expected


def test_the_range_of_the_ratio_decides_not_that_of_its_sides() -> None:
    """2,000 / 1,000, 4,000 / 2,000 and 6,000 / 3,000 are 2, though each side differs threefold."""
    finding = find(faster(), cells((2000, 4000, 6000), (1000, 2000, 3000)))
    assert (finding.ratio.low, finding.ratio.high, finding.ratio.rounds) == (2, 2, 3)
    assert (finding.top.middle, finding.bottom.middle) == (4000, 2000)
    assert (finding.verdict, finding.flagged) == ("confirmed", False)


def test_a_rate_of_few_answers_confirms_nothing() -> None:
    """In 8 s 88 and 80 answers, in each of three rounds: 1.1, give or take 2 sqrt(3/88 + 3/80) / 3.

    That is 0.18, so that the ratio lies between 0.92 and 1.32, on both sides of 1.03.
    """
    assert find(faster(), cells((11, 11, 11), (10, 10, 10))).verdict == "depends"
    assert find(faster(), cells((1100, 1100, 1100), (1000, 1000, 1000))).verdict == "confirmed"


def test_one_deployment_may_be_held_against_itself_at_another_load() -> None:
    """At 16 clients over 8."""
    prediction = Prediction(
        "wait", "throughput_rps", Side("uvicorn", 16), Side("uvicorn", 8), most=1.5
    )
    both = [sample(ASGI, 8, (1000, 1000, 1000)), sample(ASGI, 16, (2000, 2000, 2000))]
    assert find(prediction, both).verdict == "refuted"


def test_what_rests_on_a_flagged_trial_is_flagged() -> None:
    """As everywhere, it is shown, not dropped."""
    flagged = [
        sample(ASGI, 8, (2000, 2000, 2000), gates=(GateName.GENERATOR,)),
        sample(WSGI, 8, (1000, 1000, 1000)),
    ]
    assert find(faster(), flagged).flagged


def test_fewer_than_three_rounds_of_both_are_no_finding() -> None:
    """One of the three has no WSGI."""
    with pytest.raises(
        BenchError, match="gunicorn, wait at 8 clients: fewer than 3 rounds have th"
    ):
        find(faster(), cells((20, 20, 20), (10, None, 10)))


def test_a_cell_that_the_run_lacks_is_named() -> None:
    """With what to do."""
    with pytest.raises(BenchError, match=r"no uvicorn, wait at 64 clients; .* make claims"):
        find(faster(users=64), cells((20, 20, 20), (10, 10, 10)))


def test_findings_that_differ_make_a_claim_depend() -> None:
    """One that holds and one that does not are no verdict on all."""
    more = find(faster(), cells((2000,) * 3, (1000,) * 3))
    less = find(faster(), cells((1000,) * 3, (2000,) * 3))
    both: list[tuple[list[Finding], Verdict]] = [
        ([more, more], "confirmed"),
        ([less], "refuted"),
        ([more, less], "depends"),
    ]
    assert [verdict(findings) for findings, _ in both] == [expected for _, expected in both]

"""Which share was served in time in each round, and which order held in all of them."""

from collections.abc import Sequence
from dataclasses import replace

from harness.core import statistics
from harness.core.gate import GateName
from harness.core.summary import Sample
from harness.report.in_time import sentence
from tests.support.builders import deployment, sample


def served(name: str, shares: Sequence[float | None], gates: Sequence[GateName] = ()) -> Sample:
    """Build a cell of 10,000 clients from the share that each round served in time."""
    cell = sample(deployment(name, "asgi"), 10_000, [share and 100.0 for share in shares], gates)
    known = [share for share in shares if share is not None]
    return replace(
        cell,
        objective_ms=21_000,
        served=statistics.spread(known, within=(0.0, 1.0)),
        served_by_round=tuple(shares),
    )


def test_each_share_has_its_range_and_the_orders_that_held_are_told_from_those_that_did_not() -> (
    None
):
    """`a` led always; `b` led `c` in two rounds of three."""
    cells = [
        served("c", (0.5, 0.4, 0.9), gates=(GateName.ARRIVALS,)),
        served("a", (1.0, 1.0, 0.95)),
        served("b", (0.9, 0.85, 0.8)),
    ]
    assert sentence(cells) == (
        "at 10,000 clients, these shares were served within 21.0 s, from the lowest round to the "
        "highest: 95.0% to 100.0% by a; 80.0% to 90.0% by b; 40.0% to 90.0% by c, flagged. "
        "More in every round: a than b, c. Not in every round: b more than c (in 2 of 3)."
    )


def test_deployments_that_serve_the_same_in_every_round_are_said_to() -> None:
    """Both serve all in time."""
    text = sentence([served("a", (1.0, 1.0)), served("b", (1.0, 1.0))])
    assert text.endswith("100.0% by a; 100.0% by b. The same in every round: a and b.")


def test_one_round_has_a_share_and_no_order() -> None:
    """An order of one round holds by itself; without a second round of anyone nothing is said."""
    once = served("once", (0.0, None))
    text = sentence([served("a", (1.0, 0.9)), served("b", (0.5, 0.6)), once])
    assert "0.0% by once (one round)" in text
    assert text.endswith("More in every round: a than b.")
    assert sentence([served("a", (1.0,)), served("b", (0.5,))]) == ""


def test_a_scenario_without_an_objective_says_nothing_of_it() -> None:
    """No share was counted."""
    assert sentence([sample(deployment("a", "asgi"), 8, (1, 1))]) == ""

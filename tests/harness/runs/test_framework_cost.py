"""What a framework costs beyond its ground, from samples by hand."""

from dataclasses import replace

import pytest

from harness.core.plan import Plan
from harness.core.summary import Sample, Spread
from harness.report import frameworks
from harness.runs.framework_cost import METRIC, framework_costs
from tests.support.builders import deployment, plan, sample

GROUND = deployment("bare", "wsgi")
FLASK = deployment("flask", "wsgi").model_copy(update={"ground": "bare"})
PLAN: Plan = plan(deployments=(GROUND, FLASK))


def cell(name: str, *cpu_ms: float | None) -> Sample:
    """Build a cell from the CPU time per request of each round."""
    server = GROUND if name == "bare" else FLASK
    known = sorted(ms for ms in cpu_ms if ms is not None)
    middle = known[len(known) // 2] if known else 0.0
    spread = {METRIC: Spread(middle, known[0], known[-1], len(known), "range")} if known else {}
    built = sample(server, 48, [1.0 for _ in cpu_ms], scenario="plain")
    return replace(built, metrics=spread, per_round={METRIC: cpu_ms})


def test_the_share_is_what_lies_beyond_the_ground() -> None:
    """0.4 ms of 0.5: 80%; round by round 75% of 0.4 (0.1 below), 80% of 0.5 and 85% of 0.6.

    0.1 / 0.4 = 25% and 0.09 / 0.6 = 15% are the ground's.
    """
    samples = [cell("bare", 0.1, 0.1, 0.09), cell("flask", 0.4, 0.5, 0.6)]
    (cost,) = framework_costs(PLAN, samples)
    assert (cost.deployment, cost.ground, cost.decided) == ("flask", "bare", True)
    shares = (cost.share.low, cost.share.middle, cost.share.high)
    assert shares == pytest.approx((0.75, 0.80, 0.85))


def test_what_cannot_be_told_apart_is_not_decided() -> None:
    """One round of three lies the other way."""
    (cost,) = framework_costs(PLAN, [cell("bare", 0.5, 0.5, 0.5), cell("flask", 0.6, 0.5, 0.4)])
    assert not cost.decided
    assert frameworks.sentences([cost])[0].endswith("of flask inconclusive (-25% to 17%).")


def test_without_a_ground_there_is_nothing_to_say() -> None:
    """No key in the plan, no cell of the ground, or no round of both."""
    flask = cell("flask", 0.4, 0.5, None)
    assert framework_costs(PLAN, [flask]) == ()
    assert framework_costs(PLAN, [cell("bare", None, None, 0.1), flask]) == ()
    assert framework_costs(plan(), [cell("bare", 0.1, 0.1, 0.1), flask]) == ()


def test_the_report_has_a_row_and_a_sentence() -> None:
    """In milliseconds and as a share."""
    costs = framework_costs(PLAN, [cell("bare", 0.1, 0.1, 0.09), cell("flask", 0.4, 0.5, 0.6)])
    (text,) = frameworks.sentences(costs)
    assert text == (
        "For `plain` at 48 clients, this much of the server CPU per request was the framework's, "
        "and the rest that of the server and the view: 80% (75% to 85%) of flask."
    )

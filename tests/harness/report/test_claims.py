"""The registry of claims, beside the plan that measures them."""

from pathlib import Path

from harness.core import plan_file
from harness.core.metrics import METRICS
from harness.report.claims import CLAIMS
from harness.runs.claims import LEAST_ROUNDS

PLAN, _ = plan_file.read(Path("loadtests/plans/claims.toml"))
PREDICTIONS = [prediction for claim in CLAIMS for prediction in claim.predictions]

Cell = tuple[str, str, int]


def predicted() -> set[Cell]:
    """List the cells that predictions name."""
    return {
        (each.scenario, side.deployment, side.users)
        for each in PREDICTIONS
        for side in (each.top, each.bottom)
    }


def measured() -> set[Cell]:
    """List the cells of the plan."""
    return {
        (scenario.name, deployment.name, users)
        for scenario in PLAN.scenarios
        for deployment in PLAN.against(scenario)
        for users in PLAN.load_of(scenario, deployment).users
    }


def test_the_plan_measures_what_claims_predict_and_nothing_else() -> None:
    """Every scenario, deployment and load."""
    assert predicted() == measured()


def test_the_plan_has_enough_rounds_to_judge_by() -> None:
    """At least three, for every deployment."""
    assert PLAN.rounds >= LEAST_ROUNDS
    assert not any(scenario.rounds for scenario in PLAN.scenarios)


def test_each_claim_has_a_name_a_source_and_something_that_can_fail() -> None:
    """A prediction without a bound, or of no metric, would hold whatever was measured."""
    assert len({claim.key for claim in CLAIMS}) == len(CLAIMS) >= 7
    assert all(claim.source.startswith("https://") and claim.predictions for claim in CLAIMS)
    for each in PREDICTIONS:
        assert each.metric in METRICS
        assert each.top != each.bottom
        assert (each.least, each.most) != (None, None)

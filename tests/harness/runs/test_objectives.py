"""Up to which load an objective was met, from records by hand."""

from dataclasses import replace
from statistics import median

import pytest

from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.plan import Objective, Plan
from harness.core.record import Extra, Record
from harness.runs.objectives import attainments, meets
from tests.support.builders import SMALL, records

OBJECTIVE = Objective(p95_ms=500)
GTHREAD, UVICORN = (each.name for each in SMALL.deployments)


def trial(p95_ms: float | None, errors: float = 0, unanswered: float = 0) -> Record:
    """Build the record of a trial with a p95, and shares that failed and got no answer."""
    some = records(SMALL)[0]
    measured = Measurement(requests=100, error_share=errors, latency_p95_ms=p95_ms)
    return replace(some, measurement=measured, extra=Extra(unanswered_share=unanswered))


@pytest.mark.parametrize(
    ("record", "met"),
    [
        (trial(500), True),
        (trial(500.1), False),
        (trial(20, errors=0.001), True),
        (trial(20, errors=0.002), False),
        (trial(20, errors=0.0006, unanswered=0.0006), False),
        (trial(None), None),
    ],
)
def test_a_trial_meets_an_objective_within_all_its_limits(record: Record, met: bool | None) -> None:
    """At most 500 ms and at most 0.1% failed or unanswered; unknown without a p95."""
    assert meets(record, OBJECTIVE) is met


def test_a_lower_bound_within_the_limit_proves_nothing() -> None:
    """Of 10% unanswered requests half may lie below the p95: beyond the limit it is missed."""
    generous = Objective(p95_ms=500, failed_share=0.2)
    assert meets(trial(400, unanswered=0.1), generous) is None
    assert meets(trial(600, unanswered=0.1), generous) is False


def test_a_trial_that_failed_meets_nothing() -> None:
    """It has no measurement."""
    assert meets(replace(trial(20), measurement=Measurement()), OBJECTIVE) is False


def aimed(**limits: float) -> Plan:
    """Return SMALL (loads of 1, 16 and 256 users) with an objective of its scenario."""
    scenario = SMALL.scenarios[0].model_copy(update={"objective": Objective(**limits)})
    return SMALL.model_copy(update={"scenarios": (scenario,)})


def test_the_highest_load_is_the_last_before_one_that_was_missed() -> None:
    """64 threads serve 256 users in a second, an event loop in 250 ms; a p95 is 1.2 times that."""
    plan = aimed(p95_ms=500)
    threads, loop = attainments(plan, records(plan))
    assert (threads.highest, threads.missed, threads.flagged) == (16, 256, False)
    assert (loop.highest, loop.missed, loop.flagged) == (256, None, False)


def test_the_rates_of_both_loads_bracket_what_is_held() -> None:
    """Medians over the rounds; of a closed loop those served, of an open one those offered."""
    plan = aimed(p95_ms=500)
    closed = records(plan)
    served = {
        users: median(
            each.measurement.throughput_rps or 0
            for each in closed
            if (each.trial.deployment, each.trial.users) == (GTHREAD, users)
        )
        for users in (16, 256)
    }
    threads, loop = attainments(plan, closed)
    assert (threads.highest_rps, threads.below_rps) == (served[16], served[256])
    assert loop.below_rps is None
    offered = [replace(each, trial=replace(each.trial, rate_rps=77.0)) for each in closed]
    threads, _ = attainments(plan, offered)
    assert (threads.highest_rps, threads.below_rps) == (77, None)


def test_one_round_that_misses_is_enough_and_later_loads_do_not_count() -> None:
    """Of three rounds at 16 users one is slow: 1 is the highest, though 256 was met."""
    plan = aimed(p95_ms=500)
    slow = [
        replace(each, measurement=replace(each.measurement, latency_p95_ms=501.0))
        if (each.trial.users, each.trial.round) == (16, 2)
        else each
        for each in records(plan)
    ]
    _, loop = attainments(plan, slow)
    assert (loop.deployment, loop.highest, loop.missed) == (UVICORN, 1, 16)


def test_a_load_that_cannot_be_judged_is_passed_over() -> None:
    """One user asks too seldom for a p99, which 256 users have."""
    plan = aimed(p99_ms=5_000)
    assert attainments(plan, records(plan))[1].highest == 256


def test_nothing_is_met_where_the_lowest_load_misses() -> None:
    """No request can be faster than its wait of 250 ms."""
    plan = aimed(p50_ms=200)
    assert [(each.highest, each.missed) for each in attainments(plan, records(plan))] == [
        (None, 1),
        (None, 1),
    ]


def test_a_highest_load_that_rests_on_a_flagged_trial_is_flagged() -> None:
    """Any of its rounds."""
    plan = aimed(p95_ms=500)
    doubt = Doubt(GateName.HOST, "a reason")
    flagged = [
        replace(each, doubts=(doubt,)) if (each.trial.users, each.trial.round) == (256, 1) else each
        for each in records(plan)
    ]
    assert [each.flagged for each in attainments(plan, flagged)] == [False, True]


def test_a_scenario_without_an_objective_has_no_attainment() -> None:
    """Nor has a deployment of which nothing was measured."""
    assert attainments(SMALL, records(SMALL)) == ()
    assert attainments(aimed(p95_ms=500), ()) == ()

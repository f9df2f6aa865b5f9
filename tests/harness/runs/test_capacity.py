"""A capacity search over the trials of a run: what each says, and which comes next."""

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import pytest

from harness.core.errors import BenchError
from harness.core.gate import GateName
from harness.core.holding import Limit, Outcome
from harness.core.metrics import Measurement
from harness.core.plan import Load, Objective, Quantity, Scenario
from harness.host.machine import Cores
from harness.measure.envelope import Envelope
from harness.rig.places import Here
from harness.runs import capacity, start, trial_row
from harness.runs.facts import RunFacts
from harness.runs.store import Run
from tests.support.capacities import (
    GTHREAD,
    OBJECTIVE,
    PLAN,
    SCENARIO,
    UVICORN,
    holds,
    measured,
    record,
    records_of_search,
    searched,
    target,
)
from tests.support.envelopes import point
from tests.support.fakes import Fake, fake, fake_locust

__all__ = ["fake", "fake_locust"]

HERE = Here(Cores((0,), (0,)))
(TRIAL,) = target().block(100, 1).trials


@pytest.mark.parametrize(
    ("p95_ms", "gates", "grew", "outcome"),
    [
        (260, (), False, Outcome.MET),
        (501, (), False, Outcome.MISSED),
        (501, (GateName.STEADY, GateName.UNANSWERED), False, Outcome.MISSED),
        (260, (), True, Outcome.MISSED),
        (260, (GateName.STEADY,), False, Outcome.VOID),
        (501, (GateName.GENERATOR,), False, Outcome.VOID),
        (260, (GateName.ENVELOPE,), True, Outcome.VOID),
    ],
)
def test_a_flagged_trial_meets_nothing_and_misses_only_by_what_an_overload_does(
    p95_ms: float, gates: tuple[GateName, ...], grew: bool, outcome: Outcome
) -> None:
    """Where the measurement itself is in doubt, it says nothing; a queue that grows is not held."""
    trial = record(TRIAL, measured(100, p95_ms), *gates, grew=grew)
    assert capacity.outcome(OBJECTIVE, trial) is outcome


def test_a_trial_that_failed_or_cannot_be_judged_says_nothing() -> None:
    """Without a measurement, or with too few requests for a p95."""
    failed = record(TRIAL, Measurement(), GateName.FAILED)
    few = record(TRIAL, replace(measured(100, 260), latency_p95_ms=None))
    assert capacity.outcome(OBJECTIVE, failed) is capacity.outcome(OBJECTIVE, few) is Outcome.VOID


def test_a_load_step_has_requests_enough_for_its_percentile() -> None:
    """p99 needs 500: at 50/s over 10 s, and more by what chance may leave out; p95 needs 20."""
    demanding = target(objective=Objective(p99_ms=1000))
    assert demanding.block(50, 1).load.measure_s == pytest.approx(10 * capacity.SPARE)
    assert target().block(50, 1).load.measure_s == capacity.MEASURE_S


def test_a_load_step_has_clients_for_all_that_the_objective_lets_be_in_flight() -> None:
    """200/s within 500 ms: 100 in flight, by Little's law, and half as many again."""
    load = target().block(200, 1).load
    assert load.clients == capacity.LEAST_CLIENTS + 150
    assert (load.rates_rps, load.growth_most_ms) == ((200,), 500)


def test_users_of_a_closed_loop_have_no_queue_that_grows() -> None:
    """There are as many requests in flight as users, at most."""
    load = target(quantity="users").block(16, 1).load
    assert (load.users, load.growth_most_ms) == ((16,), None)


def test_a_search_finds_what_a_server_holds() -> None:
    """Overloaded trials are flagged as such and count as missed all the same."""
    result = searched(holds(256), target())
    assert result.capacity.limit is Limit.OBJECTIVE
    assert result.capacity.low and result.capacity.high
    assert result.capacity.low < 256 < result.capacity.high


def test_most_users_are_searched_by_what_little_expects_of_an_overload() -> None:
    """256 requests/s within 500 ms allow 128 users: that is tried soon after the first miss."""
    result = searched(lambda load: holds(256)(load * 256 / 128), target(quantity="users"))
    assert result.capacity.load == pytest.approx(128, rel=0.06)
    assert len(result.trials) <= 12


def test_rates_stay_within_what_was_calibrated() -> None:
    """Five percent below, which chance does not reach; without a calibration up to a limit."""
    facts = RunFacts(schema=1, started="", plan="", machine={})
    calibrated = replace(facts, calibration=Envelope((point(1000, users=64),)))
    plan = PLAN.model_copy(update={"scenarios": (_with_locustfile(),)})
    for given, highest in ((facts, capacity.MOST_RPS), (calibrated, 950)):
        targets = capacity.all_targets(plan, given)
        assert [each.scope.highest for each in targets] == [highest] * len(PLAN.deployments)


@pytest.mark.parametrize(
    ("load", "quantity", "first"),
    [
        ({"rates_rps": (30, 60)}, "rate", 30),
        ({"users": (4, 8)}, "users", 4),
        ({"users": (4, 8)}, "rate", capacity.FIRST_RPS),
        ({"fractions": (0.5,), "of": "wait"}, "rate", capacity.FIRST_RPS),
    ],
)
def test_a_search_begins_where_the_load_of_its_model_does(
    load: dict[str, Any], quantity: Quantity, first: float
) -> None:
    """At its lowest step; fractions of a capacity are no rate."""
    facts = RunFacts(schema=1, started="", plan="", machine={})
    climb = Load(**load, settle_s=1, measure_s=1)
    scenario = _with_locustfile().model_copy(update={"load": climb})
    plan = PLAN.model_copy(update={"scenarios": (scenario,)})
    assert capacity.all_targets(plan, facts, quantity)[0].scope.first == first


def test_a_run_searches_where_the_load_of_a_scenario_is_a_search() -> None:
    """Another scenario with an objective climbs; `make capacity` searches there too."""
    facts = RunFacts(schema=1, started="", plan="", machine={})
    search = Load(search="users", clients=300, settle_s=3, measure_s=9, tail_s=7, spawn_rate=50)
    own = _with_locustfile().model_copy(update={"name": "own", "load": search})
    plan = PLAN.model_copy(update={"scenarios": (_with_locustfile(), own)})
    targets = capacity.targets(plan, facts)
    assert [each.scenario.name for each in targets] == ["own"] * len(PLAN.deployments)
    assert (targets[0].scope.highest, targets[0].scope.whole) == (300, True)
    everywhere = capacity.all_targets(plan, facts)
    assert {(each.scenario.name, each.model) for each in everywhere} == {
        ("wait", "open"),
        ("own", "closed"),
    }
    assert {each.model for each in capacity.all_targets(plan, facts, "rate")} == {"open"}


def test_no_load_step_of_a_search_is_shorter_than_its_load_says() -> None:
    """Nor has it more clients; 20 requests for a p95 would take 0.1 s at 200/s."""
    search = Load(search="rate", clients=150, settle_s=3, measure_s=9, tail_s=7, processes=2)
    load = capacity.target(GTHREAD, SCENARIO, search).block(200, 1).load
    assert (load.settle_s, load.measure_s, load.tail_s) == (3, 9, 7)
    assert (load.clients, load.processes, load.search) == (150, 2, None)


def test_a_run_is_unfinished_while_a_search_of_its_plan_is(fake: Fake) -> None:
    """Its trials are those of the run, in whatever order they stand."""
    text = fake.run.facts.plan.replace("users = [1, 2]", 'search = "rate"').replace(
        "settings = {", "objective = { p95_ms = 500 }\nsettings = {"
    )
    run = Run.create(fake.run.folder.parent / "searched", text, {}, "", [])
    targets = capacity.targets(run.plan, run.facts)
    ended = [each for of in targets for each in records_of_search(holds(256), of)]
    assert capacity.unfinished(run, ()) == targets
    assert capacity.unfinished(run, ended[::-1]) == ()
    assert capacity.unfinished(run, ended[:-1]) == targets[1:]
    for each in ended[:-1]:
        run.append(each)
    assert not start.is_finished(run)
    run.append(ended[-1])
    assert start.is_finished(run)


def _with_locustfile() -> Scenario:
    return SCENARIO.model_copy(update={"locustfile": Path("loadtests/wait.py")})


def test_a_search_goes_on_from_the_rows_of_its_run() -> None:
    """A load as trials.csv has it is the load that was asked, for each number of trials."""
    its = target()
    records = records_of_search(holds(123), its)
    rows = [trial_row.cells("run", each) for each in records]
    read = [
        trial_row.record(dict(zip(trial_row.COLUMNS, row, strict=True)), "here") for row in rows
    ]
    for done, before in enumerate(records):
        block = capacity.next_block(its, read[:done])
        assert block and block.trials == (before.trial,)
    assert capacity.next_block(its, read) is None


def test_a_pass_has_one_trial_of_each_search_on_a_server_of_its_own(fake: Fake) -> None:
    """Two searches, two passes; a search that was stopped goes on with its second trial."""
    aimed, search = _aimed(fake), capacity.in_place_of(fake.run.plan.load, "rate")
    targets = [capacity.target(each, aimed, search) for each in fake.run.plan.deployments]
    first = [*islice(capacity.carry_out(fake.run, targets, HERE), 2)]
    second = [*islice(capacity.carry_out(fake.run, targets, HERE), 2)]
    for records, number in ((first, 1), (second, 2)):
        assert {each.trial.deployment for each in records} == {"first", "second"}
        assert {each.trial.round for each in records} == {number}
    starts = [line for line in fake.lines if line.endswith("starts")]
    assert len(starts) == 4


def test_a_run_is_searched_by_one_model_of_load(fake: Fake) -> None:
    """Its trials would be mixed up with those of another."""
    rate, users = (
        capacity.target(
            fake.run.plan.deployments[0],
            _aimed(fake),
            capacity.in_place_of(fake.run.plan.load, quantity),
        )
        for quantity in get_args(Quantity)
    )
    next(capacity.carry_out(fake.run, [rate], HERE))
    with pytest.raises(BenchError, match="has searched by another model of load; name a new run"):
        next(capacity.carry_out(fake.run, [users], HERE))


def _aimed(fake: Fake) -> Scenario:
    """Return the scenario of a run with an objective."""
    return fake.run.plan.scenarios[0].model_copy(update={"objective": OBJECTIVE})


def test_the_estimate_counts_the_usual_number_of_trials() -> None:
    """Two targets take twice as long as one."""
    one, two = target(), target(UVICORN)
    assert capacity.seconds_of([one, two]) == pytest.approx(2 * capacity.seconds_of([one]))
    assert 60 < capacity.seconds_of([one]) < 150

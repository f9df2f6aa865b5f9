"""What a plan asks, the two plans that answer it, and what their trials come to."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.core import plan_file, plan_text
from harness.core.advice import can_be_met
from harness.core.bounds import Bound
from harness.core.candidates import HEADROOM, MISFIT, Demand, Forecast
from harness.core.errors import BenchError
from harness.core.gate import Doubt, GateName
from harness.core.plan import Plan
from harness.core.record import Record
from harness.core.summary import Summary
from harness.core.trial import Block
from harness.runs import advice
from harness.runs.advice import BUDGET_S, LEAST_VERIFIED, SPARE, Question
from harness.runs.demand import demands
from harness.runs.store import Run
from harness.runs.summarise import summarise
from tests.support.builders import record
from tests.support.plans import SUITE

PLAN, _ = plan_file.read(SUITE / "loadtests" / "plans" / "advise.toml")
MACHINE = {"server_cores": "1", "separation": "on different cores", "memory_gib": "8"}

# S of the suite's own app behind each server, and so the answer to its plan.
CPU_MS = {"gevent": 0.7, "uvicorn": 1.1, "uvicorn-shared": 0.6}


def question(name: str | None = None, users: int | None = None, whole: Plan = PLAN) -> Question:
    """Return what a plan asks."""
    return advice.ask(whole, "a plan", name, users)


def trials(plan: Plan, flag: GateName | None = None) -> list[Record]:
    """Build the trials of a plan from the bounds: each server with the S of its template."""
    own = plan.scenarios[0]
    doubts = (Doubt(flag, "a reason"),) if flag else ()
    every = [
        record(trial, own, _cpu_ms(trial.deployment), 0.97)
        for number in range(1, plan.rounds + 1)
        for deployment in plan.deployments
        for trial in Block(deployment, own, plan.load_of(own, deployment), number).trials
    ]
    return [
        replace(each, doubts=doubts, extra=replace(each.extra, drift_share=0.0)) for each in every
    ]


def _cpu_ms(name: str) -> float:
    return CPU_MS.get(name, 0.5 if name.startswith("gthread") else 1.3)


def summary(own: Question) -> tuple[Summary, tuple[Demand, ...]]:
    """Return the summary of the first plan, and the demands by it."""
    plan = advice.demand_plan(own)
    records = trials(plan)
    whole = summarise("run", plan, MACHINE, records)
    return whole, demands(own.scenario, own.objective, whole.samples, records)


def expected(own: Question) -> tuple[Forecast, ...]:
    """Return what is expected of all servers."""
    return advice.expectations(own, summary(own)[1], cores=1)


def test_the_first_scenario_with_an_objective_and_its_highest_load_are_asked_for() -> None:
    """Or those that are named."""
    assert (question().scenario.name, question().users) == ("wait", 600)
    assert (question("compute", 7).scenario.name, question("compute", 7).users) == ("compute", 7)
    assert question().current.deployment.name == "gunicorn-sync"


def changed(**keys: object) -> Plan:
    """Return the plan with keys of its first scenario replaced, and no other scenario."""
    scenario = PLAN.scenarios[0].model_copy(update=keys)
    return PLAN.model_copy(update={"scenarios": (scenario,)})


def test_what_is_missing_is_asked_for() -> None:
    """With the cure, in one line."""
    with pytest.raises(BenchError, match="a plan: scenario wait has no objective; add one"):
        question(whole=changed(objective=None))
    with pytest.raises(BenchError, match="no scenario wat; choose one of wait, blend, compute"):
        question("wat")
    load = PLAN.scenarios[0].load
    assert load
    arrivals = changed(load=load.model_copy(update={"users": (), "rates_rps": (10.0,)}))
    with pytest.raises(BenchError, match="USERS=300"):
        question(whole=arrivals)
    assert advice.demand_plan(question(users=40, whole=arrivals)).load.users == (1, 5, 20)


def test_the_first_plan_measures_each_kind_of_server_once() -> None:
    """A lone user, an eighth of those expected, and half of them."""
    plan = advice.demand_plan(question())
    assert (plan.rounds, plan.load.users) == (1, (1, 75, 300))
    assert [each.name for each in plan.deployments] == [
        "gunicorn-sync",
        "gthread-1024",
        "gevent",
        "uvicorn",
        "uvicorn-shared",
        "uvicorn-sync-views",
    ]


def test_the_second_plan_measures_the_best_around_what_is_expected_of_them() -> None:
    """512 threads are expected to hold some 1,000 users: from a third of that to two fifths more.

    What there is now can hold hardly any.
    """
    plan = advice.verification_plan(question(), expected(question()), BUDGET_S)
    names = [each.name for each in plan.deployments]
    assert names[:3] == ["gunicorn-sync", "gthread-512", "uvicorn-shared"]
    assert plan.rounds == 3
    steps = plan.scenarios[0].only
    assert min(steps["gthread-512"]) < 400 < 900 < max(steps["gthread-512"]) <= HEADROOM * 600
    assert max(steps["gunicorn-sync"]) < 20


def test_both_plans_are_ordinary_ones() -> None:
    """They survive being written, and nothing is wrong with them."""
    for plan in (
        advice.demand_plan(question("blend")),
        advice.verification_plan(question(), expected(question()), BUDGET_S),
    ):
        assert plan_file.parse(plan_text.text(plan), "written", Path("/")) == plan


def test_what_refers_to_other_deployments_is_left_out() -> None:
    """A plan of frameworks, say: their ground may not be among what is measured."""
    deployments = [each.model_copy(update={"ground": "other"}) for each in PLAN.deployments]
    load = PLAN.load.model_copy(update={"users": (), "fractions": (0.5,), "of": "other"})
    whole = changed(load=load, deployments=("uvicorn",), instructions=("/{views}/",))
    own = question(users=40, whole=whole.model_copy(update={"deployments": tuple(deployments)}))
    plan = advice.demand_plan(own)
    assert plan_file.parse(plan_text.text(plan), "written", Path("/")) == plan
    assert [each.name for each in plan.deployments] == ["uvicorn"]


def test_as_many_servers_are_measured_as_there_is_time_for() -> None:
    """Never fewer than what there is, the best, and the best of the other interface."""
    own = question()
    for left_s in (500, 400, 300):
        plan = advice.verification_plan(own, expected(own), left_s)
        assert advice.seconds(plan) <= SPARE * left_s
    slow = advice.verification_plan(own, expected(own), 500, pace=1.5)
    assert 1.5 * advice.seconds(slow) <= SPARE * 500
    least = advice.verification_plan(own, expected(own), 0)
    assert len(least.deployments) == LEAST_VERIFIED
    assert {each.interface for each in least.deployments} == {"wsgi", "asgi"}


def test_where_time_is_left_they_climb_further() -> None:
    """So that a server which holds more than is expected of it is seen to miss somewhere."""
    own = question()
    by_time = [advice.verification_plan(own, expected(own), left_s) for left_s in (300, 900)]
    short, long = (plan.scenarios[0].only["gunicorn-sync"] for plan in by_time)
    assert set(short) < set(long)
    assert max(long) > max(short)
    two = advice.verification_plan(own, expected(own)[:2], 900)
    assert two.scenarios[0].only["gunicorn-sync"] == long


@pytest.mark.parametrize("name", ["wait", "blend", "compute"])
def test_all_of_it_takes_ten_minutes_at_most(name: str) -> None:
    """By the estimate that it begins with."""
    assert advice.most_seconds(question(name)) == BUDGET_S


def test_long_load_steps_take_longer_and_the_estimate_says_so() -> None:
    """A site that needs windows of 30 s."""
    load = PLAN.load.model_copy(update={"measure_s": 30})
    assert advice.most_seconds(question(whole=changed(load=load))) > 2 * BUDGET_S


def test_without_a_model_all_loads_are_tried_down_to_a_small_part_of_what_is_expected() -> None:
    """Where nothing is forecast: 600 / 16 = 38 users, up to 600."""
    own = question()
    unknown = [replace(each, users=None) for each in expected(own)]
    plan = advice.verification_plan(own, unknown, BUDGET_S)
    assert plan.scenarios[0].only["gunicorn-sync"] == (38, 150, 300, 600)


def test_the_suites_own_app_gets_the_threads_that_fill_the_core() -> None:
    """By trials at the bounds: 512 threads at 0.5 ms hold more than a loop at 0.6 ms."""
    own = question()
    whole, takes = summary(own)
    plan = advice.verification_plan(own, expected(own), BUDGET_S)
    by = advice.advice(own, whole, takes, expected(own), plan, trials(plan))
    assert (by.ending, by.recommended) == ("change", "gthread-512")
    assert by.winner and by.winner.reach and by.winner.at
    assert 600 < by.winner.reach.low <= by.winner.reach.users
    assert "-m gunicorn config.wsgi:application" in by.winner.command
    assert "--bind=127.0.0.1:8000" in by.winner.command
    assert by.case.memory_mib == 8 * 1024
    assert by.flip and by.flip.interface == "asgi"


def test_flagged_trials_recommend_nothing() -> None:
    """All of the second plan by a busy host."""
    own = question()
    whole, takes = summary(own)
    plan = advice.verification_plan(own, expected(own), BUDGET_S)
    by = advice.advice(own, whole, takes, expected(own), plan, trials(plan, GateName.HOST))
    assert (by.ending, by.recommended) == ("flagged", None)
    assert {flag for each in by.verifications for flag in each.flags} == {"host"}


def test_an_objective_below_what_a_lone_user_waits_needs_no_second_plan() -> None:
    """250 ms of 200."""
    impossible = changed(objective=question().objective.model_copy(update={"p95_ms": 200.0}))
    own = question(whole=impossible)
    whole, takes = summary(own)
    assert not can_be_met(takes, own.objective)
    assert advice.advice(own, whole, takes).ending == "no load meets it"


def test_a_machine_with_one_core_is_told_apart_from_others() -> None:
    """Server and generator share it."""
    own = question()
    whole, takes = summary(own)
    shared = MACHINE | {"separation": "server and generator SHARE the only core"}
    assert advice.advice(own, whole, takes).case.apart
    assert not advice.advice(own, replace(whole, machine=shared), takes).case.apart


def test_advice_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """advice.json; a run without it is one of another verb, a spoilt one is named."""
    own = question()
    whole, takes = summary(own)
    plan = advice.verification_plan(own, expected(own), BUDGET_S)
    by = advice.advice(own, whole, takes, expected(own), plan, trials(plan))
    run = Run.create(tmp_path / "run", plan_text.text(plan), MACHINE, "", [])
    assert run.advice() is None
    run.write_advice(by)
    assert run.advice() == by
    (tmp_path / "run" / "advice.json").write_text("{}")
    with pytest.raises(BenchError, match=r"advice\.json: cannot be read"):
        run.advice()


def test_servers_that_the_model_does_not_fit_have_no_forecast() -> None:
    """Here of Uvicorn, by a demand that is far off."""
    own = question()
    misfit = Demand("uvicorn", Bound(250, 1, 50, None, 1), {}, error=2 * MISFIT)
    forecasts = advice.expectations(own, [misfit], cores=1)
    assert {each.users for each in forecasts} == {None}

"""Advice on what to run: two plans, and what their trials come to.

The first measures one deployment of each kind with few users; the second, by what the model makes
of that, the servers that may be best, on fresh starts in rounds. Both are ordinary runs.
"""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log2

from harness.core import schedule
from harness.core.advice import Advice, Case, Figures, Verification, advise
from harness.core.candidates import (
    HEADROOM,
    Candidate,
    Demand,
    Forecast,
    Template,
    as_it_is,
    candidates,
    chosen,
    forecasts,
    templates,
)
from harness.core.command import command
from harness.core.errors import BenchError
from harness.core.plan import Application, Deployment, Objective, Plan, Scenario
from harness.core.record import Record
from harness.core.summary import Summary
from harness.host import needs, packages
from harness.host.launches import launch
from harness.runs import demand
from harness.runs.reach import figures, reach

BUDGET_S = 600
"""What both runs may take: of the candidates fewer are measured where more do not fit."""

SPARE = 0.85
"""Of the time that is left, for how far the second run's pace is from the first's: on a machine
that others slowed down one took 1.37 times its estimate after another took 1.27 times its own."""

LEAST_VERIFIED = 3
"""What there is now, the best that is expected, and the best of the other interface."""

ROUNDS = 3

PORT = 8000
"""That of a command line to copy."""

PARTS = (8, 2)
"""The load steps that S is measured at: an 8th and half of the expected users, after a lone one."""

STEPS_OF_TWO = 4
"""Load steps for each doubling of the users, 19% apart: twice the expected load is one of them."""

CLIMB = (-6, -2, 0, 2)
"""The load steps of a candidate, from the one below its forecast: dense where it is likely right,
and far enough on both sides for it to be wrong. With more of them fewer servers fit."""

LONG_CLIMB = (*CLIMB, 4)
"""Where there is time for one more. Of a server that meets the objective at each of its load steps
only `at least` is known; and requests that all compute as long queue less than the model says."""

COARSE = (-16, -8, -4, 0)
"""Those from the expected load, where nothing is forecast: down to a 16th of it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What advice is asked for: a scenario of a plan, its objective, and how many users ask.

    `current` is what there is now, the first deployment. `templates` are measured first.
    """

    plan: Plan
    scenario: Scenario
    objective: Objective
    users: int
    current: Template
    templates: tuple[Template, ...]


def ask(whole: Plan, source: str, name: str | None, users: int | None) -> Question:
    """Return what a plan asks; `name` is that of a scenario, `users` how many are expected.

    Without them it is the first scenario with an objective, and the highest step of its load.
    Raise BenchError where one of the three is missing.
    """
    plan = whole.without(needs.left_out(whole, source))
    scenario = _scenario(plan, source, name)
    if scenario.objective is None:
        raise BenchError(
            f"{source}: scenario {scenario.name} has no objective; add one, such as "
            "objective = { p95_ms = 500 }"
        )
    load = plan.load_of(scenario)
    if users is None and not load.users:
        raise BenchError(
            f"{source}: scenario {scenario.name} names no users, and advice is for users; say how "
            "many are expected: make advise USERS=300"
        )
    users = users or load.most_users
    own = [as_it_is(each, launch(plan.application, each)) for each in plan.against(scenario)]
    packages.check(plan.application, [own[0].deployment])
    kinds = templates(own, users)
    installed = tuple(each for each in kinds if _has_packages(plan.application, each))
    return Question(plan, scenario, scenario.objective, users, own[0], installed)


def _scenario(plan: Plan, source: str, name: str | None) -> Scenario:
    if name is None:
        with_objective = (each for each in plan.scenarios if each.objective)
        return next(with_objective, plan.scenarios[0])
    for scenario in plan.scenarios:
        if scenario.name == name:
            return scenario
    names = ", ".join(scenario.name for scenario in plan.scenarios)
    raise BenchError(f"{source}: no scenario {name}; choose one of {names}")


def _has_packages(application: Application, template: Template) -> bool:
    try:
        packages.check(application, [template.deployment])
    except BenchError:
        return False
    return True


def demand_plan(question: Question) -> Plan:
    """Return the plan that measures what requests take: of a lone user, then of some."""
    users = {1, *(max(1, question.users // part) for part in PARTS)}
    return _plan(
        question, "demand", [each.deployment for each in question.templates], sorted(users), 1
    )


def expectations(question: Question, demands: Sequence[Demand], cores: int) -> tuple[Forecast, ...]:
    """Return what each server that may be run is expected to hold, by what requests take."""
    by_name = {each.deployment: each for each in demands}
    servers = candidates(question.current, question.templates, by_name, cores, question.users)
    return forecasts(servers, by_name, question.objective, cores, question.users)


def verification_plan(
    question: Question, expected: Sequence[Forecast], left_s: float, pace: float = 1
) -> Plan:
    """Return the plan that measures the servers which may be best, as many as the time allows.

    Where it allows more than that, they climb further. `pace` is how many times its estimate the
    first run took here.
    """
    best = chosen(expected)
    plans = [
        _verifying(question, best[:number], expected, offsets)
        for number in range(max(len(best), LEAST_VERIFIED), LEAST_VERIFIED - 1, -1)
        for offsets in (LONG_CLIMB, CLIMB)
    ]
    return next((plan for plan in plans if seconds(plan) * pace <= SPARE * left_s), plans[-1])


def seconds(plan: Plan) -> float:
    """Return about how long a plan takes."""
    return sum(map(schedule.block_seconds, schedule.blocks(plan)))


def most_seconds(question: Question) -> float:
    """Return about how long all takes at most: BUDGET_S, more only where load steps are long."""
    blocks = schedule.blocks(demand_plan(question))
    step_s = max(schedule.block_seconds(each) / len(each.load.steps) for each in blocks)
    least_s = LEAST_VERIFIED * ROUNDS * len(CLIMB) * step_s
    return max(BUDGET_S, seconds(demand_plan(question)) + least_s)


def advice(
    question: Question,
    summary: Summary,
    demands: Sequence[Demand],
    expected: Sequence[Forecast] = (),
    plan: Plan | None = None,
    records: Sequence[Record] = (),
) -> Advice:
    """Return what to run, by the trials of a verification plan; without one, by demands alone.

    `summary` is that of the demand plan.
    """
    by_name = {each.candidate.name: each for each in expected}
    verifications = (
        [
            _verification(question, by_name[deployment.name], plan.rounds, records)
            for deployment in plan.deployments
        ]
        if plan
        else []
    )
    machine = summary.machine
    database = question.plan.database
    case = Case(
        scenario=question.scenario.name,
        objective=question.objective,
        users=question.users,
        current=question.current.deployment.name,
        cores=int(machine["server_cores"]),
        apart="SHARE" not in machine["separation"],
        memory_mib=1024 * float(machine["memory_gib"]),
        most_connections=database.max_connections if database else None,
    )
    return advise(case, demands, verifications, demand.unlike_paths(summary.samples))


def _climb(users: int, expected: int | None, around: Sequence[int]) -> tuple[int, ...]:
    """Return the load steps of a candidate, around its forecast, up to twice the expected load."""
    at = 0 if expected is None else floor(STEPS_OF_TWO * log2(max(1, expected) / users))
    offsets = COARSE if expected is None else around
    highest = floor(STEPS_OF_TWO * log2(HEADROOM))
    powers = {min(at + offset, highest) for offset in offsets}
    return tuple(sorted({max(1, round(users * 2 ** (power / STEPS_OF_TWO))) for power in powers}))


def _verifying(
    question: Question,
    servers: Sequence[Candidate],
    expected: Iterable[Forecast],
    around: Sequence[int],
) -> Plan:
    """Return the plan that measures some servers, each `around` what is expected of it."""
    held = {each.candidate.name: each.users for each in expected}
    only = {each.name: _climb(question.users, held[each.name], around) for each in servers}
    users = sorted({step for steps in only.values() for step in steps})
    plan = _plan(question, "advice", [each.deployment for each in servers], users, ROUNDS)
    scenario = plan.scenarios[0].model_copy(update={"only": only})
    return plan.model_copy(update={"scenarios": (scenario,)})


def _plan(
    question: Question,
    name: str,
    deployments: Sequence[Deployment],
    users: Sequence[int],
    rounds: int,
) -> Plan:
    """Return the plan of a scenario against deployments, at other loads than its own.

    What refers to deployments or scenarios that are left out is left out too.
    """
    own: dict[str, object] = {
        "load": None,
        "only": {},
        "rounds": {},
        "deployments": None,
        "instructions": (),
    }
    steps = {
        "users": tuple(users),
        "rates_rps": (),
        "fractions": (),
        "of": None,
        "search": None,
        "growth_most_ms": None,
    }
    alone = {"ground": None, "default_of": None}
    return question.plan.model_copy(
        update={
            "name": f"{question.plan.name}-{name}",
            "rounds": rounds,
            "deployments": tuple(each.model_copy(update=alone) for each in deployments),
            "scenarios": (question.scenario.model_copy(update=own),),
            "load": question.plan.load_of(question.scenario).model_copy(update=steps),
            "events": (),
        }
    )


def _verification(
    question: Question, expected: Forecast, rounds: int, records: Iterable[Record]
) -> Verification:
    """Return what a candidate came to in its trials."""
    candidate = expected.candidate
    deployment = candidate.deployment
    own = [record for record in records if record.trial.deployment == deployment.name]
    result = reach(own, question.objective, rounds)
    loads = sorted({record.trial.users for record in own})
    met = [users for users in loads if result and users <= result.low]
    return Verification(
        name=deployment.name,
        template=candidate.template,
        interface=deployment.interface,
        command=_ready_to_copy(question.plan.application, deployment),
        workers=candidate.workers,
        threads=candidate.threads,
        slots=deployment.slots,
        expected=expected.users,
        reach=result,
        at=_at(own, met, question.objective),
        top=_at(own, loads, question.objective),
        flags=tuple(dict.fromkeys(doubt.gate for each in own for doubt in each.doubts)),
    )


def _at(records: Iterable[Record], loads: Sequence[int], objective: Objective) -> Figures | None:
    """Return the figures at the highest of some loads; None without any."""
    if not loads:
        return None
    return figures([each for each in records if each.trial.users == loads[-1]], objective)


def _ready_to_copy(application: Application, deployment: Deployment) -> str:
    """Return the command line of a deployment with the variables that it has of its own."""
    variables = (f"{name}={shlex.quote(value)}" for name, value in deployment.environment.items())
    words = command(application, deployment, "127.0.0.1", PORT)
    return " ".join((*variables, shlex.join(words)))

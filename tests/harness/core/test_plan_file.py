"""A plan is checked whole before anything starts; each fault is one line with the cure."""

import random
import re
from pathlib import Path

import pytest

from harness.core.command import command
from harness.core.errors import BenchError
from harness.core.plan import Deployment, Plan
from harness.core.plan_file import parse, read
from harness.core.schedule import blocks, most_users

PLANS = Path("loadtests/plans")

PLAN = """
name = "tiny"
rounds = 2
seed = 7

[application]
directory = "app"
wsgi = "config.wsgi:application"
asgi = "config.asgi:application"

[[deployments]]
name = "one"
interface = "wsgi"
views = "sync"
slots = 4
command = ["{python}", "-m", "gunicorn", "{wsgi}", "--bind={host}:{port}"]

[[deployments]]
name = "two"
interface = "asgi"
views = "async"
command = ["{python}", "-m", "uvicorn", "{asgi}", "--host={host}", "--port={port}"]

[[scenarios]]
name = "wait"
locustfile = "loadtests/wait.py"
settings = { wait_ms = 250 }

[[scenarios]]
name = "plain"
locustfile = "loadtests/plain.py"
load = { users = [1, 500], settle_s = 1, measure_s = 2 }

[load]
users = [1, 10, 100]
settle_s = 1
measure_s = 2
"""


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_plan_of_the_suite_can_be_carried_out(path: Path) -> None:
    """They name programs and files that are there, and themselves."""
    plan, _ = read(path)
    assert plan.name == path.stem


def test_each_round_has_every_block_once_in_an_order_of_its_own() -> None:
    """The same seed gives the same order, another seed another."""
    plan = parse(PLAN, "tiny.toml")
    order = [block.slug for block in blocks(plan)]
    assert len(order) == 8
    for number in (1, 2):
        of_round = [slug for slug in order if slug.endswith(f"r{number}")]
        assert order[4 * (number - 1) : 4 * number] == of_round
        assert len(set(of_round)) == 4
    assert order == [block.slug for block in blocks(parse(PLAN, "tiny.toml"))]
    others = [
        [block.slug for block in blocks(parse(PLAN.replace("seed = 7", f"seed = {n}"), "x"))]
        for n in range(5)
    ]
    assert any(other != order for other in others)


def test_the_order_does_not_depend_on_anybody_elses_draws() -> None:
    """The plan's seed alone decides."""
    random.seed(1)
    first = [block.slug for block in blocks(parse(PLAN, "tiny.toml"))]
    random.seed(2)
    assert [block.slug for block in blocks(parse(PLAN, "tiny.toml"))] == first


def test_a_scenario_may_have_a_staircase_of_its_own() -> None:
    """Else it climbs the plan's."""
    plan = parse(PLAN, "tiny.toml")
    stairs = {block.scenario.name: block.load.users for block in blocks(plan)}
    assert stairs == {"wait": (1, 10, 100), "plain": (1, 500)}
    assert most_users(plan) == 500


OPEN = """
[[scenarios]]
name = "open"
locustfile = "loadtests/wait.py"
load = { fractions = [0.5, 0.9], of = "wait", clients = 700, settle_s = 1, measure_s = 2 }
"""


def with_open(load: str = "") -> str:
    """Add a scenario with an open loop to the plan; `load` is put in the place of its steps."""
    scenario = OPEN.replace('fractions = [0.5, 0.9], of = "wait"', load) if load else OPEN
    return PLAN.replace("[load]", f"{scenario}\n[load]")


def test_fractions_of_a_capacity_come_after_the_staircase_that_finds_it() -> None:
    """In each round the closed blocks come first, both kinds in an order of their own."""
    order = blocks(parse(with_open(), "open.toml"))
    assert [b.scenario.name == "open" for b in order] == ([False] * 4 + [True] * 2) * 2


def test_an_open_loop_has_a_trial_for_each_rate_or_fraction() -> None:
    """Known by its fraction before the rate is; its clients count for the limits."""
    plan = parse(with_open(), "open.toml")
    block = blocks(plan)[-1]
    assert [trial.slug.rpartition(".")[2] for trial in block.trials] == ["f50", "f90"]
    assert [trial.rate_rps for trial in block.trials] == [None, None]
    assert [trial.rate_rps for trial in block.at(200).trials] == [100, 180]
    assert most_users(plan) == 700
    rates = parse(with_open("rates_rps = [10, 12.5]"), "open.toml")
    assert [t.slug.rpartition(".")[2] for t in blocks(rates)[0].trials if t.rate_rps] in (
        [],
        ["q10", "q12.5"],
    )


@pytest.mark.parametrize(
    ("load", "fault"),
    [
        ("fractions = [0.5]", "scenarios.2.load: fractions and of (the scenario"),
        ('rates_rps = [5], of = "wait"', "scenarios.2.load: fractions and of (the scenario"),
        ("rates_rps = [5], users = [5]", "scenarios.2.load: needs one of users, rates_rps and"),
        ("rates_rps = [5, 4]", "scenarios.2.load.rates_rps: must rise from step to step"),
        ("rates_rps = [0]", "scenarios.2.load.rates_rps.0: input should be greater than 0"),
        ('fractions = [0.5], of = "wiat"', "scenario open: load.of must name a scenario with use"),
        ('fractions = [0.5], of = "open"', "scenario open: load.of must name a scenario with use"),
    ],
)
def test_a_fault_in_an_open_loop_is_named(load: str, fault: str) -> None:
    """One kind of step, and a capacity to take fractions of."""
    with pytest.raises(BenchError, match=re.escape(f"open.toml: {fault}")):
        parse(with_open(load), "open.toml")


def test_placeholders_are_filled_and_nothing_else_is_touched() -> None:
    """A command is a list of words, never a line for a shell."""
    plan = parse(PLAN, "tiny.toml")
    deployment = Deployment(
        name="x", interface="wsgi", views="sync", command=("{python}", "$HOME; {wsgi}", "{port}")
    )
    words = command(plan.application, deployment, "127.0.0.1", 8000)
    assert words[1:] == ("$HOME; config.wsgi:application", "8000")


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("seed = 7", "sead = 7", "unknown key sead; did you mean seed?"),
        ("slots = 4", "slot = 4", "unknown key deployments.0.slot; did you mean slots?"),
        ("settle_s = 1\nm", "settel_s = 1\nm", "unknown key load.settel_s; did you mean settle_s?"),
        (", measure_s = 2 }", " }", "scenarios.1.load.measure_s is missing"),
        ("seed = 7", "seed = 7\nqqq = 1", "unknown key qqq; known here: name, rounds"),
        ("seed = 7", 'seed = "7"', "seed: input should be a valid integer, not '7'"),
        ("rounds = 2", "rounds = 0", "rounds: input should be greater than 0, not 0"),
        ("rounds = 2", "rounds = true", "rounds: input should be a valid integer, not True"),
        ('"wsgi"\nviews', '"http"\nviews', "deployments.0.interface: input should be 'wsgi' or"),
        ("[1, 10, 100]", "[10, 1]", "load.users: must rise from step to step"),
        ("[1, 10, 100]", "[]", "load: needs one of users, rates_rps and fractions"),
        ("[1, 10, 100]", "[0]", "load.users.0: input should be greater than 0, not 0"),
        ('name = "two"', 'name = "one"', "deployments: the name one is there twice"),
        ('name = "two"', 'name = "t/../wo"', "deployments.1.name: must consist of letters, digits"),
        ("--port={port}", "--port=8000", "deployment two: the command needs {port}"),
        ("{wsgi}", "{wsgy}", "deployment one: unknown placeholder {wsgy}; did you mean wsgi?"),
        ('"{python}", "-m", "uvicorn"', '"uvicorm"', "deployment two: no program uvicorm; install"),
        ('asgi = "config', '# "', "deployment two uses {asgi}; set application.asgi"),
        ('"app"', '"no-app"', "application.directory: no folder no-app; paths are relative"),
        ("loadtests/wait.py", "wait.py", "scenario wait: no locustfile wait.py; paths"),
        ("rounds = 2", "rounds = ", "not valid TOML"),
        ("[load]", "[lod]", "unknown key lod; did you mean load?"),
    ],
)
def test_a_fault_in_a_plan_is_one_line_with_file_key_and_cure(
    before: str, after: str, fault: str
) -> None:
    """Whatever is wrong, no traceback."""
    assert before in PLAN
    with pytest.raises(BenchError) as caught:
        parse(PLAN.replace(before, after), "tiny.toml")
    message = str(caught.value)
    assert message.startswith(f"tiny.toml: {fault}")
    assert "\n" not in message


def against(names: str, of: str = "") -> str:
    """Let the scenario `plain` run against some deployments; `of` adds an open loop to the plan."""
    limited = f'locustfile = "loadtests/plain.py"\ndeployments = {names}'
    text = PLAN.replace('locustfile = "loadtests/plain.py"', limited)
    return text.replace("[load]", of + "\n[load]") if of else text


def test_a_scenario_may_name_the_deployments_that_it_is_run_against() -> None:
    """Both deployments wait, one is asked for plain: three blocks a round."""
    plan = parse(against('["two"]'), "tiny.toml")
    slugs = {block.slug for block in blocks(plan) if block.round == 1}
    assert slugs == {"one.wait.r1", "two.wait.r1", "two.plain.r1"}


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        ('["tow"]', "scenario plain: no deployment tow; did you mean two?"),
        ("[]", "scenarios.1.deployments: tuple should have at least 1 item"),
    ],
)
def test_deployments_of_a_scenario_that_are_not_in_the_plan_are_named(
    names: str, fault: str
) -> None:
    """With the nearest that is."""
    with pytest.raises(BenchError) as caught:
        parse(against(names), "tiny.toml")
    assert str(caught.value).startswith(f"tiny.toml: {fault}")


def with_only(only: str) -> str:
    """Let deployments climb some steps of the scenario `wait`."""
    return PLAN.replace("wait_ms = 250 }", f"wait_ms = 250 }}\nonly = {{ {only} }}")


def test_a_deployment_may_climb_some_steps_of_a_scenario_only() -> None:
    """The others climb them all."""
    plan = parse(with_only("two = [1, 100]"), "tiny.toml")
    stairs = {b.deployment.name: b.load.users for b in blocks(plan) if b.scenario.name == "wait"}
    assert stairs == {"one": (1, 10, 100), "two": (1, 100)}


@pytest.mark.parametrize(
    ("only", "fault"),
    [
        ("tow = [1]", "scenario wait: only: no deployment tow here; did you mean two?"),
        ("two = [1, 50]", "scenario wait: only.two: 50 is none of 1, 10, 100"),
        ("two = []", "scenarios.0.only.two: tuple should have at least 1 item"),
    ],
)
def test_steps_that_a_scenario_has_not_are_named(only: str, fault: str) -> None:
    """So are deployments that it is not run against."""
    with pytest.raises(BenchError) as caught:
        parse(with_only(only), "tiny.toml")
    assert str(caught.value).startswith(f"tiny.toml: {fault}")


@pytest.mark.parametrize(("users", "open_s"), [(1, 0.25), (100, 0.1)])
def test_a_plateau_is_measured_for_as_long_as_one_request_takes_to_come(
    users: int, open_s: float
) -> None:
    """One client that waits for 250 ms asks every 250 ms, a hundred ask more often."""
    text = PLAN.replace("users = [1, 10, 100]", f"users = [{users}]")
    plan = parse(text.replace("measure_s = 2", "measure_s = 0.1"), "tiny.toml")
    assert {b.open_s for b in blocks(plan) if b.scenario.name == "wait"} == {open_s}


def test_fractions_of_a_capacity_that_a_deployment_is_not_asked_for_are_refused() -> None:
    """`plain` is run against two alone, so nothing tells what one could serve."""
    of = OPEN.replace('of = "wait"', 'of = "plain"')
    with pytest.raises(BenchError, match=r"open: load\.of plain is not run against one; name it"):
        parse(against('["two"]', of), "tiny.toml")


def test_an_objective_is_a_latency_above_zero() -> None:
    """Nothing is served within 0 ms."""
    text = PLAN.replace("settings = { wait_ms = 250 }", "objective_ms = 500")
    assert parse(text, "tiny.toml").scenarios[0].objective_ms == 500
    with pytest.raises(BenchError, match="objective_ms: input should be greater than 0"):
        parse(text.replace("= 500", "= 0"), "tiny.toml")


@pytest.mark.parametrize("path", ["no-such.toml", "loadtests"])
def test_a_plan_that_cannot_be_read_is_named(path: str) -> None:
    """With where plans are."""
    with pytest.raises(BenchError, match=rf"{path}: cannot read the plan \(.+\); name one of"):
        read(Path(path))


def test_a_plan_cannot_be_changed_once_it_is_read() -> None:
    """Facts are frozen."""
    plan: Plan = parse(PLAN, "tiny.toml")
    with pytest.raises(ValueError, match="frozen"):
        plan.rounds = 5

"""A plan is checked whole before anything starts; each fault is one line with the cure."""

import re
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan import Plan
from harness.core.plan_file import parse, read
from tests.support.plans import OPEN, TINY, against, with_only, with_open

PLANS = Path("loadtests/plans")


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_plan_of_the_suite_can_be_carried_out(path: Path) -> None:
    """They name programs and files that are there, and themselves."""
    plan, _ = read(path)
    assert plan.name == path.stem


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
        ('"config.asgi:application"', '""', "deployment two uses {asgi}; set application.asgi"),
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
    assert before in TINY
    with pytest.raises(BenchError) as caught:
        parse(TINY.replace(before, after), "tiny.toml")
    message = str(caught.value)
    assert message.startswith(f"tiny.toml: {fault}")
    assert "\n" not in message


def test_an_entry_point_is_missed_wherever_its_placeholder_stands() -> None:
    """Also within a word: an empty one would be a server of nothing."""
    text = TINY.replace('"{wsgi}"', '"--module={wsgi}"').replace("wsgi = ", "# ")
    with pytest.raises(BenchError) as caught:
        parse(text, "tiny.toml")
    assert str(caught.value) == "tiny.toml: deployment one uses {wsgi}; set application.wsgi"


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


def test_fractions_of_a_capacity_that_a_deployment_is_not_asked_for_are_refused() -> None:
    """`plain` is run against two alone, so nothing tells what one could serve."""
    of = OPEN.replace('of = "wait"', 'of = "plain"')
    with pytest.raises(BenchError, match=r"open: load\.of plain is not run against one; name it"):
        parse(against('["two"]', of), "tiny.toml")


def test_an_objective_is_a_latency_above_zero() -> None:
    """Nothing is served within 0 ms."""
    text = TINY.replace("settings = { wait_ms = 250 }", "objective_ms = 500")
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
    plan: Plan = parse(TINY, "tiny.toml")
    with pytest.raises(ValueError, match="frozen"):
        plan.rounds = 5

"""The order of the blocks, and how long each takes."""

import random

import pytest

from harness.core.plan import Load
from harness.core.plan_file import parse
from harness.core.schedule import block_seconds, blocks, most_users
from harness.core.trial import Block
from tests.support.builders import deployment, scenario
from tests.support.plans import TINY, against, with_only, with_open, with_rounds


def test_each_round_has_every_block_once_in_an_order_of_its_own() -> None:
    """The same seed gives the same order, another seed another."""
    plan = parse(TINY, "tiny.toml")
    order = [block.slug for block in blocks(plan)]
    assert len(order) == 8
    for number in (1, 2):
        of_round = [slug for slug in order if slug.endswith(f"r{number}")]
        assert order[4 * (number - 1) : 4 * number] == of_round
        assert len(set(of_round)) == 4
    assert order == [block.slug for block in blocks(parse(TINY, "tiny.toml"))]
    others = [
        [block.slug for block in blocks(parse(TINY.replace("seed = 7", f"seed = {n}"), "x"))]
        for n in range(5)
    ]
    assert any(other != order for other in others)


def test_the_order_does_not_depend_on_other_draws() -> None:
    """The plan's seed alone decides."""
    random.seed(1)
    first = [block.slug for block in blocks(parse(TINY, "tiny.toml"))]
    random.seed(2)
    assert [block.slug for block in blocks(parse(TINY, "tiny.toml"))] == first


def test_fractions_of_a_capacity_come_after_the_staircase_that_measures_it() -> None:
    """In each round the closed blocks come first, both kinds in an order of their own."""
    order = blocks(parse(with_open(), "open.toml"))
    assert [b.scenario.name == "open" for b in order] == ([False] * 4 + [True] * 2) * 2


def test_a_scenario_may_name_the_deployments_that_it_runs_against() -> None:
    """Both deployments serve `wait`, one serves `plain`: three blocks a round."""
    plan = parse(against('["two"]'), "tiny.toml")
    slugs = {block.slug for block in blocks(plan) if block.round == 1}
    assert slugs == {"one.wait.r1", "two.wait.r1", "two.plain.r1"}


def test_the_blocks_of_a_search_are_not_known_before() -> None:
    """Those of the other scenario are; its clients may all be needed."""
    searched = Load(search="rate", clients=700, settle_s=1, measure_s=2)
    plan = parse(TINY, "tiny.toml").model_copy(update={"load": searched})
    assert {block.scenario.name for block in blocks(plan)} == {"plain"}
    assert most_users(plan) == 700


def test_a_deployment_may_have_the_first_rounds_of_a_scenario_only() -> None:
    """What one round decides is not repeated; all else has both rounds."""
    plan = parse(with_rounds("two = 1"), "tiny.toml")
    rounds = [(block.deployment.name, block.scenario.name) for block in blocks(plan)]
    assert rounds.count(("two", "wait")) == 1
    assert {rounds.count(pair) for pair in rounds if pair != ("two", "wait")} == {2}
    assert "two.wait.r2" not in {block.slug for block in blocks(plan)}


def test_a_scenario_may_have_a_staircase_of_its_own() -> None:
    """Otherwise it climbs the plan's."""
    plan = parse(TINY, "tiny.toml")
    stairs = {block.scenario.name: block.load.users for block in blocks(plan)}
    assert stairs == {"wait": (1, 10, 100), "plain": (1, 500)}
    assert most_users(plan) == 500


def test_a_deployment_may_climb_some_steps_of_a_scenario_only() -> None:
    """The others climb them all."""
    plan = parse(with_only("two = [1, 100]"), "tiny.toml")
    stairs = {b.deployment.name: b.load.users for b in blocks(plan) if b.scenario.name == "wait"}
    assert stairs == {"one": (1, 10, 100), "two": (1, 100)}


def test_a_scenario_has_its_own_load_or_that_of_the_plan() -> None:
    """Whole where no deployment is named, else the steps that it climbs."""
    plan = parse(with_only("two = [1, 100]"), "tiny.toml")
    wait, two = plan.scenarios[0], plan.deployments[1]
    assert plan.load_of(wait) == plan.load
    assert plan.load_of(wait, two).users == (1, 100)
    own = wait.model_copy(update={"load": plan.load.only([10])})
    assert plan.load_of(own).users == (10,)


@pytest.mark.parametrize(("slots", "seconds"), [(4, 47), (None, 67)])
def test_a_block_is_estimated_from_what_its_plateaus_take(
    slots: int | None, seconds: float
) -> None:
    """Start and stop 4 s, ramp 1 s, settling 1 s each; one client is watched for its 20 s.

    So are a thousand, and without slots for the 20 s that the last answers take.
    """
    load = Load(users=(1, 1000), settle_s=1, measure_s=3, tail_s=24)
    block = Block(
        deployment("server", "wsgi", slots=slots), scenario("hold", wait_ms=20_000), load, 1
    )
    assert block_seconds(block) == pytest.approx(seconds)

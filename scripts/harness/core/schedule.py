"""When a plan does what: its blocks in their order, what is left, how long each takes. Pure."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.core.plan import Plan
from harness.core.record import Record
from harness.core.trial import Block


def blocks(plan: Plan) -> tuple[Block, ...]:
    """Lay out all rounds, each over all blocks in an order of its own drawn from the seed."""
    order = random.Random(plan.seed)
    laid_out: list[Block] = []
    for number in range(1, plan.rounds + 1):
        one_round = [
            Block(deployment, scenario, plan.load_of(scenario, deployment), number)
            for deployment in plan.deployments
            for scenario in plan.scenarios
            if deployment in plan.against(scenario)
        ]
        order.shuffle(one_round)
        # Fractions of a capacity can only follow the staircase that finds it.
        laid_out += sorted(one_round, key=lambda block: bool(block.load.fractions))
    return tuple(laid_out)


def missing(blocks: Sequence[Block], records: Iterable[Record]) -> tuple[Block, ...]:
    """List the blocks still to be done, each with only the steps that have no record yet."""
    done = {record.trial.slug for record in records}
    left = []
    for block in blocks:
        steps = [trial.step for trial in block.trials if trial.slug not in done]
        if steps:
            left.append(replace(block, load=block.load.only(steps)))
    return tuple(left)


def most_users(plan: Plan) -> int:
    """Give the highest number of clients of any staircase."""
    return max(plan.load_of(scenario).most_users for scenario in plan.scenarios)


# What a block costs besides its plateaus, for the ETA alone: starts, ramps, tails, the stop.
BLOCK_OVERHEAD_S = 4

# How many tails Locust takes for too many to wait for one; see loadtests/_staircase.py.
HOPELESS = 3


def block_seconds(block: Block) -> float:
    """Estimate how long a block takes."""
    load, cycle_s = block.load, block.scenario.cycle_s
    ramp_s = load.most_users / load.spawn_rate
    settle_s = load.settle_s * len(load.steps)
    plateaus_s = (load.open_s(step, cycle_s) + _tail_s(block, step) for step in load.steps)
    return BLOCK_OVERHEAD_S + ramp_s + settle_s + sum(plateaus_s)


def _tail_s(block: Block, step: float) -> float:
    """Estimate how long the last answers of a plateau take.

    None where slots leave no hope, hardly any where a lone client's cycle is the plateau.
    """
    load, slots, wait_s = block.load, block.deployment.slots, block.scenario.wait_ms / 1000
    hopeless = slots is not None and load.users and step * wait_s > HOPELESS * slots * load.tail_s
    alone = load.open_s(step, block.scenario.cycle_s) > load.measure_s
    return 0 if hopeless or alone else min(load.tail_s, wait_s)

"""When a plan does what: its blocks in their order, what is left, how long each takes. Pure."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.core.plan import Plan
from harness.core.record import Record
from harness.core.trial import Block


def blocks(plan: Plan) -> tuple[Block, ...]:
    """Return the blocks of all rounds, each round in an order of its own, drawn from the seed.

    A deployment that has fewer rounds of a scenario has the first ones. Those of a search are not
    known before (harness.runs.capacity).
    """
    order = random.Random(plan.seed)
    sequence: list[Block] = []
    for number in range(1, plan.rounds + 1):
        one_round = [
            Block(deployment, scenario, plan.load_of(scenario, deployment), number)
            for deployment in plan.deployments
            for scenario in plan.scenarios
            if deployment in plan.against(scenario)
            and not plan.load_of(scenario).search
            and number <= plan.rounds_of(scenario, deployment)
        ]
        order.shuffle(one_round)
        # Fractions of a capacity can only follow the staircase that measures it.
        sequence += sorted(one_round, key=lambda block: bool(block.load.fractions))
    return tuple(sequence)


def missing(blocks: Sequence[Block], records: Iterable[Record]) -> tuple[Block, ...]:
    """Return the rest of the blocks, each with only the steps that have no record yet."""
    slugs = {record.trial.slug for record in records}
    rest = []
    for block in blocks:
        steps = [trial.step for trial in block.trials if trial.slug not in slugs]
        if steps:
            rest.append(replace(block, load=block.load.only(steps)))
    return tuple(rest)


def most_users(plan: Plan) -> int:
    """Return the highest number of clients of any staircase."""
    return max(plan.load_of(scenario).most_users for scenario in plan.scenarios)


# What a block takes besides its load steps, for the ETA alone: to start and to stop.
BLOCK_OVERHEAD_S = 4

# Locust skips the drain where it would take more than this many tails: loadtests/_staircase.py.
HOPELESS = 3


def block_seconds(block: Block) -> float:
    """Return an estimate of how long a block takes, in seconds."""
    load = block.load
    ramp_s = load.most_users / load.spawn_rate
    settle_s = load.settle_s * len(load.steps)
    steps_s = (block.step_s(step) + _tail_s(block, step) for step in load.steps)
    return BLOCK_OVERHEAD_S + ramp_s + settle_s + sum(steps_s)


def _tail_s(block: Block, step: float) -> float:
    """Return an estimate of the drain of a load step, in seconds.

    0 where the slots make it hopeless, and where a lone client's cycle is the whole step.
    """
    load, slots = block.load, block.deployment.slots
    wait_s = block.scenario.wait_ms / 1000
    hopeless = slots is not None and load.users and step * wait_s > HOPELESS * slots * load.tail_s
    alone = step == 1 and block.step_s(step) > load.measure_s
    return 0 if hopeless or alone else min(load.tail_s, wait_s)

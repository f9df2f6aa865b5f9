"""Profile the servers of a run: each in a session of its own, after all that is measured."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

from harness.core.cpu_profile import CpuProfile
from harness.core.errors import BenchError
from harness.core.plan import Load, Plan, Scenario
from harness.core.trial import Block
from harness.host import clock, sockets
from harness.host.machine import Cores
from harness.measure import cpu_profile
from harness.rig import profiler
from harness.rig.profiler import Samples
from harness.rig.session import Session, SessionFailed, awaited, services, session
from harness.runs.store import Run

SAMPLE_S = 8

# A server that is full is full: more clients only make the ramp longer.
MOST_USERS = 1_024

# A load step begins so much later than its schedule, and has so much left when samples are taken.
SLACK_S = 2.0


class NotProfiled(Exception):
    """A deployment whose profile says nothing of its load step, with the reason."""


def carry_out(run: Run, cores: Cores, sources: int = 1) -> Iterator[tuple[Block, str]]:
    """Yield each deployment of each scenario, once profiled, with why it was not: else nothing.

    What is profiled is on disk then, apart from all trials.
    """
    for block in blocks(run.plan):
        try:
            run.add_profile(_profile(run, block, cores, sources))
            yield block, ""
        except (BenchError, NotProfiled, SessionFailed) as failure:
            yield block, str(failure).splitlines()[0]


def blocks(plan: Plan) -> tuple[Block, ...]:
    """Return what is profiled: each deployment of a scenario at one load, the same for all.

    Not at fractions of a capacity, which differ, and whose scenario has a closed loop beside it.
    """
    return tuple(
        Block(deployment.model_copy(update={"probe": False}), scenario, load, 1)
        for scenario in plan.scenarios
        if (load := _load(plan, scenario))
        for deployment in plan.against(scenario)
    )


def _load(plan: Plan, scenario: Scenario) -> Load | None:
    """Return the load step that is profiled, as long as sampling takes; None where there is none.

    The most users that all deployments have, up to MOST_USERS; of rates the lowest, which any
    server can hold.
    """
    load = plan.load_of(scenario)
    climbs = [set(plan.load_of(scenario, each).steps) for each in plan.against(scenario)]
    common = sorted(set.intersection(*climbs)) if climbs else []
    if load.fractions or not common:
        return None
    few = [step for step in common if load.model == "closed" and step <= MOST_USERS]
    step = few[-1] if few else common[0]
    longer = {"settle_most_s": 0.0, "measure_s": SAMPLE_S + 2 * SLACK_S}
    return load.only([step]).model_copy(update=longer)


def _profile(run: Run, block: Block, cores: Cores, sources: int) -> CpuProfile:
    """Return the profile of one block, on a fresh server; reap every child."""
    folder = run.profile_folder(block)
    plan = run.plan
    with ExitStack() as stack:
        backing = stack.enter_context(services(plan, folder, cores))
        climb = stack.enter_context(
            session(plan.application, block, backing, folder, cores, sources=sources)
        )
        stack.callback(climb.generator.discard)
        _await_load(climb)
        opened = clock.now_s()
        samples = profiler.sample(climb.server.child.pid, folder, SAMPLE_S, cores.load)
        closed = clock.now_s()
        plateau = climb.next_plateau(began=False)
    if not plateau.opened <= opened < closed <= plateau.closed:
        raise NotProfiled("the load step was over before all samples were taken")
    return _of_samples(run, block, samples, samples.seconds * len(cores.server))


def _await_load(climb: Session) -> None:
    """Return once the load step has begun to be measured, by its schedule."""
    port, load = climb.server.port, climb.block.load

    def connected() -> bool | None:
        there = sockets.census(port)
        return True if there and there.connections else None

    awaited(connected, climb.generator, (climb.server,), load.settle_s, began=False)
    time.sleep(load.most_users / load.spawn_rate + load.settle_s + SLACK_S)


def _of_samples(run: Run, block: Block, samples: Samples, cores_s: float) -> CpuProfile:
    """Return what samples come to, of so many seconds that the server's cores had."""
    (trial,) = block.trials
    stacks = cpu_profile.parse(samples.stacks)
    if not stacks:
        raise NotProfiled("py-spy saw no Python run in it")
    flames = run.profile_folder(block) / profiler.FLAMES
    return CpuProfile(
        scenario=trial.scenario,
        deployment=trial.deployment,
        model=trial.model,
        load=trial.step,
        samples=sum(stacks.values()),
        shares=cpu_profile.shares(stacks, samples.user_s / cores_s, samples.system_s / cores_s),
        flames=str(flames.relative_to(run.folder)),
    )

"""Deploy under load: each event of a plan against a fresh start of each of its servers."""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from harness.core import command, schedule
from harness.core.deploys import Case, Happening, Outcome, executions
from harness.core.errors import BenchError
from harness.core.plan import Deployment, Event, Plan
from harness.core.trial import Block, Plateau
from harness.host import launches, machine, needs, packages, prepare, processes, versions
from harness.host.machine import Cores
from harness.measure.deploys import outcome
from harness.rig.events import Course
from harness.rig.servers import Server, serve
from harness.rig.session import Session, SessionFailed, awaited, services, session

FACTS = ("processor", "cores", "system", "python", "django")


def check(plan: Plan, source: str) -> None:
    """Raise BenchError where a plan is none of events, or does not fit the machine."""
    if not plan.events:
        raise BenchError(f"{source}: has no events to carry out; add [[events]]")
    for scenario in plan.scenarios:
        load = plan.load_of(scenario)
        if len(load.steps) != 1 or load.processes != 1:
            raise BenchError(
                f"{source}: scenario {scenario.name}: an event needs one load step by one process "
                "of Locust, which numbers the requests"
            )
        if scenario.objective_ms is None:
            raise BenchError(
                f"{source}: scenario {scenario.name}: needs objective_ms, over which an answer is "
                "late"
            )
    prepare.check(plan)


def left_out(plan: Plan, source: str) -> dict[str, str]:
    """Return the deployments that lack programs or packages, each with the reason and the cure.

    Raise BenchError where none is left.
    """
    reasons = needs.left_out(plan, source)
    for deployment in plan.without(reasons).deployments:
        try:
            packages.check(plan.application, [deployment])
        except BenchError as error:
            reasons[deployment.name] = str(error)
    if len(reasons) == len(plan.deployments):
        raise BenchError(f"{source}: no deployment can be served: {next(iter(reasons.values()))}")
    return reasons


def cases(plan: Plan) -> tuple[Case, ...]:
    """Return what is carried out, in the order of the plan: only events that a server knows."""
    return tuple(
        Case(Block(server, scenario, plan.load_of(scenario), 1), event)
        for scenario in plan.scenarios
        for deployment in plan.against(scenario)
        for event in plan.events
        if (server := _prepared(plan, deployment, event))
    )


def _prepared(plan: Plan, deployment: Deployment, event: Event) -> Deployment | None:
    """Return the deployment whose workers end as the event wants; None where it has no such way."""
    if event.requests is None:
        return deployment
    launch = launches.launch(plan.application, deployment)
    words = launch.with_lifetime(max(1, round(event.requests / (launch.workers or 1))))
    return deployment.model_copy(update={"command": words}) if words else None


def seconds(cases: Collection[Case]) -> float:
    """Return about how long the cases take."""
    return sum(schedule.block_seconds(case.block) for case in cases)


def facts(plan: Plan, cores: Cores) -> dict[str, str]:
    """Return what the outcomes depend on: the machine, and the versions of what serves."""
    servers = versions.of_application(plan)
    every = machine.facts(cores, command.interpreter(plan.application), servers)
    names = (*FACTS, *(package for server in servers for package in server.packages))
    return {name: every[name] for name in dict.fromkeys(names)} | versions.facts(plan)


def carry_out(plan: Plan, cases: Sequence[Case], folder: Path, cores: Cores) -> Iterator[Outcome]:
    """Yield the outcome of each case as it ends; logs and rows go to `folder`.

    Every child is reaped. This process is pinned to the cores of the load. Raise BenchError where
    a server does not start, or not again, or where the event does not fall into the load step.
    """
    processes.pin(os.getpid(), cores.load)
    with prepare.room(plan):
        for case in cases:
            block = folder / ".".join(case.key)
            block.mkdir(parents=True, exist_ok=True)
            yield _outcome(plan, case, block, cores)


def _outcome(plan: Plan, case: Case, folder: Path, cores: Cores) -> Outcome:
    """Return what one event leads to, on a server of its own."""
    notes = (folder / "numbers.txt").absolute()
    notes.unlink(missing_ok=True)
    with ExitStack() as stack:
        backing = stack.enter_context(services(plan, folder, cores))
        backing = replace(backing, variables={**backing.variables, "NUMBERS_FILE": str(notes)})
        climb = stack.enter_context(session(plan.application, case.block, backing, folder, cores))

        def start_again() -> Server:
            deployment = case.block.deployment
            log = folder / "server.log"
            variables = backing.variables
            port = climb.server.port
            return stack.enter_context(
                serve(plan.application, deployment, log, cores.server, variables, port)
            )

        course = Course(case.event, climb.server, notes, case.block.load.settle_s, start_again)
        plateau = _plateau(case, climb, course)
        happening = _within(case, plateau, course.happening)
        rows = climb.generator.requests()
        return outcome(case, rows, plateau, executions(notes.read_text()), happening)


def _plateau(case: Case, climb: Session, course: Course) -> Plateau:
    """Return the plateau once it has ended, while the event takes its course.

    The server may end meanwhile: only Locust may not.
    """

    def read() -> Plateau | None:
        course.go_on()
        return climb.generator.next_plateau()

    try:
        return awaited(read, climb.generator, (), case.block.longest_s, began=False)
    except SessionFailed as failure:
        raise BenchError(f"{' / '.join(case.key)}: {failure.with_log}") from None


def _within(case: Case, plateau: Plateau, happening: Happening | None) -> Happening:
    """Return an event that fell into its load step; raise BenchError for any other."""
    if happening and plateau.opened < (happening.at_s or plateau.closed) <= plateau.closed:
        return happening
    raise BenchError(
        f"{' / '.join(case.key)}: the event did not fall into the load step; lower after_s, or "
        "raise measure_s"
    )

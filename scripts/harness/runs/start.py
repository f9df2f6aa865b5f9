"""Begin a run, or resume one that was stopped."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from harness.core import command, plan_file, schedule
from harness.core.errors import BenchError
from harness.core.plan import Plan
from harness.host import machine, prepare
from harness.host.launches import launches
from harness.host.locustfiles import asks_by_requests
from harness.measure.envelope import Envelope
from harness.rig import database
from harness.rig.preflight import Preflight, preflight
from harness.runs.store import Run

DEFAULT_PLAN = Path("loadtests/plans/default.toml")


def begin(
    plan_path: Path | None,
    name: str | None,
    folder: Path,
    cores: machine.Cores,
    calibrate: Callable[[machine.Cores, bool, int], Envelope] | None,
    show: Callable[[Preflight], None] | None = None,
) -> Run:
    """Return the run of a name, to go on with, or a new one of the plan where there is none.

    Args:
        plan_path: the plan file; None is that of the run to resume, or DEFAULT_PLAN for a new run.
        name: the run's name; None is the plan's name with the time, so a new run.
        folder: the folder of all runs.
        cores: which cores serve and which make the load.
        calibrate: measures the envelope of a new run for each client that a scenario asks by,
            whether that is an HttpUser's, with its most users; None leaves the run without one.
        show: prints what a look at the deployments shows, before anything else takes time; None
            begins without one.

    Raises:
        BenchError: the plan is wrong or does not fit the machine, or the run to resume is finished,
            of another plan or of another machine.
    """
    if name and (folder / name / "run.json").exists():
        return _resume(Run.open(folder / name), plan_path, cores, show)
    plan_path = plan_path or DEFAULT_PLAN
    whole, text = plan_file.read(plan_path)
    left_out = plan_file.left_out(whole, str(plan_path))
    plan = whole.without(left_out)
    prepare.check(plan)
    name = name or f"{plan.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    order = [block.slug for block in schedule.blocks(plan)]
    facts = _facts(plan, cores)
    served = _served(plan, cores, show, left_out)
    commit = machine.commit(Path.cwd())
    clients = _users_by_client(plan) if calibrate else {}
    envelopes = {
        client: calibrate(cores, client, clients[client]) for client in sorted(clients) if calibrate
    }
    return Run.create(
        folder=folder / name,
        plan_text=text,
        machine=facts,
        commit=commit,
        order=order,
        envelope=envelopes.get(False),
        plan_folder=plan_path.parent,
        envelope_by_requests=envelopes.get(True),
        served=served,
        left_out=left_out,
    )


def _users_by_client(plan: Plan) -> dict[bool, int]:
    """Return the most users of a load step by each client: whether that is an HttpUser's."""
    most: dict[bool, int] = {}
    for scenario in plan.scenarios:
        client = asks_by_requests(scenario)
        most[client] = max(most.get(client, 0), plan.load_of(scenario).most_users)
    return most


def _resume(
    run: Run,
    plan_path: Path | None,
    cores: machine.Cores,
    show: Callable[[Preflight], None] | None,
) -> Run:
    """Return a stopped run; raise BenchError unless plan and machine are those it began with."""
    if not schedule.missing(schedule.blocks(run.plan), run.records()):
        raise BenchError(f"run {run.name} is finished; `make report RUN={run.name}` redraws it")
    if plan_path is not None and plan_file.read(plan_path)[1] != run.facts.plan:
        raise BenchError(f"run {run.name} has another plan than {plan_path}; name a new run")
    plan_file.check_presence(run.plan, f"run {run.name}")
    now = _facts(run.plan, cores)
    before = run.facts.machine
    # What an earlier version of the suite did not record cannot differ.
    changes = [f"{k} {before[k]} -> {v}" for k, v in now.items() if before.get(k, v) != v]
    if changes:
        raise BenchError(
            f"run {run.name} began on another machine ({', '.join(changes)}); name a new run"
        )
    prepare.check(run.plan)
    if show:
        _check_served(run, _served(run.plan, cores, show))
    return run


def _served(
    plan: Plan,
    cores: machine.Cores,
    show: Callable[[Preflight], None] | None,
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> Mapping[str, Mapping[str, str]]:
    """Return what each deployment serves, as facts by name; nothing where nobody looks.

    Those that are `left_out` are remarked on.
    """
    if show is None:
        return {}
    examined = preflight(plan, cores)
    missing = (f"{name} is left out: {reason}" for name, reason in left_out.items())
    show(replace(examined, remarks=(*missing, *examined.remarks)))
    return examined.served


def _check_served(run: Run, now: Mapping[str, Mapping[str, str]]) -> None:
    """Raise BenchError where the site is not served as it was when the run began."""
    for name, facts in run.facts.served.items():
        for fact, before in facts.items():
            if now[name].get(fact, before) != before:
                raise BenchError(
                    f"run {run.name} began with another {fact} of {name} ({before} -> "
                    f"{now[name][fact]}); name a new run"
                )


def _facts(plan: Plan, cores: machine.Cores) -> dict[str, str]:
    """Return what must be the same where the run is resumed."""
    interpreter = command.interpreter(plan.application)
    servers = launches(plan)
    limits = prepare.facts(plan)
    return machine.facts(cores, interpreter, servers) | limits | database.facts(plan.database)

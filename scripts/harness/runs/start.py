"""Begin a run, or resume one that was stopped."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from harness.core import plan_file, schedule
from harness.core.errors import BenchError
from harness.core.plan import Plan
from harness.host import machine
from harness.host.locustfiles import asks_by_requests
from harness.measure.envelope import Envelope
from harness.rig.places import Place, here
from harness.rig.preflight import Preflight
from harness.runs import capacity
from harness.runs.store import Run

DEFAULT_PLAN = Path("loadtests/plans/default.toml")


def begin(
    plan_path: Path | None,
    name: str | None,
    folder: Path,
    cores: machine.Cores,
    calibrate: Callable[[Place, bool, int], Envelope] | None,
    show: Callable[[Preflight], None] | None = None,
    place: Place | None = None,
) -> Run:
    """Return the run of a name, to go on with, or a new one of the plan where there is none.

    Args:
        plan_path: the plan file; None is that of the run to resume, or DEFAULT_PLAN for a new run.
        name: the run's name; None is the plan's name with the time, so a new run.
        folder: the folder of all runs.
        cores: those there are; the plan may say which serve and which make the load.
        calibrate: measures the envelope of a new run for each client that a scenario asks by,
            whether that is an HttpUser's, with its most users; None leaves the run without one.
        show: prints what a look at the deployments shows, before anything else takes time; None
            begins without one.
        place: where the deployments are served; None is this machine, on the `cores`.

    Raises:
        BenchError: the plan is wrong or does not fit the machine, or the run to resume is finished,
            of another plan or of another machine.
    """
    if is_begun(name, folder):
        run = Run.open(folder / str(name))
        return _resume(run, plan_path, place or here(run.plan, cores), show)
    plan_path = plan_path or DEFAULT_PLAN
    whole, text = plan_file.read(plan_path)
    if whole.events:
        raise BenchError(f"{plan_path}: has events, which make deploy-test PLAN= carries out")
    place = place or here(whole, cores)
    left_out = place.left_out(whole, str(plan_path))
    plan = whole.without(left_out)
    place.check(plan)
    name = name or f"{plan.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    order = [block.slug for block in schedule.blocks(plan)]
    facts = place.facts(plan)
    served = _served(plan, place, show, left_out)
    commit = machine.commit(Path.cwd())
    clients = _users_by_client(plan) if calibrate else {}
    envelopes = {
        client: calibrate(place, client, clients[client]) for client in sorted(clients) if calibrate
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
        links=place.links(),
    )


def is_begun(name: str | None, folder: Path) -> bool:
    """Return whether there is a run of a name to go on with."""
    return bool(name) and (folder / str(name) / "run.json").exists()


def plan(plan_path: Path | None, name: str | None, folder: Path) -> Plan:
    """Return the plan that `begin` would carry out; raise BenchError where it is wrong."""
    if is_begun(name, folder):
        return Run.open(folder / str(name)).plan
    return plan_file.read(plan_path or DEFAULT_PLAN)[0]


def is_finished(run: Run) -> bool:
    """Return whether a run has all trials of its blocks, and its searches have ended."""
    records = run.records()
    blocks = schedule.missing(schedule.blocks(run.plan), records)
    return not blocks and not capacity.unfinished(run, records)


def _users_by_client(plan: Plan) -> dict[bool, int]:
    """Return the most users that one process makes by each client: whether that is an HttpUser's.

    One process is calibrated; the gate `generator` judges what several do to each other.
    """
    most: dict[bool, int] = {}
    for scenario in plan.scenarios:
        client, load = asks_by_requests(scenario), plan.load_of(scenario)
        most[client] = max(most.get(client, 0), load.of_process(load.most_users))
    return most


def _resume(
    run: Run,
    plan_path: Path | None,
    place: Place,
    show: Callable[[Preflight], None] | None,
) -> Run:
    """Return a stopped run; raise BenchError unless plan and machine are those it began with."""
    if is_finished(run):
        raise BenchError(f"run {run.name} is finished; `make report RUN={run.name}` redraws it")
    if plan_path is not None and plan_file.read(plan_path)[1] != run.facts.plan:
        raise BenchError(f"run {run.name} has another plan than {plan_path}; name a new run")
    plan_file.check_presence(run.plan, f"run {run.name}")
    place.check(run.plan)
    now = place.facts(run.plan)
    before = run.facts.machine
    # What an earlier version of the suite did not record cannot differ.
    changes = [f"{k} {before[k]} -> {v}" for k, v in now.items() if before.get(k, v) != v]
    if changes:
        raise BenchError(
            f"run {run.name} began on another machine ({', '.join(changes)}); name a new run"
        )
    if show:
        _check_served(run, _served(run.plan, place, show))
    return run


def _served(
    plan: Plan,
    place: Place,
    show: Callable[[Preflight], None] | None,
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> Mapping[str, Mapping[str, str]]:
    """Return what each deployment serves, as facts by name; nothing where nobody looks.

    Those that are `left_out` are remarked on.
    """
    if show is None:
        return {}
    examined = place.preflight(plan)
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

"""Begin a run, or take up one that was stopped."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from harness.core import command, plan_file, schedule
from harness.core.errors import BenchError
from harness.core.plan import Plan
from harness.host import machine, prepare
from harness.host.launches import launches
from harness.measure.envelope import Envelope
from harness.runs.store import Run

DEFAULT_PLAN = Path("loadtests/plans/default.toml")


def begin(
    plan_path: Path | None,
    name: str | None,
    folder: Path,
    cores: machine.Cores,
    calibrate: Callable[[machine.Cores], Envelope] | None,
) -> Run:
    """Take up the named run where it is there, else make a new one of the plan, calibrated."""
    if name and (folder / name / "run.json").exists():
        return _taken_up(Run.open(folder / name), plan_path, cores)
    plan_path = plan_path or DEFAULT_PLAN
    chosen, text = plan_file.read(plan_path)
    prepare.check(chosen)
    name = name or f"{chosen.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    order = [block.slug for block in schedule.blocks(chosen)]
    facts = _facts(chosen, cores)
    commit = machine.commit(Path.cwd())
    envelope = calibrate(cores) if calibrate else None
    return Run.create(folder / name, text, facts, commit, order, envelope, plan_path.parent)


def _taken_up(run: Run, plan_path: Path | None, cores: machine.Cores) -> Run:
    """Let a stopped run go on only with the plan and on the machine it began with."""
    if not schedule.missing(schedule.blocks(run.plan), run.records()):
        raise BenchError(f"run {run.name} is finished; `make report RUN={run.name}` redraws it")
    if plan_path is not None and plan_file.read(plan_path)[1] != run.facts.plan:
        raise BenchError(f"run {run.name} has another plan than {plan_path}; name a new run")
    now = _facts(run.plan, cores)
    before = run.facts.machine
    # What an earlier version of the suite did not record cannot differ.
    differing = [f"{k} {before[k]} -> {v}" for k, v in now.items() if before.get(k, v) != v]
    if differing:
        raise BenchError(f"run {run.name} began elsewhere ({', '.join(differing)}); name a new run")
    prepare.check(run.plan)
    return run


def _facts(chosen: Plan, cores: machine.Cores) -> dict[str, str]:
    """List what must be the same where the run goes on."""
    interpreter = command.interpreter(chosen.application)
    servers = launches(chosen)
    return machine.facts(cores, interpreter, servers) | prepare.facts(chosen)

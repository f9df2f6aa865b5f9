"""Carry out a plan: serve, load, record, then report the verdict."""

import argparse
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from report import report

from harness import console, machine, plan, results
from harness.experiment import carry_out
from harness.model import BenchError
from harness.results import Run
from harness.units import seconds

DEFAULT_PLAN = Path("loadtests/plans/default.toml")


def main(argv: list[str]) -> int:
    """Run the plan, or what is left of the named run; 0 done, 2 could not or with holes."""
    options = _options(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C: tidily
    try:
        cores = machine.cores()
        run = _run(options, cores)
        return _finish(run, cores)
    except BenchError as error:
        console.fail(str(error))
        return 2


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("plan", type=Path, nargs="?", help=f"default: {DEFAULT_PLAN}")
    parser.add_argument("--run", help="name of the run; one that was stopped goes on")
    parser.add_argument("--results", type=Path, default=Path("results"))
    return parser.parse_args(argv)


def _run(options: argparse.Namespace, cores: machine.Cores) -> Run:
    """Open the run that is to go on, or make a new one."""
    folder = options.results / (options.run or "")
    if options.run and (folder / "run.json").exists():
        return _reopened(Run.open(folder), options.plan, cores)
    chosen, text = plan.read(options.plan or DEFAULT_PLAN)
    machine.make_room(chosen)
    if not options.run:
        folder = options.results / f"{chosen.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    order = [block.slug for block in plan.blocks(chosen)]
    facts = machine.facts(cores, plan.interpreter(chosen.application))
    return Run.create(folder, text, facts, machine.commit(Path.cwd()), order)


def _reopened(run: Run, path: Path | None, cores: machine.Cores) -> Run:
    """Let a stopped run go on only with the plan and on the machine it began with."""
    if not results.missing(run, plan.blocks(run.plan)):
        raise BenchError(f"run {run.name} is finished; `make report RUN={run.name}` redraws it")
    if path is not None and plan.read(path)[1] != run.facts["plan"]:
        raise BenchError(f"run {run.name} has another plan than {path}; name a new run")
    now = machine.facts(cores, plan.interpreter(run.plan.application))
    before: dict[str, str] = run.facts["machine"]
    differing = [f"{k} {before.get(k)} -> {v}" for k, v in now.items() if before.get(k) != v]
    if differing:
        raise BenchError(f"run {run.name} began elsewhere ({', '.join(differing)}); name a new run")
    machine.make_room(run.plan)
    return run


def _finish(run: Run, cores: machine.Cores) -> int:
    """Do what is left of the run, report it, and say what it came to."""
    left = results.missing(run, plan.blocks(run.plan))
    started = time.monotonic()
    try:
        console.follow(run, left, carry_out(run, left, cores))
    except KeyboardInterrupt:
        kept = len(run.records())
        raise BenchError(
            f"stopped; {kept} finished trials are kept, go on with: make bench RUN={run.name}"
        ) from None
    summary, page = report(run)
    console.verdict(summary, page)
    console.OUT.print(f"took {seconds(time.monotonic() - started)}")
    return 2 if any(record.measurement.requests is None for record in run.records()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

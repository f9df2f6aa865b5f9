"""What to run: the server, workers and threads for an application, from measurements of it."""

import sys
import tempfile
import time
from argparse import Namespace
from pathlib import Path

from harness.core import plan_file, plan_text, schedule
from harness.core.advice import can_be_met
from harness.core.plan import Plan
from harness.host import machine, prepare
from harness.report.write import report
from harness.rig.places import here
from harness.runs import advice as runs
from harness.runs import demand, start
from harness.runs.execute import carry_out
from harness.runs.store import Run
from harness.runs.summarise import summarise
from harness.terminal import advise as screen
from harness.terminal import bench, terminal

PLAN = Path("loadtests/plans/advise.toml")


def main(argv: list[str]) -> int:
    """Measure, predict, verify, advise; return 0, or 1 where nothing can be recommended."""
    parser = terminal.Parser(prog="make advise", description=__doc__)
    parser.add_argument("plan", type=Path, nargs="?", default=PLAN)
    parser.add_argument("--scenario", help="default: the first one with an objective")
    parser.add_argument("--users", type=terminal.times, help="default: the plan's highest load")
    parser.add_argument("--results", type=Path, default=Path("results"))
    options = parser.parse_args(argv)
    return terminal.run(lambda: _advise(options), "stopped; start again with: make advise")


def _advise(options: Namespace) -> int:
    """Carry out both runs; return the exit status."""
    began = time.monotonic()
    whole, _ = plan_file.read(options.plan)
    cores = machine.assign(whole.cores, machine.cores())
    question = runs.ask(whole, str(options.plan), options.scenario, options.users)
    screen.begin(question)
    run = _carried_out(runs.demand_plan(question), options.results, cores, looks=True)
    took_s = time.monotonic() - began
    records = run.records()
    summary = summarise(run.name, run.plan, run.facts.machine, records)
    demands = demand.demands(question.scenario, question.objective, summary.samples, records)
    advice = runs.advice(question, summary, demands)
    if can_be_met(demands, question.objective):
        expected = runs.expectations(question, demands, len(cores.server))
        pace = took_s / runs.seconds(run.plan)
        plan = runs.verification_plan(question, expected, runs.BUDGET_S - took_s, pace)
        screen.servers(plan, expected)
        run = _carried_out(plan, options.results, cores)
        advice = runs.advice(question, summary, demands, expected, plan, run.records())
    run.write_advice(advice)
    report(run)
    screen.result(advice, run)
    return 0 if advice.recommended else 1


def _carried_out(plan: Plan, results: Path, cores: machine.Cores, looks: bool = False) -> Run:
    """Return a run of a plan, from its first block to its last; `looks` at the site before."""
    with tempfile.TemporaryDirectory(prefix="advise-") as folder:
        path = Path(folder, f"{plan.name}.toml")
        path.write_text(plan_text.text(plan))
        run = start.begin(path, None, results, cores, None, bench.preflight if looks else None)
    blocks = schedule.blocks(run.plan)
    with prepare.room(run.plan) as sources:
        bench.follow(run, blocks, carry_out(run, blocks, here(run.plan, cores), sources))
    return run


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

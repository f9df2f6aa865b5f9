"""What `make bench` takes and, like `make report`, prints: how far it is, a table, the answer."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.markup import escape

from harness.core.errors import BenchError
from harness.core.plan import Plan
from harness.core.record import Record
from harness.core.trial import Block
from harness.core.units import percent, seconds
from harness.host.machine import Cores
from harness.report.capacity import by_scenario
from harness.report.overview import Part, content, parts
from harness.report.write import Report
from harness.rig import profiler
from harness.rig.preflight import SHOWN, Preflight
from harness.runs import start
from harness.runs.store import Run
from harness.terminal import capacity
from harness.terminal.progress import Progress, display, shortened
from harness.terminal.terminal import ERR, OUT, PROGRESS, Parser, cells, sentence

UNCALIBRATED = "save 10 s; the gate envelope is then not judged, and the report says so"
PROFILE = "sample each server with py-spy afterwards: where its CPU time goes"
CONFIRM = "the server's host of a plan with machines, to say that it may be loaded"
SSH_CONFIG = "what ssh reads in place of ~/.ssh/config"
JSON = "the result as JSON and nothing else on stdout; progress goes to stderr"


def parser(description: str | None) -> Parser:
    """Return what reads the arguments of the verb."""
    arguments = Parser(prog="make bench", description=description)
    arguments.add_argument("plan", type=Path, nargs="?", help=f"default: {start.DEFAULT_PLAN}")
    arguments.add_argument("--run", help="name of the run; an unfinished run continues")
    arguments.add_argument("--results", type=Path, default=Path("results"))
    arguments.add_argument("--uncalibrated", action="store_true", help=UNCALIBRATED)
    arguments.add_argument("--quiet", action="store_true", help="no progress, the result alone")
    arguments.add_argument("--json", action="store_true", help=JSON)
    arguments.add_argument("--profile", action="store_true", help=PROFILE)
    arguments.add_argument("--confirm", metavar="HOST", help=CONFIRM)
    arguments.add_argument("--ssh-config", type=Path, help=SSH_CONFIG)
    return arguments


def admit(plan: Plan, confirmed: str | None, profiled: bool) -> None:
    """Raise BenchError where a plan is for other machines, and that is not confirmed or not done.

    `confirmed` is the host of the server; without it a person at a terminal may type yes. A plan
    comes from anywhere, and a load may take down what it is sent to.
    """
    if plan.machines is None:
        return
    server = plan.machines.server_name
    if profiled:
        raise BenchError(
            f"servers are profiled on this machine, not on {server}: leave PROFILE out"
        )
    if confirmed == server or (confirmed is None and _says_yes(server)):
        return
    raise BenchError(
        f"the plan puts load on {server}, another host: say that it may be loaded with "
        f"CONFIRM={server}"
    )


def _says_yes(server: str) -> bool:
    if not sys.stdin.isatty():
        return False
    return OUT.input(f"Put load on {server}, as the plan says? Type yes: ").strip() == "yes"


def preflight(examined: Preflight) -> None:
    """Print what is served, once where it is the same for all, and what to know of it."""
    sides: dict[str, list[str]] = {}
    for name, facts in examined.served.items():
        shown = ", ".join(f"{fact} {facts[fact] or 'none'}" for fact in SHOWN if fact in facts)
        sides.setdefault(shown or "an entry point that is not looked into", []).append(name)
    for shown, names in sides.items():
        sentence(f"{', '.join(names)}: {shown}", to=PROGRESS)
    for remark in examined.remarks:
        ERR.print(f"[yellow]preflight:[/] {escape(remark)}")


def follow(run: Run, blocks: Sequence[Block], records: Iterable[Record]) -> None:
    """Consume the records and show how far the run is, with a line at the end of each session."""
    progress = Progress(run, blocks)
    PROGRESS.print(f"run {run.name}: {len(blocks)} sessions, about {seconds(progress.total_s)}")
    with display(progress, PROGRESS):
        for record in records:
            if line := progress.add(record):
                fitting = shortened(line, PROGRESS.width) if PROGRESS.is_terminal else line
                PROGRESS.print(escape(fitting))


def can_profile(cores: Cores) -> bool:
    """Return whether servers can be profiled here; print what to do where they cannot."""
    lack = profiler.lack(cores.load)
    if lack:
        ERR.print(f"[yellow]not profiled:[/] {escape(lack)}")
    return lack is None


def follow_profiles(outcomes: Iterable[tuple[Block, str]]) -> None:
    """Consume the outcomes of profiling, with a line for each server as it ends."""
    for block, reason in outcomes:
        if reason:
            ERR.print(f"[yellow]not profiled:[/] {escape(f'{block.climb}: {reason}')}")
        else:
            PROGRESS.print(f"{escape(str(block.climb))}: profiled")


def stopped(run: Run, why: str = "stopped") -> str:
    """Return how a run that was stopped goes on: where all is measured, with its report."""
    trials = len(run.records())
    if not start.is_finished(run):
        command = f"continue with: make bench RUN={run.name}"
        saved = "1 finished trial is" if trials == 1 else f"{trials} finished trials are"
        return f"{why}; {saved} saved, {command}"
    return f"{why}; all {trials} trials are saved, report them with: make report RUN={run.name}"


def verdict(whole: Report, plan: Plan, as_json: bool = False) -> None:
    """Print the end of a run: for a person, or as JSON for a script; warn of missing results."""
    if as_json:
        print(json.dumps(content(plan, whole.summary, whole.narrative, str(whole.page)), indent=1))
    else:
        _glance(whole, plan)
    for result in whole.narrative.holes:
        ERR.print(f"[yellow]missing result:[/] {escape(result)}")


def _glance(whole: Report, plan: Plan) -> None:
    """Print one table, the answer in short, what to know, and the report's path."""
    narrative = whole.narrative
    shown, others = parts(plan, whole.summary)
    if shown:
        cells({part.scenario: part.rows for part in shown})
    for holdings in by_scenario(whole.summary.holdings).values():
        capacity.held(holdings)
    for legend in _legends(shown, others):
        sentence(legend, style="dim")
    OUT.print()
    for answer in narrative.short:
        sentence(answer)
    for remark in narrative.locustfile:
        sentence(f"locustfile: {remark}")
    for failure in narrative.failures:
        sentence(f"errors: {failure}")
    OUT.print(f"\nreport: {whole.page}")


def _legends(shown: Sequence[Part], others: Sequence[str]) -> Iterator[str]:
    """Yield what ratios are over, what marks mean, and which scenarios are not in the table."""
    over: dict[str, list[str]] = {}
    for part in shown:
        over.setdefault(part.over, []).append(part.scenario)
    for reference, scenarios in over.items():
        if reference:
            where = f" in {', '.join(scenarios)}" if len(shown) > 1 else ""
            yield f"ratio{where}: requests/s over those of {reference}"
    yield "○ = flagged, ~ = inconclusive, ≥ = at least"
    if others:
        yield f"in the report only: {', '.join(others)}"


def duration(duration_s: float, records: Sequence[Record]) -> None:
    """Print how long the run took and which share of that was spent on load steps."""
    steps_s = sum(record.extra.plateau_s or 0 for record in records)
    share = percent(steps_s / duration_s)
    PROGRESS.print(f"took {seconds(duration_s)}, {share} of it on load steps")

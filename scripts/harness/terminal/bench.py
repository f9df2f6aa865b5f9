"""What `make bench` and `make report` print: progress with the time left, then the verdict."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from harness.core.record import Record
from harness.core.schedule import block_seconds
from harness.core.trial import Block
from harness.core.units import percent, seconds
from harness.report.narrate import Narrative
from harness.rig.preflight import SHOWN, Preflight
from harness.runs.store import Run
from harness.terminal.terminal import ERR, OUT


def preflight(examined: Preflight) -> None:
    """Print what is served, once where it is the same for all, and what to know of it."""
    sides: dict[str, list[str]] = {}
    for name, facts in examined.served.items():
        shown = ", ".join(f"{fact} {facts[fact] or 'none'}" for fact in SHOWN if fact in facts)
        sides.setdefault(shown or "an entry point that is not looked into", []).append(name)
    for shown, names in sides.items():
        OUT.print(f"{', '.join(names)}: {escape(shown)}")
    for remark in examined.remarks:
        ERR.print(f"[yellow]preflight:[/] {escape(remark)}")


def follow(run: Run, blocks: Sequence[Block], records: Iterable[Record]) -> None:
    """Consume the records and show how far the run is, with a line at the end of each block."""
    total = sum(map(block_seconds, blocks))
    OUT.print(f"run {run.name}: {len(blocks)} blocks, about {seconds(total)}")
    planned = {block.slug: block for block in blocks}
    seen: list[Record] = []
    with _progress() as bar:
        task = bar.add_task("bench", total=total)
        for record in records:
            seen.append(record)
            block = planned[record.trial.block]
            steps = block.load.steps
            bar.advance(task, block_seconds(block) / len(steps))
            if record.trial.step == steps[-1]:
                bar.console.print(_line(block, seen[-len(steps) :]))


def _progress() -> Progress:
    return Progress(
        BarColumn(),
        TextColumn("{task.percentage:3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=OUT,
        refresh_per_second=2,
    )


def verdict(narrative: Narrative, page: Path) -> None:
    """Print the answer and where the report is."""
    OUT.print()
    for sentence in (*narrative.answers, narrative.calibration, *narrative.noise):
        OUT.print(escape(sentence))
    for remark in narrative.locustfile:
        OUT.print(f"locustfile: {escape(remark)}")
    for failure in narrative.failures:
        OUT.print(f"errors: {escape(failure)}")
    for result in narrative.holes:
        ERR.print(f"[yellow]missing result:[/] {escape(result)}")
    OUT.print(f"\nreport: {page}")


def duration(duration_s: float, records: Sequence[Record]) -> None:
    """Print how long the run took and which share of that was spent on load steps."""
    steps_s = sum(record.extra.plateau_s or 0 for record in records)
    OUT.print(f"took {seconds(duration_s)}, {percent(steps_s / duration_s)} of it on load steps")


def _line(block: Block, records: Sequence[Record]) -> str:
    flagged = sum(not record.valid for record in records)
    mark = f"[yellow]{flagged} flagged[/]" if flagged else "none flagged"
    return f"{escape(block.slug)}: {len(records)} trials, {mark}"

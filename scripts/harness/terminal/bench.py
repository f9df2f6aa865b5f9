"""What `make bench` and `make report` print: progress with an ETA, then the verdict."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from harness.core.record import Record
from harness.core.schedule import block_seconds
from harness.core.trial import Block
from harness.core.units import percent, seconds
from harness.report.narrate import Narrative
from harness.runs.store import Run
from harness.terminal.terminal import ERR, OUT


def follow(run: Run, blocks: Sequence[Block], records: Iterable[Record]) -> None:
    """Consume the records while showing how far the run is; a line tells each block's end."""
    total = sum(map(block_seconds, blocks))
    OUT.print(f"run {run.name}: {len(blocks)} blocks, about {seconds(total)}")
    planned = {block.slug: block for block in blocks}
    columns = (BarColumn(), TextColumn("{task.percentage:3.0f}%"), TimeElapsedColumn())
    ended: list[Record] = []
    with Progress(
        *columns, TextColumn("left"), TimeRemainingColumn(), console=OUT, refresh_per_second=2
    ) as bar:
        task = bar.add_task("bench", total=total)
        for record in records:
            ended.append(record)
            block = planned[record.trial.block]
            steps = block.load.steps
            bar.advance(task, block_seconds(block) / len(steps))
            if record.trial.step == steps[-1]:
                bar.console.print(_line(block, ended[-len(steps) :]))


def verdict(narrative: Narrative, page: Path) -> None:
    """Print the answer and where the report is."""
    OUT.print()
    for said in (*narrative.answers, narrative.calibration, *narrative.noise):
        OUT.print(escape(said))
    for hole in narrative.holes:
        ERR.print(f"[yellow]hole:[/] {escape(hole)}")
    OUT.print(f"\nreport: {page}")


def took(duration_s: float, records: Sequence[Record]) -> None:
    """Print how long the run took and which share of that was spent on plateaus."""
    plateaus_s = sum(record.extra.plateau_s or 0 for record in records)
    OUT.print(f"took {seconds(duration_s)}, {percent(plateaus_s / duration_s)} on plateaus")


def _line(block: Block, records: Sequence[Record]) -> str:
    doubted = [record for record in records if not record.valid]
    mark = f"[yellow]{len(doubted)} doubted[/]" if doubted else "no doubts"
    return f"{escape(block.slug)}: {len(records)} trials, {mark}"

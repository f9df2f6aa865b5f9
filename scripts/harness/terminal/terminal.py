"""What the scripts print: progress with an ETA, tables, the verdict."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import NoReturn

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column, Table

from harness.checks.execute import Look
from harness.checks.judge import Change, Verdict, moved
from harness.checks.outcome import Check
from harness.checks.self_check import Result
from harness.core.plan import BenchError, Block
from harness.core.record import Record, Summary
from harness.core.statistics import MARGIN
from harness.core.units import count, factor, percent, seconds, significant
from harness.measure.envelope import Envelope, Point
from harness.runs.drift import Drift
from harness.runs.entry import METRICS, NO_VERDICT, Entry
from harness.runs.execute import block_seconds
from harness.runs.store import Run
from harness.runs.trends import Trend, runs

OUT = Console(highlight=False, soft_wrap=True)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)

# In two lines each, so that the table of a calibration fits into 80 columns.
HEADINGS = (
    *("users", "req/s", "p50\nerr %", "p95\nerr %", "p99\nerr %", "req/s\nerr %"),
    *("send\nms", "server\nms", "recv\nms", "Locust\nCPU %"),
)
# Short likewise, in the order of harness.runs.entry.METRICS and of harness.runs.trends.TITLES.
RATIO_HEADINGS = ("req/s", "p50", "p95", "CPU/req")
TREND_HEADINGS = ("req/s", "p95 ms", "CPU ms/req")

STYLES: dict[Verdict, str] = {
    "improved": "green",
    "unchanged": "",
    "regressed": "bold red",
    "undecided": "yellow",
    "missing": "red",
}


class Parser(argparse.ArgumentParser):
    """Say in one line what is wrong with an argument."""

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        fail(f"{message}; --help lists the options")
        sys.exit(2)


def share(percentage: str) -> float:
    """Read a percentage given as an argument: 3 is 0.03."""
    with suppress(ValueError):
        if 0 < (found := float(percentage) / 100) < 1:
            return found
    raise argparse.ArgumentTypeError("name a percentage between 0 and 100, such as 3")


def carried_out(work: Callable[[], int], stopped: str) -> int:
    """Do what a script is for; 2 with one line where that cannot be, or is stopped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C: tidily
    try:
        return work()
    except BenchError as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail(stopped)
    return 2


def fail(message: str) -> None:
    """Print one line that says what is wrong and what to do."""
    ERR.print(f"[bold red]error:[/] {escape(message)}")


def follow(run: Run, blocks: Sequence[Block], records: Iterable[Record]) -> None:
    """Consume the records while showing how far the run is; a line tells each block's end."""
    total = sum(map(block_seconds, blocks))
    OUT.print(f"run {run.name}: {len(blocks)} blocks, about {seconds(total)}")
    each = {b.slug: block_seconds(b) / len(b.load.steps) for b in blocks}
    last = {b.trials[-1].slug: b for b in blocks}
    columns = (BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeElapsedColumn())
    ended: list[Record] = []
    with Progress(
        *columns, TextColumn("left"), TimeRemainingColumn(), console=OUT, refresh_per_second=2
    ) as bar:
        task = bar.add_task("bench", total=total)
        for record in records:
            ended.append(record)
            bar.advance(task, each[f"{record.trial.slug.rpartition('.')[0]}"])
            if block := last.get(record.trial.slug):
                bar.console.print(_line(block, ended[-len(block.load.steps) :]))


def verdict(summary: Summary, page: Path) -> None:
    """Print the answer and where the report is."""
    OUT.print()
    for said in (*summary.answers, summary.calibration, *summary.noise):
        OUT.print(escape(said))
    for hole in summary.holes:
        ERR.print(f"[yellow]hole:[/] {escape(hole)}")
    OUT.print(f"\nreport: {page}")


def opening(sides: Sequence[str], longest_s: float) -> None:
    """Print what is compared, and how long that may take."""
    OUT.print(f"{escape(' against '.join(reversed(sides)))}: at most {seconds(longest_s)}")


def looked(look: Look) -> None:
    """Print how far the check is and, after a look, what it has decided."""
    if look.changes:
        open_ = sum(change.verdict == "undecided" for change in look.changes)
        said = f"{open_} of {len(look.changes)} metrics undecided"
        OUT.print(f"{look.pairs} of {look.most} pairs of each cell: {said}")


def checked(check: Check, folder: Path) -> None:
    """Print a table for each cell, the notes, the verdict and where the documents are."""
    for cell, changes in groupby(check.changes, lambda change: change.metric.rpartition(".")[0]):
        table = Table(Column(escape(cell), min_width=26), box=SIMPLE_HEAD, padding=0)
        for heading in ("change", "95 % interval"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column(" verdict", no_wrap=True)
        for change in changes:
            table.add_row(*_changed(change), style=STYLES[change.verdict])
        OUT.print(table)
    for counted in check.instructions:
        OUT.print(f"{escape(counted.name)}: {moved(counted.ratio, 'ratio')}, {counted.verdict}")
    for note in check.notes:
        OUT.print(escape(note))
    OUT.print(f"\n[bold]{escape(check.outcome.reason)}[/]\ncheck: {folder}")


def rehearsed(result: Result) -> None:
    """Print what one check said of what was put in."""
    OUT.print(f"{result.slowdown.named}: {escape(result.reason)} ({seconds(result.took_s)})")


def rates(rows: Sequence[Mapping[str, str]]) -> None:
    """Print how often checks said what, of each slow-down."""
    table = Table(*rows[0], box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*row.values())
    OUT.print(table)


def _changed(change: Change) -> tuple[str, ...]:
    edges = [change.ratio, change.low, change.high]
    middle, low, high = ("" if edge is None else moved(edge, change.scale) for edge in edges)
    interval = f" {low} to {high}" if low else ""
    return change.metric.rpartition(".")[2], middle, interval, f" {change.verdict}"


def accepted(entry: Entry, path: Path) -> None:
    """Print which run is the baseline now, and what it is good for."""
    doubted = sum(cell.doubted for cell in entry.cells)
    OUT.print(f"{_which(entry)}: {len(entry.cells)} cells, {doubted} of them doubted")
    OUT.print(f"{NO_VERDICT}\nbaseline: {path}")


def drifted(before: Entry, now: Entry, drifts: Sequence[Drift]) -> None:
    """Print a row for each cell of a run against a baseline, and that this is no verdict."""
    OUT.print(f"{_which(now)} over {_which(before)}")
    table = _cells_and(RATIO_HEADINGS)
    for drift in drifts:
        told = (_drift(drift, metric) for metric in METRICS)
        table.add_row(escape(drift.cell.named), *told, style="dim" if drift.doubted else "")
    OUT.print(table)
    equal = f"within {significant(100 * MARGIN, 1)} % of equal"
    OUT.print(f"~ = ranges overlap, {equal} or one round; in brackets = doubted, not to be read")
    OUT.print(NO_VERDICT)


def followed(found: Trend, notes: Sequence[str], chart: Path) -> None:
    """Print the newest value of each line, where levels and facts changed, and the chart."""
    for note in notes:
        ERR.print(f"[yellow]note:[/] {escape(note)}")
    OUT.print(f"plan {found.plan}, {runs(len(found.runs))}; the newest values without a doubt:")
    table = _cells_and(TREND_HEADINGS)
    for course in found.courses:
        told = (line.newest for line in course.lines)
        values = (" " + significant(spread.middle) if spread else "" for spread in told)
        table.add_row(escape(course.cell.named), *values)
    OUT.print(table)
    for said in (*found.changes, *found.notes):
        OUT.print(escape(said))
    OUT.print(f"{NO_VERDICT}\ntrend: {chart}")


def _cells_and(headings: Iterable[str]) -> Table:
    """Give a table with a row for each cell and a column of numbers for each heading."""
    table = Table(Column("cell"), box=SIMPLE_HEAD, padding=0)
    for heading in headings:
        table.add_column(f" {heading}", justify="right", no_wrap=True)
    return table


def _which(entry: Entry) -> str:
    commit = f" ({entry.commit})" if entry.commit else ""
    return escape(f"run {entry.run}{commit} of {entry.started[:10]}")


def _drift(drift: Drift, metric: str) -> str:
    if metric not in drift.ratios:
        return ""
    ratio = drift.ratios[metric]
    if drift.doubted:
        return f" ({factor(ratio.value)})"
    return f" {'~ ' if ratio.open else ''}{factor(ratio.value)}"


def took(duration_s: float, records: Sequence[Record]) -> None:
    """Print how long the run took and which share of that was spent on plateaus."""
    plateaus_s = sum(record.extra.plateau_s or 0 for record in records)
    OUT.print(f"took {seconds(duration_s)}, {percent(plateaus_s / duration_s)} on plateaus")


def envelope(found: Envelope) -> None:
    """Print a row for each point of a calibration, those not right in yellow, then the sentence."""
    table = Table(Column("delays"), box=SIMPLE_HEAD, padding=0)
    for heading in HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    for point in found.points:
        table.add_row(*_cells(point), style="" if point.right else "yellow")
    OUT.print(table)
    OUT.print(escape(found.sentence))


def _cells(point: Point) -> tuple[str, ...]:
    errors = [p.error_share if p else None for p in (point.p50, point.p95, point.p99)]
    errors.append(point.throughput_error_share)
    parts = (point.sending_ms, point.lateness_ms, point.receiving_ms)
    return (
        *(point.spread, count(point.users), count(point.rate_rps)),
        *("" if share is None else f"{100 * share:+.1f}" for share in errors),
        *(f"{part:.2f}" for part in parts),
        "" if point.load_cpu_share is None else f"{100 * point.load_cpu_share:.0f}",
    )


def _line(block: Block, records: Sequence[Record]) -> str:
    doubted = [record for record in records if not record.valid]
    mark = f"[yellow]{len(doubted)} doubted[/]" if doubted else "no doubts"
    return f"{escape(block.slug)}: {len(records)} trials, {mark}"

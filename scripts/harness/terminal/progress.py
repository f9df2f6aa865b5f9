"""How far a run is, while it runs: lines that change on a terminal, and a line for each session.

The lines are made anew once a second, from what Locust has written by then (`harness.rig.live`):
looking costs the measurement nothing but that.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from harness.core import units
from harness.core.labels import load
from harness.core.record import Record
from harness.core.schedule import block_seconds
from harness.core.trial import Block, Trial
from harness.rig.live import LiveFigures
from harness.runs.store import Run

BAR_CELLS = 40
GAP = "  "


@dataclass(frozen=True, slots=True)
class View:
    """What there is to see of a run at one moment."""

    session: int
    sessions: int
    trial: Trial
    step: int
    steps: int
    figures: LiveFigures | None
    left_s: float

    @property
    def fields(self) -> tuple[str, ...]:
        """Return what a person reads, in order; the figures follow once there are any."""
        trial = self.trial
        return (
            f"session {self.session} of {self.sessions}",
            trial.deployment,
            trial.scenario,
            f"round {trial.round}",
            f"load step {self.step} of {self.steps}: {load(trial)}",
            *(_figures(self.figures) if self.figures else ("starting",)),
            f"{units.seconds(self.left_s)} left",
        )


def _figures(now: LiveFigures) -> tuple[str, ...]:
    p95 = "-" if now.latency_p95_ms is None else units.milliseconds(now.latency_p95_ms)
    return (
        f"{units.count(now.users)} running",
        f"{units.significant(now.throughput_rps)} requests/s",
        f"p95 {p95}",
        f"{units.count(now.failed)} failed",
    )


def shortened(text: str, width: int) -> str:
    """Return a text that is no wider than `width`: what is too long lacks its middle."""
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    tail = width - 1 - head
    return f"{text[:head]}…{text[len(text) - tail :]}"


def wrapped(fields: Sequence[str], width: int) -> tuple[str, ...]:
    """Return the fields in lines of at most `width`, each with as many as it has room for."""
    lines: list[str] = []
    for field in fields:
        field = shortened(field, width)
        if lines and len(lines[-1]) + len(GAP) + len(field) <= width:
            lines[-1] += GAP + field
        else:
            lines.append(field)
    return tuple(lines)


def bar(share: float, cells: int) -> str:
    """Return a bar of which a share is done, told by its strokes: colour is not everywhere."""
    done = round(cells * min(max(share, 0.0), 1.0))
    return "━" * done + "─" * (cells - done)


class Progress:
    """A run under way: its sessions, the records that have come, the time that is left."""

    def __init__(
        self, run: Run, blocks: Sequence[Block], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.run = run
        self.blocks = blocks
        self.clock = clock
        self.steps = [
            (number, step)
            for number, block in enumerate(blocks)
            for step in range(len(block.trials))
        ]
        self.planned_s = [block_seconds(block) for block in blocks]
        self.records: list[Record] = []
        self.sessions = 0
        self.began_s = self.ended_s = clock()

    @property
    def total_s(self) -> float:
        """Return how long all sessions take by the plan, in seconds."""
        return sum(self.planned_s)

    def add(self, record: Record) -> str | None:
        """Take the record of the next trial; return the line of its session where it is the last.

        Raise IndexError where all have come.
        """
        number, step = self.steps[len(self.records)]
        self.records.append(record)
        trials = len(self.blocks[number].trials)
        if step + 1 < trials:
            return None
        self.sessions = number + 1
        self.ended_s = self.clock()
        return self._line(self.blocks[number], self.records[-trials:])

    def _line(self, block: Block, records: Sequence[Record]) -> str:
        flagged = sum(not record.valid for record in records) or "none"
        more = self.sessions < len(self.blocks)
        left = f"{GAP}{units.seconds(self.left_s)} left" if more else ""
        place = f"{self.sessions}/{len(self.blocks)}"
        return f"{place} {block.slug}: {len(records)} trials, {flagged} flagged{left}"

    @property
    def left_s(self) -> float:
        """Return how long the rest takes: by the plan, at the pace of the sessions so far."""
        ended = self.sessions
        before_s = sum(self.planned_s[:ended])
        pace = (self.ended_s - self.began_s) / before_s if ended else 1.0
        current_s = pace * sum(self.planned_s[ended : ended + 1])
        later_s = pace * sum(self.planned_s[ended + 1 :])
        return later_s + max(0.0, current_s - (self.clock() - self.ended_s))

    @property
    def view(self) -> View | None:
        """Return what there is to see now; None once every trial has ended."""
        ended = len(self.records)
        if ended == len(self.steps):
            return None
        number, step = self.steps[ended]
        block = self.blocks[number]
        return View(
            session=number + 1,
            sessions=len(self.blocks),
            trial=block.trials[step],
            step=step + 1,
            steps=len(block.trials),
            figures=self.run.live(block),
            left_s=self.left_s,
        )


def display(progress: Progress, console: Console) -> AbstractContextManager[object]:
    """Show the progress until the context ends, and leave nothing of it; only on a terminal."""
    if not console.is_terminal or console.is_dumb_terminal or console.quiet:
        return nullcontext()

    def lines() -> Group:
        return _drawn(progress, console.width)

    return Live(console=console, get_renderable=lines, refresh_per_second=1, transient=True)


def _drawn(progress: Progress, width: int) -> Group:
    view = progress.view
    if view is None:
        return Group()
    done = bar(1 - view.left_s / progress.total_s, min(BAR_CELLS, width))
    lines = (Text(line, no_wrap=True) for line in wrapped(view.fields, width))
    return Group(Text(done, style="cyan"), *lines)

"""Draw the execution models: total time over the number of tasks, and tasks over time."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from harness.core import units
from harness.core.execution_models import DRAWN_TASKS, WORK_MS, WORKERS, Task, Work
from harness.measure.execution_models import Cell
from harness.report.charts.axes import bars, log_axis, markers
from harness.report.charts.colours import BAND, INK, PAPER, QUIET
from harness.report.charts.data import GRID, Point
from harness.report.charts.figure import blank, explain
from harness.report.charts.lanes import Box, Mark, shape
from harness.report.charts.looks import Look
from harness.report.execution_models import PLURALS
from harness.report.wording import over

# Okabe & Ito (2008). No lines join the points: what lies between them is theory.
LOOKS = {
    "sequential": Look("#222222", "o", ()),
    f"processes-{WORKERS}": Look("#009E73", "s", ()),
    f"threads-{WORKERS}": Look("#0072B2", "^", ()),
    "threads-n": Look("#5FB0E5", "v", ()),
    "asyncio": Look("#D55E00", "D", ()),
    "uvloop": Look("#F2A25C", "P", ()),
    "greenlets": Look("#A8577E", "X", ()),
}

# Models of one kind have the same lanes.
LANED = ("sequential", f"processes-{WORKERS}", f"threads-{WORKERS}", "asyncio")

# How far models that take the same time stand beside their number of tasks: a factor.
DODGE = 1.05

HEIGHT_IN = 5.6
LANES_HEIGHT_IN = 7.2

# Of a worker's row so much is filled by its tasks.
FILLED = 0.84


def times(cells: Sequence[Cell]) -> Figure:
    """Draw the total time over the number of tasks, waits beside computations, with theory."""
    figure, panels = blank("How long do n tasks take?", columns=len(WORK_MS), sharey=False)
    figure.set_size_inches(10, HEIGHT_IN)
    for axes, work in zip(panels, WORK_MS, strict=True):
        _total_times(axes, work, [cell for cell in cells if cell.case.work == work])
    shown = dict.fromkeys(cell.case.model for cell in cells)
    keys = [
        Line2D([], [], color=look.colour, marker=look.marker, linestyle=":", label=name)
        for name, look in LOOKS.items()
        if name in shown
    ]
    text = f"Points: measured, {over(cells[0].took_ms.rounds)}; dotted: theory, with the measured S"
    return explain(figure, text, keys, columns=4)


def _total_times(axes: Axes, work: Work, cells: Sequence[Cell]) -> None:
    """Draw the points of each model, on logarithmic axes."""
    numbers = sorted({cell.case.tasks for cell in cells})
    title = f"{PLURALS[work]} of {units.quotient(cells[0].case.work_ms)} ms"
    axes.set_title(title, fontsize=10.5, color=INK)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(numbers))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: units.count(value)))
    axes.set_xlabel("n")
    models = [name for name in LOOKS if any(cell.case.model == name for cell in cells)]
    for place, name in enumerate(models):
        dodge = DODGE ** (place - (len(models) - 1) / 2)
        _points(axes, LOOKS[name], [cell for cell in cells if cell.case.model == name], dodge)
    log_axis(axes, "total time (ms)", least=10)


def _points(axes: Axes, look: Look, cells: Sequence[Cell], dodge: float) -> None:
    """Draw the measured times of a model over what theory says of it, from one task on."""
    points = [Point(cell.case.tasks * dodge, cell.took_ms, doubted=False) for cell in cells]
    bars(axes, look, points, width=4)
    markers(axes, look, points)
    last = cells[-1]
    grid = np.unique(np.geomspace(1, last.case.tasks, GRID).round().astype(int))
    theory = [replace(last.case, tasks=int(n)).theory_ms(last.each_ms) for n in grid]
    axes.plot(grid * dodge, theory, color=look.colour, linestyle=":")


def lanes(drawn: Sequence[Task]) -> Figure:
    """Draw the tasks of one repetition over time: a row for each worker, waits beside computing."""
    models = [name for name in LANED if any(task.model == name for task in drawn)]
    title = f"Who works when? {DRAWN_TASKS} tasks, one repetition"
    figure, panels = blank(title, columns=len(PLURALS), rows=len(models), sharey=False)
    figure.set_size_inches(10, LANES_HEIGHT_IN)
    for column, work in enumerate(PLURALS):
        of_work = [task for task in drawn if task.work == work and task.model in models]
        end_ms = max(task.ended_ms for task in of_work)
        for name, axes in zip(models, panels[column :: len(PLURALS)], strict=True):
            axes.set_title(f"{name}: {PLURALS[work]}", fontsize=9.5, color=INK, loc="left")
            axes.set_xlim(0, 1.02 * end_ms)
            _workers(axes, LOOKS[name].colour, [task for task in of_work if task.model == name])
    for axes in panels[-len(PLURALS) :]:
        axes.set_xlabel("time (ms)")
    whole = (Box(0, 1, 0, 1),)
    keys = [
        shape(_mark(QUIET, "wait"), whole, "a task waits"),
        shape(_mark(QUIET, "compute"), whole, "a task computes"),
    ]
    text = "Grey: a worker; one that has begun several tasks has them below each other"
    return explain(figure, text, keys)


def _workers(axes: Axes, colour: str, tasks: Sequence[Task]) -> None:
    """Draw the row of each worker, and in it the tasks that it had begun at once."""
    workers = sorted({task.worker for task in tasks})
    axes.set_ylim(max(workers) + 0.5, 0.5)
    axes.set_yticks(workers, [f"worker {worker}" for worker in workers], fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)
    for worker in workers:
        _row(axes, worker, colour, _lines([task for task in tasks if task.worker == worker]))


def _row(axes: Axes, worker: int, colour: str, lines: Sequence[Sequence[Task]]) -> None:
    """Draw one worker's row, which its lines of tasks share."""
    top = worker - FILLED / 2
    axes.axhspan(top, top + FILLED, color=BAND, alpha=0.5, zorder=0)
    height = FILLED / len(lines)
    boxes = [
        Box(task.began_ms, task.ended_ms - task.began_ms, top + number * height, height)
        for number, line in enumerate(lines)
        for task in line
    ]
    axes.add_patch(shape(_mark(colour, lines[0][0].work), boxes))


def _lines(tasks: Sequence[Task]) -> list[list[Task]]:
    """Return the tasks of a worker in as few lines as hold them without one hiding another."""
    lines: list[list[Task]] = []
    for task in sorted(tasks, key=lambda each: each.began_ms):
        free = (line for line in lines if line[-1].ended_ms <= task.began_ms)
        if (line := next(free, None)) is not None:
            line.append(task)
        else:
            lines.append([task])
    return lines


def _mark(colour: str, work: Work) -> Mark:
    """Return how a task is drawn: pale where it waits, filled where it computes."""
    return Mark(colour, 0.9, pale=work == "wait", edge=PAPER)

"""Measure the execution models: tasks one by one, in processes, threads, event loops, greenlets."""

import argparse
import sys
from argparse import Namespace
from contextlib import suppress
from pathlib import Path

from harness.checks import store
from harness.core.execution_models import MOST_TASKS, cases
from harness.host import machine
from harness.report import execution_model_files as files
from harness.runs import execution_models as runs
from harness.terminal import models as screen
from harness.terminal import terminal

TASKS = (1, 10, 100, 1_000, 10_000)


def main(argv: list[str]) -> int:
    """Measure the models, or redraw an earlier run; return 0."""
    options = _options(argv)
    return terminal.run(lambda: _report(options), "stopped before the end; start again")


def _options(argv: list[str]) -> Namespace:
    parser = terminal.Parser(prog="make models", description=__doc__)
    parser.add_argument("--tasks", type=_tasks, default=TASKS, help="how many, such as 1,10,100")
    parser.add_argument("--rounds", type=terminal.times, default=5, help="repetitions of each")
    parser.add_argument("--name", help="name of the folder in the results")
    parser.add_argument("--redraw", help="name of an earlier run to draw again, not measuring")
    parser.add_argument("--page", type=Path, help="a page whose places are filled in as well")
    parser.add_argument("--results", type=Path, default=Path("results/models"))
    return parser.parse_args(argv)


def _tasks(text: str) -> tuple[int, ...]:
    """Return the numbers of tasks that an argument lists."""
    with suppress(ValueError):
        numbers = tuple(map(int, text.split(",")))
        if all(1 <= number <= MOST_TASKS for number in numbers):
            return numbers
    raise argparse.ArgumentTypeError(f"list numbers from 1 to {MOST_TASKS:,}, such as 1,10,100")


def _report(options: Namespace) -> int:
    """Measure, unless an earlier run is drawn again; then write and print what it came to."""
    if options.page:
        files.check(options.page)
    folder = (
        files.finished(options.results / options.redraw) if options.redraw else _measure(options)
    )
    screen.summary(files.write(folder, options.page), folder)
    return 0


def _measure(options: Namespace) -> Path:
    """Carry out round after round, each repetition put on disk as it ends; return the folder."""
    cores = machine.cores()
    models = runs.available()
    for text in runs.notes(models, cores):
        screen.note(text)
    planned = cases(models, options.tasks, len(cores.every))
    folder = store.fresh_folder(options.results, options.name, "models")
    files.begin(folder, runs.facts(models, cores))
    screen.begin(planned, options.rounds)
    for number in range(1, options.rounds + 1):
        for repetition, tasks in runs.one_round(planned, number, cores):
            files.append(folder, repetition, tasks)
        screen.end_of_round(number, options.rounds)
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

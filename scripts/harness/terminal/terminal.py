"""What all verbs share at the terminal: where they print, how they fail, arguments."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from harness.core.errors import BenchError

OUT = Console(highlight=False, soft_wrap=True)
PROGRESS = Console(highlight=False, soft_wrap=True)
"""What a verb prints before its result: `output` says whether, and where to."""

ERR = Console(stderr=True, highlight=False, soft_wrap=True)


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong with an argument."""

    def error(self, message: str) -> NoReturn:
        """Print the line and end with status 2."""
        fail(f"{message}; --help lists the options")
        sys.exit(2)


@contextmanager
def output(quiet: bool, as_json: bool) -> Iterator[None]:
    """Leave out progress where it is `quiet`; stdout has nothing else than a result `as_json`."""
    PROGRESS.quiet = quiet
    PROGRESS.stderr = as_json
    try:
        yield
    finally:
        PROGRESS.quiet = PROGRESS.stderr = False


def share(percentage: str) -> float:
    """Return the share that a percentage in an argument is: 3 is 0.03."""
    with suppress(ValueError):
        if 0 < (value := float(percentage) / 100) < 1:
            return value
    raise argparse.ArgumentTypeError("name a percentage between 0 and 100, such as 3")


def times(number: str) -> int:
    """Return how often an argument asks for something: once or more."""
    if number.isdecimal() and int(number) > 0:
        return int(number)
    raise argparse.ArgumentTypeError("name a number of times from 1 on")


def run(work: Callable[[], int], stopped: str) -> int:
    """Return the status of a verb's work; 2, with one line, where it fails or is stopped."""
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


def sentence(text: str, style: str = "", to: Console | None = None) -> None:
    """Print a sentence, by default as a result: whole words to a line, one line off a terminal."""
    console = to or OUT
    console.print(escape(text), style=style, soft_wrap=not console.is_terminal)


def page(what: str, path: Path, shown: bool) -> None:
    """Print where a page is, and what to do with it where no browser shows it."""
    cure = "" if shown else " (no browser here: open it where there is one)"
    OUT.print(f"{what}: {path}{cure}")


def table(rows: Sequence[Mapping[str, str]]) -> None:
    """Print rows with the headings that are their keys."""
    printed = Table(*(Column(name, overflow="fold") for name in rows[0]), box=SIMPLE_HEAD)
    for row in rows:
        printed.add_row(*map(escape, row.values()))
    OUT.print(printed)


def cells(scenarios: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
    """Print one table of the cells of scenarios; with several, each begins with its name.

    The first column names deployments, each in its first row; where there is little room they are
    folded, and figures never are.
    """
    first, *figures = next(iter(scenarios.values()))[0]
    names = Column(first, overflow="fold")
    printed = Table(names, box=SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False)
    for heading in figures:
        printed.add_column(heading, justify="right", no_wrap=True)
    for scenario, rows in scenarios.items():
        if len(scenarios) > 1:
            printed.add_row(f"[bold]{escape(scenario)}[/]")
        before = ""
        for row in rows:
            name, *values = row.values()
            printed.add_row(escape(name) if name != before else "", *map(escape, values))
            before = name
    OUT.print(printed)

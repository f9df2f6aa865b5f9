"""What all verbs share at the terminal: where they print, how they fail, arguments."""

import argparse
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from harness.core.errors import BenchError

OUT = Console(highlight=False, soft_wrap=True)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong with an argument."""

    def error(self, message: str) -> NoReturn:
        """Print the line and end with status 2."""
        fail(f"{message}; --help lists the options")
        sys.exit(2)


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


def table(rows: Sequence[Mapping[str, str]]) -> None:
    """Print rows with the headings that are their keys."""
    printed = Table(*(Column(name, overflow="fold") for name in rows[0]), box=SIMPLE_HEAD)
    for row in rows:
        printed.add_row(*map(escape, row.values()))
    OUT.print(printed)

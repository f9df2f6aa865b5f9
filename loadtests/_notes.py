"""What the harness must hear of a locustfile besides its requests: `--notes F`.

One JSON line each: `kind` (`note`, `refused` or `failed`), `about` (a word to tell them apart by)
and `text`, one line for a person. After `refused` and `failed` Locust ends, with the text as the
last line of its log. With --processes the master writes `F`, each worker a file of its own: what
several of them see is in several files.
"""

import atexit
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from locust import events
from locust.env import Environment
from locust.runners import Runner, WorkerRunner


class Notes:
    """The notes of this run, written as they come once it is known where to."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.lines: list[dict[str, str]] = []
        self.texts: set[str] = set()

    def add(self, about: str, text: str, kind: str = "note") -> None:
        """Add a note, once however many users it is true of."""
        if text in self.texts:
            return
        self.texts.add(text)
        self.lines.append({"kind": kind, "about": about, "text": text})
        self._write()

    def open(self, path: Path) -> None:
        """Write from now on, into an empty file, what there is and what comes."""
        self.path = path
        path.write_text("")
        self._write()

    def _write(self) -> None:
        if self.path is None:
            return
        with self.path.open("a") as file:
            file.writelines(json.dumps(line) + "\n" for line in self.lines)
        self.lines.clear()

    def refuse(self, about: str, text: str) -> NoReturn:
        """End Locust before it begins: the locustfile asks for what cannot be measured."""
        self.add(about, text, "refused")
        end(text)

    def fail(self, about: str, text: str) -> NoReturn:
        """End Locust under way: what is measured from now on would be wrong."""
        self.add(about, text, "failed")
        end(text)


def end(text: str) -> NoReturn:
    """End this process with status 1 and, whatever Locust still logs, with this last line."""
    say_at_last(text)
    sys.exit(1)


def say_at_last(text: str) -> None:
    """Let this be the last line that the process prints."""
    atexit.register(print, text, file=sys.stderr)


def file_of(path: Path, runner: Runner | None) -> Path:
    """Return the file of this process: that of a worker is named after the one that is asked for.

    Those of `F.csv` are `F-0.csv`, `F-1.csv` and so on.
    """
    if not isinstance(runner, WorkerRunner):
        return path
    return path.with_stem(f"{path.stem}-{runner.worker_index}")


notes = Notes()


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Notes")
    group.add_argument("--notes", help="file for one JSON line per note on the locustfile")


@events.init.add_listener
def _open(environment: Environment, **_: Any) -> None:
    """Begin to write."""
    options = environment.parsed_options
    if options is not None and options.notes:
        notes.open(file_of(Path(options.notes), environment.runner))

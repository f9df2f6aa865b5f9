"""A plug-in that runs a locustfile where it lives: `locust -f _surroundings.py,...,FILE`.

The harness starts Locust in a folder of its own. This plug-in comes first, and lets the file find
what it finds when it is run by hand in its own folder: files by relative paths, and modules beside
it, also those that are imported later. Variables and configuration files that would silently set
Locust's options are left out; variables that begin like these and are the user's stay.
"""

import os
import sys
import traceback
from argparse import ArgumentParser
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import locust.main
from locust import events
from locust.argument_parser import (
    get_empty_argument_parser,
    parse_locustfile_option,
    setup_parser_arguments,
)
from locust.env import Environment

from _notes import end, notes, say_at_last

OURS = Path(__file__).resolve().parent


def locustfile() -> Path | None:
    """Return the first of Locust's files that is not one of the plug-ins."""
    options: Any = parse_locustfile_option()
    paths = map(Path, options.locustfile.split(","))
    return next((path.resolve() for path in paths if not path.name.startswith("_")), None)


def raised_by(error: BaseException) -> str:
    """Return in one line what an exception says, and which line of the user's code raised it."""
    text = f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if HOME is not None and frame.filename.startswith(str(HOME))]
    return f"{Path(own[-1].filename).name}:{own[-1].lineno} raised {text}" if own else text


def _say_what_failed(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Let the last line be the one that helps."""
    sys.__excepthook__(kind, error, trace)
    where = f"; relative paths begin at {HOME}" if isinstance(error, FileNotFoundError) else ""
    say_at_last(f"{raised_by(error)}{where}")


def forget_variables() -> list[str]:
    """Take the variables that are Locust's own out of the environment; return their names."""
    parser = get_empty_argument_parser()
    setup_parser_arguments(parser)
    names = {getattr(action, "env_var", None) for action in parser._actions} | {*UNLISTED}
    set_here = sorted(name for name in names if name and name in os.environ)
    for name in set_here:
        del os.environ[name]
    return set_here


@events.init_command_line_parser.add_listener
def _forget_files(parser: ArgumentParser) -> None:
    parser._default_config_files = []  # type: ignore[attr-defined]


@events.init.add_listener
def _note_variables(environment: Environment, **_: Any) -> None:
    if FORGOTTEN:
        text = "set options of Locust, which the plan sets, and were left out"
        notes.add("environment", f"{', '.join(FORGOTTEN)} {text}")


def _refuse_tests(path: str) -> NoReturn:
    """Refuse a file without a user class, which Locust would have pytest look for tests."""
    end(f"{locustfile()} has no user class: derive one from HttpUser; tests of pytest are not run")


# What Locust reads besides its options. What it reads before any file the harness leaves out.
UNLISTED = (
    "LOCUST_USER_CLASSES",
    "LOCUST_WAIT_FOR_WORKERS_REPORT_AFTER_RAMP_UP",
    "LOCUST_WORKER_ADDITIONAL_WAIT_BEFORE_READY_AFTER_STOP",
)
FORGOTTEN = forget_variables()
HOME: Path | None = None

if (path := locustfile()) is not None:
    HOME = path.parent
    os.chdir(HOME)
    sys.path.append(str(HOME))
    sys.excepthook = _say_what_failed
    setattr(locust.main, "load_locustfile_pytest", _refuse_tests)  # noqa: B010

"""The site under test as its own interpreter sees it: what an entry point serves, and why not."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.core import causes
from harness.core.command import entry_point, filled, interpreter
from harness.core.errors import BenchError
from harness.core.plan import Application, Deployment
from harness.host import entry_point as script
from harness.host import packages, versions
from harness.host.launches import source, variables
from harness.host.processes import environment, tidying

TAIL_LINES = 8

SETTINGS = "DJANGO_SETTINGS_MODULE"

SHELL = "shell environment"
"""The fact that names which variables of the shell the site has read, without their values."""

ONE_COMMAND_S = 600
"""How long a command that prepares the site may take: fixtures are large."""

STAND_IN = "1"
"""What stands for a secret while others are looked for: true, a number and a name."""

MOST_UNSET = 30
"""How many secrets are looked for: each takes an import of the site."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What importing an entry point gave: facts by name, or an error and where it was raised."""

    facts: Mapping[str, str]
    error: str = ""
    pages: Sequence[str] = ()
    trace: str = ""
    settings: str = ""
    read: Sequence[str] = ()


def served(application: Application, deployment: Deployment) -> Mapping[str, str]:
    """Return what a deployment's entry point serves, as facts by name; none where it names none.

    Raise BenchError where it cannot be imported.
    """
    entry = entry_point(application, deployment)
    if entry is None:
        return {}
    application = versions.served_by(application, deployment)
    imported = _import(application, deployment, {"entry": entry})
    planned = variables(application, deployment)
    # What the harness sets for every child is neither the shell's nor the plan's.
    given = (name for name in imported.read if name in os.environ and name not in planned)
    of_shell = ", ".join(given)
    if imported.error:
        name = causes.missing_package(imported.error)
        of_plan = application.python is not None and not deployment.has_versions
        if name and packages.groups_of(name) and not of_plan:
            raise packages.lacking(application, deployment, [name])
        cure = _cure(application, deployment, entry, imported) or "see what was raised:"
        with_shell = f" with {of_shell} of the shell" if of_shell else ""
        raise BenchError(
            f"{deployment.name}: {entry} cannot be imported by {interpreter(application)} in "
            f"{application.directory}{with_shell} ({_last_line(imported.error)}); {cure}\n"
            f"{_tail(imported.trace, imported.error)}"
        )
    return {**imported.facts, SHELL: of_shell}


def _cure(
    application: Application, deployment: Deployment, entry: str, imported: Imported
) -> str | None:
    """Return what to do about an error, where it is known, and about settings that do not exist.

    What names the settings is to blame: plan, shell or, where it overrides them, the entry point.
    """
    if causes.unset(imported.error):
        return causes.of_unset(_unset(application, deployment, entry, imported.error))
    given = environment(variables(application, deployment)).get(SETTINGS)
    names = source(application, deployment, SETTINGS) if given == imported.settings else ""
    return causes.cure(imported.error, entry, imported.settings, names)


def _unset(
    application: Application, deployment: Deployment, entry: str, error: str
) -> Sequence[str]:
    """Return all variables that the site wants and nobody sets.

    A site names one at a time: the next shows once those before it stand in for a value.
    """
    names: list[str] = []
    while (name := causes.unset(error)) and name not in names and len(names) < MOST_UNSET:
        names.append(name)
        tried = application.environment | dict.fromkeys(names, STAND_IN)
        trial = application.model_copy(update={"environment": tried})
        error = _import(trial, deployment, {"entry": entry}).error
    return names


def pages(application: Application, deployment: Deployment) -> Sequence[str]:
    """Return the paths of a Django site that need no value filled in; none where it is no such."""
    entry = entry_point(application, deployment)
    question = {"entry": entry, "pages": True}
    return tuple(_import(application, deployment, question).pages)


def run(application: Application, commands: Sequence[Sequence[str]], key: str) -> None:
    """Carry out commands of the site in its folder, one after the other.

    Raise BenchError, with the plan's `key` of them, where one fails.
    """
    for words in commands:
        argv = filled(words, application)
        done = _run(argv, application.directory, variables(application), key, ONE_COMMAND_S)
        if done.returncode:
            raise BenchError(
                f"application.{key}: {' '.join(argv)} ended with status {done.returncode}; mend "
                f"it, or see what it printed:\n{_tail(done.stdout)}"
            )


def _import(
    application: Application, deployment: Deployment, question: Mapping[str, object]
) -> Imported:
    """Return what the site's interpreter says of an entry point."""
    with tempfile.TemporaryDirectory(prefix="site-") as folder:
        out = Path(folder, "answer.json")
        asked = json.dumps({**question, "out": str(out)})
        argv = (interpreter(application), str(script.__file__), asked)
        with tidying() as mark:  # an entry point may start helpers
            extra = variables(application, deployment) | dict(mark)
            done = _run(argv, application.directory, extra, "python", application.ready_timeout_s)
        if not out.exists():
            return Imported({}, f"ended with status {done.returncode}", trace=done.stdout)
        return Imported(**json.loads(out.read_text()))


def _run(
    argv: Sequence[str], directory: Path, extra: Mapping[str, str], key: str, timeout_s: float
) -> "subprocess.CompletedProcess[str]":
    """Return how a command ended and what it printed: what it leaves running may print on."""
    try:
        with tempfile.TemporaryFile() as printed:
            done = subprocess.run(
                argv,
                cwd=directory,
                env=environment(extra),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                timeout=timeout_s,
            )
            printed.seek(0)
            text = printed.read().decode(errors="replace")
        return subprocess.CompletedProcess(argv, done.returncode, text)
    except OSError as error:
        raise BenchError(
            f"application.{key}: {argv[0]} does not run ({error.strerror}); correct it"
        ) from None
    except subprocess.TimeoutExpired:
        raise BenchError(
            f"application.{key}: {' '.join(argv[:3])} took longer than {timeout_s:g} s; see why it "
            "does not end"
        ) from None


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


def _tail(*texts: str) -> str:
    lines = [line for text in texts for line in text.rstrip().splitlines()]
    return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:])

"""The history of runs, a line for each, and the baselines that were accepted."""

import os
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from harness.core.errors import BenchError
from harness.core.fields import Name
from harness.host.launches import launches
from harness.runs.entry import Entry, entry
from harness.runs.store import Run

HISTORY = "history.jsonl"
BASELINES = "baselines"

ENTRY = TypeAdapter(Entry)
NAME = TypeAdapter[str](Name)


def condense(run: Run) -> Entry:
    """Return the entry of a finished run; raise BenchError for one that is not finished."""
    return entry(run.name, run.facts, run.plan, launches(run.plan), run.records())


def append(results: Path, entry: Entry) -> None:
    """Add a finished run to the history in one write, so that lines never mix.

    Raise BenchError where the file cannot be written.
    """
    path = results / HISTORY
    text = ENTRY.dump_json(entry) + b"\n"
    try:
        with path.open("ab+", buffering=0) as file:
            # A line that was cut short must not swallow this one.
            line = text if _ends_with_line(file.fileno()) else b"\n" + text
            if file.write(line) < len(line):
                raise BenchError(f"{path}: no room for a line; make room on the disk")
    except OSError as error:
        raise BenchError(
            f"{path}: cannot be written ({error.strerror}), so run {entry.run} is missing from "
            "the history; make it writable"
        ) from None


def history(results: Path) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Return all entries in the order of their start, and a note for each line left out.

    Raise BenchError where there is no history.
    """
    path = results / HISTORY
    entries, notes = [], []
    for number, line in enumerate(_lines(path), start=1):
        try:
            entries.append(ENTRY.validate_json(line))
        except ValidationError:
            if line.strip():
                notes.append(f"{path}, line {number}: cut short or spoilt, left out")
    return tuple(sorted(entries, key=lambda entry: entry.started)), tuple(notes)


def accept(results: Path, name: str, entry: Entry, replace: bool = False) -> Path:
    """Store a run as a baseline, and return its path.

    Raise BenchError where the name is no file name, or there is one and `replace` is false.
    """
    path = _baseline(results, name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb" if replace else "xb") as file:
            file.write(ENTRY.dump_json(entry, indent=1) + b"\n")
    except FileExistsError:
        raise BenchError(
            f"baseline {name} is there already; name another, or replace it with REPLACE=1"
        ) from None
    except OSError as error:
        raise BenchError(
            f"{path}: cannot be written ({error.strerror}); make it writable"
        ) from None
    return path


def baseline(results: Path, name: str) -> Entry:
    """Return a baseline; raise BenchError, with those there are, where it is missing or spoilt."""
    path = _baseline(results, name)
    try:
        return ENTRY.validate_json(path.read_bytes())
    except FileNotFoundError:
        names = ", ".join(sorted(each.stem for each in path.parent.glob("*.json")))
        cure = f"there are: {names}" if names else f"`make baseline NAME={name}` makes it"
        raise BenchError(f"{path.parent}: no baseline {name}; {cure}") from None
    except (OSError, ValidationError):
        raise BenchError(f"{path}: spoilt; accept a run anew: make baseline NAME={name}") from None


def _baseline(results: Path, name: str) -> Path:
    """Return the path of a baseline; raise BenchError for what is no plain file name."""
    try:
        return results / BASELINES / f"{NAME.validate_python(name)}.json"
    except ValidationError:
        raise BenchError(
            f"baseline {name!r}: a name must consist of letters, digits, '-' and '_'"
        ) from None


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except OSError as error:
        raise BenchError(
            f"{path}: no history there ({error.strerror}); each finished `make bench` adds to it"
        ) from None


def _ends_with_line(descriptor: int) -> bool:
    """Return whether a file ends with the end of a line, or is empty."""
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"

"""What is kept of runs beyond their folders: the history, a line each, and accepted baselines."""

import os
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from harness.core.errors import BenchError
from harness.core.plan import Name
from harness.host.launches import launches
from harness.runs.entry import Entry, entry
from harness.runs.store import Run

HISTORY = "history.jsonl"
BASELINES = "baselines"

ENTRY = TypeAdapter(Entry)
NAME = TypeAdapter[str](Name)


def condense(run: Run) -> Entry:
    """Read a finished run in short; raise BenchError for one that is not finished."""
    return entry(run.name, run.facts, run.plan, launches(run.plan), run.records())


def append(results: Path, entry: Entry) -> None:
    """Add a finished run to the history in one write, so that lines never mix."""
    path = results / HISTORY
    text = ENTRY.dump_json(entry) + b"\n"
    try:
        with path.open("ab+", buffering=0) as file:
            # One that was cut short must not swallow this line.
            line = text if _whole_lines(file.fileno()) else b"\n" + text
            if file.write(line) < len(line):
                raise BenchError(f"{path}: no room for a line; make room on the disk")
    except OSError as error:
        raise BenchError(
            f"{path}: cannot be written ({error.strerror}), so run {entry.run} is missing in the "
            "history; make it writable"
        ) from None


def history(results: Path) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Read all entries in the order of their start, and a note for each line left out."""
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
    """Store a run as a baseline; give its path. One that is there is replaced only if told."""
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
        raise BenchError(f"{path}: cannot be written ({error.strerror}); make it so") from None
    return path


def baseline(results: Path, name: str) -> Entry:
    """Read a baseline, or say which there are."""
    path = _baseline(results, name)
    try:
        return ENTRY.validate_json(path.read_bytes())
    except FileNotFoundError:
        known = ", ".join(sorted(each.stem for each in path.parent.glob("*.json")))
        there = f"there are: {known}" if known else f"`make baseline NAME={name}` makes it"
        raise BenchError(f"{path.parent}: no baseline {name}; {there}") from None
    except (OSError, ValidationError):
        raise BenchError(f"{path}: spoilt; accept a run anew: make baseline NAME={name}") from None


def _baseline(results: Path, name: str) -> Path:
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


def _whole_lines(descriptor: int) -> bool:
    """Tell whether a file ends with the end of a line, or is empty."""
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"

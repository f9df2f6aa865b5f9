"""One row of trials.csv: a record to texts, and back."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from harness.core import gate
from harness.core.errors import BenchError
from harness.core.gate import Doubt
from harness.core.metrics import Measurement
from harness.core.record import Extra, Record, finite
from harness.core.trial import Trial
from harness.core.validation import fault

Noun = TypeVar("Noun", Trial, Measurement, Extra)

NOUNS = {noun: tuple(each.name for each in fields(noun)) for noun in (Trial, Measurement, Extra)}
TYPES: dict[type, TypeAdapter[Any]] = {noun: TypeAdapter(noun) for noun in NOUNS}

LATER = ("fraction",)
"""Fields of a trial that came after the contract: their columns stand behind its own."""

CONTRACT = (
    "run",
    *(name for name in NOUNS[Trial] if name not in LATER),
    "started",
    *NOUNS[Measurement],
    "valid",
    "doubts",
)
"""The columns that every file has had, in this order."""

COLUMNS = (*CONTRACT, *LATER, *NOUNS[Extra])


def cells(run: str, record: Record) -> list[str]:
    """Return a record of a run as one text for each of COLUMNS, empty where not measured."""
    texts = {
        "run": run,
        "started": record.started,
        "valid": str(record.valid).lower(),
        "doubts": gate.as_text(record.doubts),
    }
    for noun in (record.trial, record.measurement, record.extra):
        texts |= {name: _text(getattr(noun, name)) for name in NOUNS[type(noun)]}
    return [texts[column] for column in COLUMNS]


def record(row: Mapping[str, str], where: str) -> Record:
    """Return the record in a row, which is keyed by column.

    A row of an earlier version lacks the columns that came later: not measured. Raise BenchError
    where it is cut short or spoilt; `where` is its file and line.
    """
    try:
        _check(row)
        return Record(
            trial=_noun(Trial, row),
            started=row["started"],
            measurement=finite(_noun(Measurement, row)),
            extra=finite(_noun(Extra, row)),
            doubts=_doubts(row),
        )
    except ValidationError as error:
        reason = fault(error.errors()[0], "the row")
    except ValueError as error:
        reason = str(error)
    raise BenchError(
        f"{where}: cut short or spoilt ({reason}); delete the line and go on with the run"
    )


def _check(row: Mapping[str, str]) -> None:
    """Raise ValueError where a row does not fit its file, or the file lacks a CONTRACT column."""
    if missing := [column for column in CONTRACT if column not in row]:
        raise ValueError(f"the file has no column {missing[0]}")
    if None in row.values():
        raise ValueError("columns are missing at its end")
    if None in row:
        raise ValueError("it has more columns than the file")


def _doubts(row: Mapping[str, str]) -> tuple[Doubt, ...]:
    """Return the doubts in a row; raise ValueError where `valid` contradicts them."""
    doubts = gate.from_text(row["doubts"])
    if row["valid"] != str(not doubts).lower():
        raise ValueError("valid and doubts contradict each other")
    return doubts


def _noun(kind: type[Noun], row: Mapping[str, str]) -> Noun:
    """Return the noun that a row holds; a text that is empty or missing leaves the default."""
    defaults = {e.name: None if e.default is MISSING else e.default for e in fields(kind)}
    texts = {name: row.get(name) or default for name, default in defaults.items()}
    noun: Noun = TYPES[kind].validate_python(texts)
    return noun


def _text(value: object) -> str:
    """Return a value as a cell has it, floats to six digits."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)

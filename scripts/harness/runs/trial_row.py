"""One row of trials.csv: a record as texts, and back."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from harness.core import gate
from harness.core.errors import BenchError
from harness.core.gate import Doubt
from harness.core.metrics import Measurement
from harness.core.record import Extra, Record
from harness.core.trial import Trial
from harness.core.validation import fault

Noun = TypeVar("Noun", Trial, Measurement, Extra)

NOUNS = {noun: tuple(each.name for each in fields(noun)) for noun in (Trial, Measurement, Extra)}
TYPES: dict[type, TypeAdapter[Any]] = {noun: TypeAdapter(noun) for noun in NOUNS}

LATER = ("fraction",)
"""Fields of a trial that are not among the columns of the contract: they stand behind them."""

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
    """Set a record of a run out under COLUMNS; what was not measured is empty."""
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
    """Read a row, keyed by column; raise BenchError that tells `where` it is cut or spoilt.

    A run of an earlier version lacks the columns that came later: not measured.
    """
    try:
        _check(row)
        return Record(
            trial=_noun(Trial, row),
            started=row["started"],
            measurement=_noun(Measurement, row),
            extra=_noun(Extra, row),
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
    """Refuse a row with other columns than its file, or a file without those of the contract."""
    if lacking := [column for column in CONTRACT if column not in row]:
        raise ValueError(f"the file has no column {lacking[0]}")
    if None in row.values():
        raise ValueError("columns are missing at its end")
    if None in row:
        raise ValueError("it has more columns than the file")


def _doubts(row: Mapping[str, str]) -> tuple[Doubt, ...]:
    doubts = gate.from_text(row["doubts"])
    if row["valid"] != str(not doubts).lower():
        raise ValueError("valid and doubts contradict each other")
    return doubts


def _noun(kind: type[Noun], row: Mapping[str, str]) -> Noun:
    """Turn the texts of one row into a noun; what is empty, or no column, is as by default."""
    defaults = {e.name: None if e.default is MISSING else e.default for e in fields(kind)}
    texts = {name: row.get(name) or default for name, default in defaults.items()}
    noun: Noun = TYPES[kind].validate_python(texts)
    return noun


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)

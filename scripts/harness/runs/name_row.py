"""Rows of names.csv: a trial's figures by name as texts, and back."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from harness.core.errors import BenchError
from harness.core.record import NameFigures, Record
from harness.core.validation import fault

FIGURES = tuple(each.name for each in fields(NameFigures))
TYPE = TypeAdapter(NameFigures)

COLUMNS = ("deployment", "scenario", "users", "rate_rps", "round", "started", *FIGURES)
"""A trial is the one of its deployment that `started` then; what stands before is for readers."""

TrialKey = tuple[str, str]


def key(record: Record) -> TrialKey:
    """Return what a trial's rows are found by."""
    return record.trial.deployment, record.started


def cells(record: Record) -> list[list[str]]:
    """Set a record's figures by name out under COLUMNS; what was not measured is empty."""
    trial = record.trial
    rate = "" if trial.rate_rps is None else f"{trial.rate_rps:.6g}"
    of_trial = [trial.deployment, trial.scenario, str(trial.users), rate, str(trial.round)]
    return [
        [*of_trial, record.started, *(_text(getattr(each, name)) for name in FIGURES)]
        for each in record.names
    ]


def by_trial(
    rows: Iterable[tuple[str, Mapping[str, str]]],
) -> dict[TrialKey, tuple[NameFigures, ...]]:
    """Read rows, each with where it stands; raise BenchError with that where one is spoilt."""
    figures: dict[TrialKey, tuple[NameFigures, ...]] = {}
    for where, row in rows:
        each = _figures(row, where)
        trial = (row["deployment"], row["started"])
        figures[trial] = (*figures.get(trial, ()), each)
    return figures


def _figures(row: Mapping[str, str], where: str) -> NameFigures:
    texts = {"name", "method"}
    try:
        if None in row.values():
            raise ValueError("columns are missing at its end")
        values = {name: row[name] or ("" if name in texts else None) for name in FIGURES}
        figures: NameFigures = TYPE.validate_python(values)
        return figures
    except ValidationError as error:
        reason = fault(error.errors()[0], "the row")
    except (KeyError, ValueError) as error:
        reason = str(error)
    raise BenchError(f"{where}: cut short or spoilt ({reason}); delete the line")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)

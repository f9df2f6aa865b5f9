"""Say what failed: by name and reason, beside the errors in the servers' logs. Pure."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from harness.core import counted
from harness.core.counted import Counted
from harness.core.labels import load, loads
from harness.core.record import Record

MOST_SHOWN = 5


def sentences(records: Iterable[Record]) -> tuple[str, ...]:
    """Return a line for each deployment and scenario with failures, or with errors in its log."""
    telling = (each for each in records if each.extra.failures or each.extra.log_errors)
    climbs = groupby(sorted(telling, key=_climb), key=_climb)
    return tuple(_sentence(*climb, [*group]) for climb, group in climbs)


def _climb(record: Record) -> tuple[str, str]:
    return record.trial.scenario, record.trial.deployment


def _sentence(scenario: str, deployment: str, records: Sequence[Record]) -> str:
    failures = _total(record.extra.failures for record in records)
    errors = _total(record.extra.log_errors for record in records)
    parts = [counted.in_words(failures, MOST_SHOWN)] if failures else ["no request failed"]
    parts += [f"server.log has {counted.in_words(errors, MOST_SHOWN)}"] if errors else []
    failing = [record for record in records if record.extra.failures]
    return f"`{scenario}`, {deployment} at {_places(failing or records)}: {'; '.join(parts)}."


def _places(records: Sequence[Record]) -> str:
    """Return the loads of some records in words, from the lowest up."""
    trials = sorted((record.trial for record in records), key=lambda trial: trial.step)
    if trials[0].model == "closed":
        return loads([*dict.fromkeys(trial.users for trial in trials)])
    return ", ".join(dict.fromkeys(map(load, trials)))


def _total(cells: Iterable[str]) -> tuple[Counted, ...]:
    return counted.total(each for cell in cells for each in counted.from_text(cell))

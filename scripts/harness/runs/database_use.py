"""How the connections to the database were used: needed, leaked, or too few. Pure."""

from collections.abc import Iterable, Sequence

from harness.core import statistics
from harness.core.metrics import DATABASE_BUSY, DATABASE_CONNECTIONS, Metric
from harness.core.record import Extra
from harness.core.summary import DatabaseFinding, DatabaseUse, Spread
from harness.core.trial import Trial

# A client has one request at a time, and the connection of the one before may still be closing.
MOST_PER_CLIENT = 2

# Between two queries a connection is idle for as long as the application takes to pass it on.
ALL_BUSY = 0.8


def database_use(trial: Trial, extras: Sequence[Extra]) -> DatabaseUse | None:
    """Return how a cell used its database over the rounds; None where it had none.

    `trial` is any of the cell's, `extras` are the figures of its measured rounds.
    """
    held = _spread(DATABASE_CONNECTIONS, (extra.database_connections for extra in extras))
    if held is None:
        return None
    busy = _spread(DATABASE_BUSY, (extra.database_busy for extra in extras))
    return DatabaseUse(held, busy, _finding(trial, extras, held, busy))


def _finding(
    trial: Trial, extras: Iterable[Extra], held: Spread, busy: Spread | None
) -> DatabaseFinding | None:
    """Return what is wrong, by name: more connections than requests can use, or too few."""
    if held.middle > MOST_PER_CLIENT * trial.users:
        return "connection leak"
    at_once = min(trial.users, trial.slots or trial.users)
    all_busy = busy is not None and busy.middle >= ALL_BUSY * held.middle > 0
    refused = any("pool=" in extra.error_kinds for extra in extras)
    if refused or (all_busy and held.middle < at_once):
        return "exhausted pool"
    return None


def _spread(metric: Metric, values: Iterable[float | None]) -> Spread | None:
    return statistics.spread([value for value in values if value is not None], metric.mean.within)

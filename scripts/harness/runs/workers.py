"""How connections and requests spread over the workers of a server, and what one takes. Pure."""

from collections.abc import Iterable, Sequence

from harness.core import statistics
from harness.core.plan import Plan
from harness.core.record import Extra, Record
from harness.core.summary import Spread, WorkerSpread
from harness.core.trial import CellKey

SHARE = (0.0, 1.0)


def worker_spreads(plan: Plan, records: Sequence[Record]) -> tuple[WorkerSpread, ...]:
    """Return a row for each cell, in the order of the plan; none where no server has several.

    What keeps no connections is left out: each request may then go to another worker.
    """
    kept = [each for each in records if each.extra.workers and each.extra.connections_expected]
    if all(record.extra.workers == 1 for record in kept):
        return ()
    cells: dict[CellKey, list[Record]] = {}
    for record in kept:
        cells.setdefault(record.trial.cell, []).append(record)
    keys = (
        CellKey(deployment.name, scenario.name, step)
        for scenario in plan.scenarios
        for deployment in plan.against(scenario)
        for step in plan.load_of(scenario).steps
    )
    return tuple(_cell(cells[key]) for key in keys if key in cells)


def _cell(records: Sequence[Record]) -> WorkerSpread:
    """Return how the load of a cell spread, over its rounds."""
    trial, extras = records[0].trial, [record.extra for record in records]
    shares = [share for share in map(_shares, extras) if share]
    return WorkerSpread(
        scenario=trial.scenario,
        deployment=trial.deployment,
        users=trial.users,
        workers=max(extra.workers or 0 for extra in extras),
        connections=_over_rounds(map(_busiest_connections, extras), SHARE),
        busiest=_over_rounds((max(share) for share in shares), SHARE),
        idlest=_over_rounds((min(share) for share in shares), SHARE),
        memory_mib=_over_rounds(map(_memory_mib, extras)),
        flagged=any(record.doubts for record in records),
    )


def _over_rounds(
    values: Iterable[float | None], within: tuple[float, float] | None = None
) -> Spread | None:
    return statistics.spread([value for value in values if value is not None], within)


def _shares(extra: Extra) -> Sequence[float]:
    """Return which part of the requests each worker answered; nothing where that is unknown.

    A worker that answered none is not among the numbers.
    """
    numbers = [int(number) for number in extra.requests_by_worker.split()]
    silent = [0] * ((extra.workers or 0) - len(numbers))
    return [number / sum(numbers) for number in (*numbers, *silent)] if numbers else []


def _busiest_connections(extra: Extra) -> float | None:
    """Return which part of the connections one worker had; None of a lone one, or where unknown."""
    if extra.busiest_worker is None or not extra.server_connections:
        return None
    return min(1.0, extra.busiest_worker / extra.server_connections)


def _memory_mib(extra: Extra) -> float | None:
    """Return the memory of a server over its workers, the share of its master included."""
    if extra.server_pss_mib is None or not extra.workers:
        return None
    return extra.server_pss_mib / extra.workers

"""Which servers answered in bursts, so that closed loops asked in bursts too. Pure.

It is a finding about the server and no fault of the measurement, so no gate flags it.
"""

from collections.abc import Iterable
from itertools import groupby

from harness.core.labels import loads
from harness.core.record import Record
from harness.measure.arrivals import crowded


def sentences(records: Iterable[Record]) -> tuple[str, ...]:
    """Return a sentence for each deployment and scenario that showed it at any load."""
    cells = sorted(
        {
            (record.trial.scenario, record.trial.deployment, record.trial.users)
            for record in records
            if crowded(record.extra)
        }
    )
    return tuple(
        f"For `{scenario}`, {deployment} answered in bursts at "
        f"{loads([users for _, _, users in group])}, and clients asked again in bursts: that is "
        "the server's doing, and part of its latency."
        for (scenario, deployment), group in groupby(cells, key=lambda cell: cell[:2])
    )

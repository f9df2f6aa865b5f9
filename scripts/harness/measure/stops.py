"""From the rows of a probe to stops: spells in which a server's process did nothing else. Pure."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.core.plan import Deployment, Scenario
from harness.core.summary import Stop, StopTally

# What clients of a slow scenario would not notice is no stop: a twentieth of a second.
LEAST_STOP_MS = 50.0


def stops(
    rows: pd.DataFrame, ran_s: NDArray[np.float64], began_s: float, ended_s: float
) -> tuple[Stop, ...]:
    """Return the stops between two times, in seconds since the first of them.

    A collection and the lateness of a loop that overlap are one stop, from the first's beginning
    to the last's end. `rows` has the columns of harness/rig/probe/stops_probe.py. `ran_s` are
    moments at which a view began or ended: a collection during which one did had lost the
    interpreter's lock to another thread, and counts by the longest part in which none did.
    """
    running = np.sort(ran_s[np.isfinite(ran_s)]) - began_s
    spells: list[Stop] = []
    for spell in sorted(_spells(rows, running, began_s), key=lambda each: each.at_s):
        joins = spells and spell.at_s <= spells[-1].until_s
        spells.append(_join(spells.pop(), spell) if joins else spell)
    return tuple(
        spell
        for spell in spells
        if spell.lasted_ms >= LEAST_STOP_MS and 0 <= spell.at_s <= ended_s - began_s
    )


def _spells(rows: pd.DataFrame, running: NDArray[np.float64], began_s: float) -> Iterator[Stop]:
    """Yield each row as a spell, of a collection the part that stopped all threads."""
    columns = (rows["began_s"] - began_s, rows["lasted_ms"], rows["cause"] == "collector")
    for at_s, lasted_ms, collecting in zip(*columns, strict=True):
        spell = Stop(float(at_s), float(lasted_ms), bool(collecting))
        yield _longest_silence(spell, running) if collecting else spell


def _longest_silence(spell: Stop, running: NDArray[np.float64]) -> Stop:
    """Return the longest part of a spell that has none of the moments, in order, within it."""
    first, last = np.searchsorted(running, (spell.at_s, spell.until_s))
    edges = np.array([spell.at_s, *running[first:last], spell.until_s])
    silences_s = np.diff(edges)
    longest = int(silences_s.argmax())
    return Stop(float(edges[longest]), float(silences_s[longest] * 1000), spell.collecting)


def tally(
    scenario: Scenario, deployment: Deployment, blocks: Sequence[Sequence[Stop]]
) -> StopTally:
    """Return how often a deployment stopped in some blocks of a scenario."""
    spells = [stop for block in blocks for stop in block]
    return StopTally(
        scenario=scenario.name,
        deployment=deployment.name,
        interface=deployment.interface,
        blocks=len(blocks),
        stops=len(spells),
        collecting=sum(stop.collecting for stop in spells),
        longest_ms=max((stop.lasted_ms for stop in spells), default=0.0),
    )


def _join(one: Stop, other: Stop) -> Stop:
    """Return one stop from the beginning of the first to the end of the last."""
    until_s = max(one.until_s, other.until_s)
    return Stop(one.at_s, (until_s - one.at_s) * 1000, one.collecting or other.collecting)

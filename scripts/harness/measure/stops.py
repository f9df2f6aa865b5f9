"""From the rows of a probe to stops: spells in which a server's process did nothing else. Pure."""

from collections.abc import Sequence

import pandas as pd

from harness.core.plan import Deployment, Scenario
from harness.core.summary import Stop, StopTally

# What clients of a slow scenario would not notice is no stop: a twentieth of a second.
LEAST_STOP_MS = 50.0


def stops(rows: pd.DataFrame, began_s: float, ended_s: float) -> tuple[Stop, ...]:
    """Return the stops between two times, in seconds since the first of them.

    A collection and the lateness of a loop that overlap are one stop, from the first's beginning
    to the last's end. `rows` has the columns of harness/rig/probe/stops_probe.py.
    """
    spells: list[Stop] = []
    ordered = rows.sort_values("began_s")
    columns = (ordered["began_s"] - began_s, ordered["lasted_ms"], ordered["cause"] == "collector")
    for at_s, lasted_ms, collecting in zip(*columns, strict=True):
        spell = Stop(float(at_s), float(lasted_ms), bool(collecting))
        if spells and spell.at_s <= spells[-1].until_s:
            spell = _join(spells.pop(), spell)
        spells.append(spell)
    return tuple(
        spell
        for spell in spells
        if spell.lasted_ms >= LEAST_STOP_MS and 0 <= spell.at_s <= ended_s - began_s
    )


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

"""Carry a locustfile through the harness against a site in this process: rig, measure, gates."""

import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from harness.core.gate import GateName
from harness.core.metrics import Measurement
from harness.core.plan import Deployment, Load, Scenario
from harness.core.record import Extra, NameFigures
from harness.core.trial import Block
from harness.host.processes import Child
from harness.measure import gates
from harness.measure.measurement import measure
from harness.measure.names import by_name
from harness.rig.generator import TAKING_TURNS, generate
from harness.rig.session import await_plateau
from tests.support.patience import PATIENCE_S

SITE = Deployment(name="site", interface="wsgi", views="sync", command=("site",))

# None of this process's figures: the site lives in it.
UNMETERED = pd.DataFrame({"time_s": pd.Series(dtype="float64")})

# What the locustfile is to blame for, not how busy the machine is that runs the tests.
OWN_GATES = (
    GateName.ERRORS,
    GateName.TASKS,
    GateName.FLOOR,
    GateName.LITTLE,
    GateName.CONSERVATION,
    GateName.UNANSWERED,
)


@dataclass(frozen=True)
class Outcome:
    """What one load step came to: figures, the flags that are the locustfile's, names, notes."""

    measurement: Measurement
    extra: Extra
    flags: Mapping[GateName, str]
    names: Mapping[str, NameFigures]
    notes: tuple[str, ...]


def outcome(
    text: str,
    url: str,
    folder: Path,
    clients: int = 4,
    rates_rps: Sequence[float] = (),
    measure_s: float = 1.2,
    tail_s: float = 1,
    **scenario: Any,
) -> Outcome:
    """Load a site by a locustfile for one step; raise SessionFailed where that is refused."""
    block = _block(text, folder, clients, rates_rps, measure_s, tail_s, scenario)
    core = sorted(os.sched_getaffinity(0))[-1:]
    with generate(block.scenario, block.load, "sync", url, folder, core) as generator:
        plateau = await_plateau(generator, (), block.longest_s, began=False)
        requests = generator.requests()
        notes = tuple(note.text for note in generator.notes())
    measurement, extra = measure(requests, UNMETERED, plateau, block.scenario)
    doubts = gates.judge(block.trials[0], measurement, extra, 1)
    return Outcome(
        measurement=measurement,
        extra=extra,
        flags={doubt.gate: doubt.reason for doubt in doubts if doubt.gate in OWN_GATES},
        names={each.name: each for each in by_name(requests, plateau)},
        notes=notes,
    )


@dataclass(frozen=True)
class WholeRun:
    """All that one Locust asked, from its start to its end, and what it printed."""

    names: Mapping[str, NameFigures]
    set_up: Counter[str]
    log: str


def whole_run(text: str, url: str, folder: Path, rates_rps: Sequence[float] = ()) -> WholeRun:
    """Load a site by a locustfile whose users fall silent in time; let Locust end by itself."""
    block = _block(text, folder, 4, rates_rps, 3.5, 1, {})
    core = sorted(os.sched_getaffinity(0))[-1:]
    with generate(block.scenario, block.load, "sync", url, folder, core) as generator:
        plateau = await_plateau(generator, (), block.longest_s, began=False)
        requests = generator.requests()
        await_end(generator.child)
    set_up = requests[requests["set_up"] == 1]
    return WholeRun(
        names={each.name: each for each in by_name(requests, replace(plateau, opened=0.0))},
        set_up=Counter(set_up["name"]),
        log=generator.child.log.read_text(),
    )


def await_end(child: Child) -> None:
    """Wait until a child has ended by itself."""
    deadline = time.monotonic() + PATIENCE_S
    while child.status is None:
        assert time.monotonic() < deadline, child.tail()
        time.sleep(0.05)


def turns(text: str, url: str, folder: Path, number: int) -> list[Measurement]:
    """Load a site by a locustfile in turns, as a check does; return what each but the first was."""
    block = _block(text, folder, 4, (), 1, 1, {})
    core = sorted(os.sched_getaffinity(0))[-1:]
    measured = []
    with generate(block.scenario, block.load, "sync", url, folder, core, TAKING_TURNS) as generator:
        await_plateau(generator, (), block.longest_s, began=False)
        for _ in range(number):
            generator.take_turn()
            plateau = await_plateau(generator, (), block.longest_s)
            requests = generator.requests(since_s=plateau.ramped)
            measured.append(measure(requests, UNMETERED, plateau, block.scenario)[0])
    return measured


def _block(
    text: str,
    folder: Path,
    clients: int,
    rates_rps: Sequence[float],
    measure_s: float,
    tail_s: float,
    scenario: Mapping[str, Any],
) -> Block:
    """Write the locustfile and lay its only load step out."""
    locustfile = folder / "load.py"
    locustfile.write_text(text)
    load = Load(
        users=() if rates_rps else (clients,),
        rates_rps=tuple(rates_rps),
        clients=clients,
        settle_s=0.3,
        measure_s=measure_s,
        tail_s=tail_s,
    )
    return Block(SITE, Scenario(name="visit", locustfile=locustfile, **scenario), load, 1)

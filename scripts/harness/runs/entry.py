"""A finished run in short: what must be equal before it is compared, and its cells. Pure.

The history has an entry for every run; a baseline is an entry that was accepted under a name.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Literal

from harness.core.errors import BenchError
from harness.core.labels import load
from harness.core.launch import Launch
from harness.core.metrics import Place, metrics_at
from harness.core.plan import Interface, Plan
from harness.core.record import Record
from harness.core.schedule import blocks, missing
from harness.core.server_profiles import PACKAGES
from harness.core.summary import Spread
from harness.core.trial import CellKey
from harness.host import cpus, prepare
from harness.host.machine import LOAD_PACKAGES
from harness.runs.facts import RunFacts

# They tell runs apart, but not what is measured in them.
NO_MEANING: Mapping[str, bool | Mapping[str, Mapping[str, bool]]] = {
    "name": True,
    "rounds": True,
    "seed": True,
    "scenarios": {"__all__": {"objective": True}},
}

# A longer value is not printed: a line has no room for two commands.
MOST_LETTERS = 40


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a run: for each metric the median over rounds with the range.

    `step` is the load as a number, by which cells are ordered. A cell is `doubted` where any of its
    rounds is.
    """

    scenario: str
    deployment: str
    interface: Interface
    load: str
    step: float
    doubted: bool
    metrics: dict[str, Spread]

    @property
    def key(self) -> CellKey:
        """Return the key that the same cell has in every run."""
        return CellKey(self.deployment, self.scenario, self.step)

    @property
    def label(self) -> str:
        """Return the cell in words: uvicorn, wait at 64 clients."""
        return f"{self.deployment}, {self.scenario} at {self.load}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A finished run: `facts` of machine and versions, the meaning of its plan, its cells."""

    schema: Literal[1]
    run: str
    started: str
    commit: str
    plan: str
    facts: dict[str, str]
    meaning: dict[str, str]
    cells: tuple[Cell, ...]


def entry(
    run: str,
    facts: RunFacts,
    plan: Plan,
    servers: Iterable[Launch],
    records: Sequence[Record],
) -> Entry:
    """Return the entry of a run.

    Args:
        run: its name.
        facts: the content of its run.json.
        plan: its plan.
        servers: the servers of the plan, as they are launched.
        records: all its records.

    Raises:
        BenchError: trials are missing.
    """
    if missing(blocks(plan), records):
        raise BenchError(
            f"run {run} is not finished; `make bench RUN={run}` goes on with it, or "
            "name another with RUN="
        )
    return Entry(
        schema=1,
        run=run,
        started=facts.started,
        commit=facts.commit,
        plan=plan.name,
        facts=_comparable(facts.machine, servers),
        meaning=meaning(plan),
        cells=tuple(_cells(plan, records)),
    )


def _comparable(machine: Mapping[str, str], servers: Iterable[Launch]) -> dict[str, str]:
    """Return the facts without limits and without versions of servers that do not serve.

    Earlier runs recorded those too, whatever served in them.
    """
    serving = {name for server in servers for name in server.packages}
    unused = PACKAGES - serving - set(LOAD_PACKAGES)
    return {
        fact: value
        for fact, value in machine.items()
        if fact not in prepare.FACTS and fact not in unused
    }


def meaning(plan: Plan) -> dict[str, str]:
    """Return what a plan has measured: a value for each key that differs from its default."""
    keys = plan.model_dump(mode="json", exclude=NO_MEANING, exclude_defaults=True, by_alias=True)
    return dict(_flat(keys, ""))


def differences(before: Entry, now: Entry) -> tuple[str, ...]:
    """Return the facts, then the keys of the plan, in which two runs differ, with both values.

    A fact of the cores that only the later version of the suite recorded is no difference.
    """
    both = before.facts.keys() & now.facts.keys()
    old, new = (
        {fact: value for fact, value in facts.items() if fact in both or fact not in cpus.FACTS}
        for facts in (before.facts, now.facts)
    )
    return (
        *_changes(old, new, ""),
        *_changes(before.meaning, now.meaning, "plan: "),
    )


def _changes(before: Mapping[str, str], now: Mapping[str, str], head: str) -> Iterator[str]:
    """Yield each key whose values differ, with both where a line has room for them."""
    for key in dict.fromkeys((*before, *now)):
        old = before.get(key, "nothing")
        new = now.get(key, "nothing")
        if old != new:
            short = max(len(old), len(new)) <= MOST_LETTERS
            yield f"{head}{key} {old} -> {new}" if short else f"{head}{key} differs"


def _flat(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield the leaves of a plan by key; in a list of parts with names, a name is a key."""
    if isinstance(value, list) and _have_names(value):
        value = {each["name"]: {k: v for k, v in each.items() if k != "name"} for each in value}
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else name)
    else:
        yield key, value if isinstance(value, str) else json.dumps(value)


def _have_names(parts: list[Any]) -> bool:
    """Return whether each part of a list has a name of its own; paths need none."""
    names = [each.get("name") for each in parts if isinstance(each, dict)]
    texts = {name for name in names if isinstance(name, str)}
    return 0 < len(texts) == len(parts)


def _cells(plan: Plan, records: Iterable[Record]) -> Iterator[Cell]:
    """Yield each cell with its rounds, in the order of the plan."""
    cells: dict[CellKey, list[Record]] = {}
    for record in records:
        cells.setdefault(record.trial.cell, []).append(record)
    for scenario in plan.scenarios:
        for deployment in plan.against(scenario):
            for step in plan.load_of(scenario).steps:
                if rounds := cells.get(CellKey(deployment.name, scenario.name, step)):
                    yield _cell(rounds, step)


def _cell(rounds: Sequence[Record], step: float) -> Cell:
    trial = rounds[0].trial
    return Cell(
        scenario=trial.scenario,
        deployment=trial.deployment,
        interface=trial.interface,
        # The rate that a fraction of a capacity comes to is another in every run.
        load=load(replace(trial, rate_rps=None) if trial.fraction else trial),
        step=step,
        doubted=not all(record.valid for record in rounds),
        metrics={
            metric.name: spread
            for metric in metrics_at(Place.HISTORY)
            if (spread := _spread(rounds, metric.name))
        },
    )


def _spread(rounds: Iterable[Record], metric: str) -> Spread | None:
    """Return the median of a metric with its range; None where no round has it."""
    by_round = (getattr(record.measurement, metric) for record in rounds)
    values = [value for value in by_round if value is not None]
    if not values:
        return None
    return Spread(median(values), min(values), max(values), len(values), "range")

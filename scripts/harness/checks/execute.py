"""Carry out a regression check: pairs of turns over rounds and cells, until all is decided."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from random import Random

from harness.checks import store
from harness.checks.instructions import InstructionChange, counted, lacking
from harness.checks.interleave import Pair, duel
from harness.checks.judge import METRICS, MIN_SHARE, Change, Side, finished, judge, metric
from harness.checks.revisions import Revision
from harness.checks.self_comparison import Repeat, repeat
from harness.checks.sequential import LOOKS, spent
from harness.core import schedule
from harness.core.errors import BenchError
from harness.core.gate import Doubt, GateName
from harness.core.plan import Plan
from harness.core.statistics import MARGIN
from harness.core.trial import Block, CellKey, CellMetric
from harness.host import processes
from harness.host.machine import Cores

# A start of a server differs from the next, by its hash seed and its memory, which no number of
# pairs against the same two starts could show. Starting both costs about as much as two pairs.
PAIRS_PER_START = 5

# What a start costs besides its turns, and a turn besides its plateau, for the ETA alone.
START_S, TURN_S = 1.5, 0.2

# Counting the instructions of one side takes this long, for the ETA alone.
COUNT_S = 22.0

# The service did not do its work, or the machine was not ours: nothing measured holds.
TAINTING_ALL = (GateName.ERRORS, GateName.HOST)

Pairs = Mapping[CellKey, Sequence[Pair]]
"""The pairs of each cell, at the highest step of its climb."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is known after a round: so many pairs of each cell, judged where a look is planned."""

    pairs: int
    most: int
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    repeatability: tuple[Repeat, ...] = ()


def carry_out(
    chosen: Plan,
    sides: tuple[Revision, Revision],
    cores: Cores,
    folder: Path,
    margin: float = MARGIN,
) -> Iterator[Look]:
    """Do round after round, each on fresh servers; end once more pairs could change nothing."""
    blocks, order, at = _blocks(chosen), Random(chosen.seed), looks(chosen)
    processes.pin(os.getpid(), cores.load)
    pairs: dict[CellKey, list[Pair]] = {block.climb: [] for block in blocks}
    for number, one_round in groupby(blocks, lambda block: block.round):
        for block in one_round:
            found = duel(sides, chosen, block, PAIRS_PER_START, order, cores, folder / block.slug)
            for pair in found:
                pairs[block.climb].append(pair)
                store.keep(folder, str(block.climb), len(pairs[block.climb]), pair)
        done = number * PAIRS_PER_START
        if done not in at:
            yield Look(done, at[-1], (), ())
            continue
        changes, repeated = judged(pairs, at, margin), repeats(pairs, spent(done, at), chosen.seed)
        yield Look(done, at[-1], changes, notes(pairs), repeated)
        if finished(changes):
            return


def contest(
    chosen: Plan,
    sides: tuple[Revision, Revision],
    cores: Cores,
    folder: Path,
    margin: float = MARGIN,
    show: Callable[[Look], None] = lambda _look: None,
) -> tuple[Look, tuple[InstructionChange, ...]]:
    """Count, then load, until all is decided; more instructions end it at the first look."""
    counts = tuple(counted(chosen, sides))
    dearer = any(count.verdict == "regressed" for count in counts)
    for look in carry_out(chosen, sides, cores, folder, margin):
        show(look)
        if dearer and look.changes:
            break
    return look, counts


def looks(chosen: Plan) -> tuple[int, ...]:
    """List after how many pairs to look: as planned for, and when the plan's rounds are done."""
    most = chosen.rounds * PAIRS_PER_START
    return (*(look for look in LOOKS if look < most), most)


def seconds(chosen: Plan) -> float:
    """Estimate how long the check takes if nothing is decided early."""
    blocks = _blocks(chosen)
    loaded = sum(START_S + (2 * PAIRS_PER_START + 1) * _turn_s(block) for block in blocks)
    counts = 0 if lacking() else sum(bool(b.scenario.instructions) for b in blocks if b.round == 1)
    return loaded + 2 * COUNT_S * counts


def _turn_s(block: Block) -> float:
    return TURN_S + block.load.settle_s + block.open_s + block.scenario.wait_ms / 1000


def judged(pairs: Pairs, at: Sequence[int], margin: float = MARGIN) -> tuple[Change, ...]:
    """Judge every metric of every cell that can be; what is doubted too often is undecided."""
    base, head = _sides(pairs)
    known = [name for name in base if _measurable(name, base[name], head[name])]
    return tuple(_undecided(change, pairs) for change in judge(base, head, known, at, margin))


def notes(pairs: Pairs) -> tuple[str, ...]:
    """Say what could not be judged, and what was doubted, if only in few pairs."""
    base, head = _sides(pairs)
    lacking = [name for name in base if not _measurable(name, base[name], head[name])]
    said = [f"{name} is not judged: the turns have too few requests for it" for name in lacking]
    for name, found in pairs.items():
        said += [
            f"{name}: {count} of {len(found)} pairs are doubted, first by {doubt}"
            for count, doubt in _tally(found).values()
        ]
    return tuple(said)


def repeats(pairs: Pairs, share: float, seed: int) -> tuple[Repeat, ...]:
    """Compare BASE with itself in every metric of every cell that can be."""
    found = (
        repeat(CellMetric(name, cell), _starts(taken, name), share, seed)
        for cell, taken in pairs.items()
        for name in METRICS
    )
    return tuple(each for each in found if each)


def _starts(taken: Sequence[Pair], metric: str) -> list[Sequence[float | None]]:
    """List what BASE measured, start by start of the servers."""
    values = [pair.base.values[metric] for pair in taken]
    return [values[n : n + PAIRS_PER_START] for n in range(0, len(values), PAIRS_PER_START)]


def _measurable(of: CellMetric, base: Sequence[float | None], head: Sequence[float | None]) -> bool:
    """Hold unless turns are too short for it, which is not a loss that HEAD could be blamed for.

    A HEAD that answers too few requests for it has lost its throughput, which is judged.
    """
    both = sum(None not in pair for pair in zip(base, head, strict=True))
    return not metric(of).least_in_turn or both >= MIN_SHARE * len(base)


def _sides(pairs: Pairs) -> tuple[Side, Side]:
    """Set out what either side measured, per metric of each cell."""
    base: dict[CellMetric, list[float | None]] = {}
    head: dict[CellMetric, list[float | None]] = {}
    for cell, taken in pairs.items():
        for name in METRICS:
            base[CellMetric(name, cell)] = [pair.base.values[name] for pair in taken]
            head[CellMetric(name, cell)] = [pair.head.values[name] for pair in taken]
    return base, head


def _undecided(change: Change, pairs: Pairs) -> Change:
    """Let nothing be decided by pairs whose values are doubted too often."""
    taken = pairs[change.metric.cell]
    for gate, (count, doubt) in _tally(taken).items():
        too_often = len(taken) - count < MIN_SHARE * len(taken)
        if too_often and _taints(gate, change.metric.name) and change.verdict != "missing":
            reason = f"{count} of {len(taken)} pairs are doubted, first by {doubt}"
            return replace(change, verdict="undecided", more_pairs=None, reason=reason)
    return change


def _taints(gate: GateName, name: str) -> bool:
    """Tell whether a gate that fails says anything of a metric; failures are counted whatever.

    The server's CPU time and memory are the kernel's word, which a generator that wakes up late
    does not change.
    """
    return METRICS[name].timed or (gate in TAINTING_ALL and name != "error_share")


def _tally(found: Iterable[Pair]) -> dict[GateName, tuple[int, Doubt]]:
    """Count for each gate the pairs that it doubts, with the first doubt."""
    counted: dict[GateName, tuple[int, Doubt]] = {}
    for pair in found:
        for gate, doubt in {doubt.gate: doubt for doubt in reversed(pair.doubts)}.items():
            count, first = counted.get(gate, (0, doubt))
            counted[gate] = (count + 1, first)
    return counted


def _blocks(chosen: Plan) -> tuple[Block, ...]:
    """Lay out the rounds as for a run, each block at its highest load alone."""
    laid_out = schedule.blocks(chosen)
    for block in laid_out:
        if block.load.model == "open":
            raise BenchError(
                f"scenario {block.scenario.name}: a check loads in closed loops; give it users"
            )
        if block.load.processes > 1:
            raise BenchError(
                f"scenario {block.scenario.name}: a check takes turns with one process of Locust; "
                "leave processes out"
            )
    return tuple(replace(block, load=block.load.only({block.load.steps[-1]})) for block in laid_out)

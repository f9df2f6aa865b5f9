"""Carry out a regression check: start after start over all cells, until all is decided."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from random import Random

from harness.checks import store
from harness.checks.cells import notes, quotients, repeats, verdicts
from harness.checks.instructions import InstructionChange, counted
from harness.checks.interleave import duel
from harness.checks.judge import Change, finished
from harness.checks.revisions import Revision
from harness.checks.self_comparison import Repeat
from harness.checks.sequential import ENOUGH_STARTS, FEWEST_STARTS, looks, spent
from harness.checks.starts import Start
from harness.checks.turn import PAIRS_PER_START, Pair
from harness.core import schedule
from harness.core.errors import BenchError
from harness.core.plan import Plan
from harness.core.statistics import MARGIN
from harness.core.trial import Block, CellKey
from harness.host import processes
from harness.host.machine import Cores
from harness.rig.first_answers import ScenarioFailed
from harness.rig.preflight import Refused, preflight
from harness.rig.valgrind import lacking

# What a start of both sides takes besides its turns, and a turn besides its plateau (seen).
START_S, TURN_S = 2.0, 0.15

# Counting the instructions of both sides for one path takes this long, for the ETA alone.
COUNT_S = 21.0


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
    """Do round after round, each on fresh servers; end once more of them could change nothing."""
    blocks, at = _blocks(chosen), looks(_rounds(chosen))
    firsts = {name: base_first(chosen.rounds, seed) for seed, name in _numbered(chosen, blocks)}
    processes.pin(os.getpid(), cores.load)
    starts: dict[CellKey, list[Start]] = {block.climb: [] for block in blocks}
    objectives = {block.climb: block.scenario.objective_ms for block in blocks}
    for number, one_round in groupby(blocks, lambda block: block.round):
        for block in one_round:
            first = firsts[block.climb][number - 1]
            pairs = duel(sides, chosen, block, first, cores, folder / block.slug)
            starts[block.climb].append(_kept(pairs, folder, str(block.climb), number))
        done, most = number * PAIRS_PER_START, at[-1] * PAIRS_PER_START
        if number not in at:
            yield Look(done, most, (), ())
            continue
        counts = quotients(starts, objectives)
        changes = verdicts(starts, counts, at, margin)
        of_base = {change.metric: counts[0][change.metric] for change in changes}
        repeated = repeats(of_base, spent(number, at), chosen.seed)
        yield Look(done, most, changes, notes(starts, counts), repeated)
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
    _rounds(chosen)
    counts = tuple(counted(chosen, sides))
    dearer = any(count.verdict == "regressed" for count in counts)
    for look in carry_out(chosen, sides, cores, folder, margin):
        show(look)
        if dearer and look.changes:
            break
    return look, counts


def examine(chosen: Plan, sides: tuple[Revision, Revision], cores: Cores) -> tuple[str, ...]:
    """Prepare both sides and look at what each serves; return what a person should know of it.

    Raise BenchError, with the side that it is, where one does not serve what the plan asks for.
    What HEAD alone refuses is a finding of the check.
    """
    if chosen.database is not None:
        raise BenchError(
            "a check serves both sides at once, and they would share the plan's [database]: check "
            "a plan without one"
        )
    for deployment in chosen.deployments:
        if deployment.has_versions:
            raise BenchError(
                f"deployment {deployment.name} names versions, and in a check each side has its "
                "own: leave requirements and python out, or use BASE_WITH= and HEAD_WITH="
            )
    remarks = []
    for side in sides:
        of_side = chosen.model_copy(update={"application": side.application})
        try:
            examined = preflight(of_side, cores)
        except ScenarioFailed:
            raise
        except BenchError as error:
            if isinstance(error, Refused) and side.role == "HEAD":
                remarks.append(f"{side.role}: {error}")
                continue
            raise BenchError(f"{side.named}: {error}") from None
        remarks += [f"{side.role}: {remark}" for remark in examined.remarks]
    return tuple(remarks)


def base_first(rounds: int, seed: int) -> list[bool]:
    """Draw for each start which side is first: of every two starts once BASE, once HEAD."""
    order = Random(seed)
    firsts: list[bool] = []
    while len(firsts) < rounds:
        firsts += order.sample([True, False], 2)
    return firsts[:rounds]


def seconds(chosen: Plan) -> float:
    """Estimate how long the check takes if nothing is decided early."""
    blocks = _blocks(chosen)
    loaded = sum(START_S + 2 * PAIRS_PER_START * _turn_s(block) for block in blocks)
    paths = {
        (block.deployment.name, block.scenario.instructions)
        for block in blocks
        if block.scenario.instructions
    }
    return loaded + (0 if lacking() else COUNT_S * len(paths))


def advice(chosen: Plan) -> tuple[str, ...]:
    """Say what so few rounds cannot find; nothing where there are enough."""
    if chosen.rounds >= ENOUGH_STARTS:
        return ()
    return (
        f"{chosen.rounds} rounds see less than the {ENOUGH_STARTS} that find 5%: what they cannot "
        f"see is named in the verdict; set rounds = {ENOUGH_STARTS}",
    )


def _kept(pairs: Iterator[Pair], folder: Path, name: str, start: int) -> Start:
    """Put each pair of a start on disk as it is taken."""
    taken = []
    for number, pair in enumerate(pairs, (start - 1) * PAIRS_PER_START + 1):
        store.keep(folder, name, start, number, pair)
        taken.append(pair)
    return tuple(taken)


def _numbered(chosen: Plan, blocks: Sequence[Block]) -> list[tuple[int, CellKey]]:
    """Give each cell a seed of its own, so that not all are first on the same side at once."""
    return list(enumerate(dict.fromkeys(block.climb for block in blocks), chosen.seed))


def _rounds(chosen: Plan) -> int:
    """Refuse a plan whose starts are too few to tell a change from a start."""
    if chosen.rounds < FEWEST_STARTS:
        raise BenchError(
            f"rounds = {chosen.rounds}: a check needs {FEWEST_STARTS} starts of both servers to "
            f"tell a change from what starts differ by, and {ENOUGH_STARTS} to find 5%; "
            f"set rounds = {ENOUGH_STARTS}"
        )
    return chosen.rounds


def _turn_s(block: Block) -> float:
    return TURN_S + block.load.settle_s + block.open_s + block.scenario.wait_ms / 1000


def _blocks(chosen: Plan) -> tuple[Block, ...]:
    """Lay out the rounds as for a run, each block at its highest load alone."""
    for scenario in chosen.scenarios:
        load = chosen.load_of(scenario)
        if not load.users:
            raise BenchError(
                f"scenario {scenario.name}: a check loads in closed loops; give it users"
            )
        if load.processes > 1:
            raise BenchError(
                f"scenario {scenario.name}: a check takes turns with one process of Locust; "
                "leave processes out"
            )
    laid_out = schedule.blocks(chosen)
    return tuple(replace(block, load=block.load.only({block.load.steps[-1]})) for block in laid_out)

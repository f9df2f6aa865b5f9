"""Load two revisions in turn: both served at once, one under load at a time, pair by pair.

What disturbs the machine for longer than a turn then meets both sides of a pair alike.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pandas as pd

from harness.checks.judge import METRICS
from harness.checks.revisions import Revision, Role
from harness.core.errors import BenchError
from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.plan import Plan
from harness.core.record import Extra
from harness.core.statistics import Floats
from harness.core.trial import Block, Plateau
from harness.host.machine import Cores
from harness.measure import gates
from harness.measure.measurement import latencies_ms, measure
from harness.measure.window import Window
from harness.rig.generator import TAKING_TURNS
from harness.rig.session import Services, SessionFailed, services, session

# Gates that a turn is not put through: they judge absolute figures (envelope, arrivals), whose
# faults both sides share, or need more than the 20 bins of a turn (steady).
ABSOLUTE = (GateName.ENVELOPE, GateName.ARRIVALS, GateName.STEADY)

Values = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one plateau of one side came to: a value for each metric of harness.checks.judge.

    It was measured from `opened` to `closed`, in seconds since the epoch; `latencies_ms` ascend.
    """

    role: Role
    values: Values
    doubts: tuple[Doubt, ...]
    opened: float
    closed: float
    latencies_ms: Floats = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two turns that followed each other, in an order that was drawn."""

    base: Turn
    head: Turn
    base_first: bool

    @property
    def in_order(self) -> tuple[Turn, Turn]:
        """Give both turns, the one that was taken first in front."""
        return (self.base, self.head) if self.base_first else (self.head, self.base)

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """List what either turn is doubted for, BASE first."""
        return self.base.doubts + self.head.doubts


def duel(
    sides: tuple[Revision, Revision],
    plan: Plan,
    block: Block,
    pairs: int,
    order: Random,
    cores: Cores,
    folder: Path,
) -> Iterator[Pair]:
    """Start both sides anew, warm them up, and give so many pairs; reap everything."""
    with ExitStack() as stack:
        called = stack.enter_context(services(plan.upstream, _made(folder), cores))
        base, head = (
            _Contender(side, block, cores, called, folder / side.role.lower(), stack)
            for side in sides
        )
        for contender in (base, head):
            contender.warm_up()
        for _ in range(pairs):
            base_first = order.random() < 0.5
            first, second = (base, head) if base_first else (head, base)
            turns = {turn.role: turn for turn in (first.turn(), second.turn())}
            yield Pair(turns["BASE"], turns["HEAD"], base_first)


class _Contender:
    """One side that is served, with a Locust of its own that waits for its turns."""

    def __init__(
        self,
        side: Revision,
        block: Block,
        cores: Cores,
        called: Services,
        folder: Path,
        stack: ExitStack,
    ) -> None:
        self.side, self.block, self.cores = side, block, len(cores.server)
        name = f"{block.deployment.name} of {side.named}"
        named = replace(block, deployment=block.deployment.model_copy(update={"name": name}))
        alone = session(side.application, named, called, _made(folder), cores, TAKING_TURNS)
        self.session = stack.enter_context(alone)
        self.generator, self.meter = self.session.generator, self.session.meter
        stack.callback(self.generator.discard)

    def warm_up(self) -> None:
        """Wait for the first turn, which is not measured; insist that BASE can be compared with."""
        plateau = self._plateau()
        requests = self.generator.requests()
        if self.side.role == "BASE" and not (requests["error"] == "").any():
            kinds = " ".join(sorted(set(requests["error"]))) or "no request ended"
            raise BenchError(
                f"{self.side.named} answers nothing that scenario {self.block.scenario.name} asks "
                f"for ({kinds}, {len(plateau.unanswered)} unanswered); plan a scenario that both "
                "sides have, or name a later BASE"
            )

    def turn(self) -> Turn:
        """Take one turn; all that the server uses meanwhile is for the requests of this turn."""
        self.meter.read()
        self.generator.take_turn()
        plateau = self._plateau()
        self.meter.read()
        usage = self.meter.usage().tail(2)
        requests = self.generator.requests(since_s=plateau.ramped)
        block = self.block
        keep_alive = block.deployment.keep_alive
        measured, extra = measure(requests, usage, plateau, block.scenario, keep_alive)
        measured = _whole_turn(measured, requests, usage, plateau)
        return Turn(
            role=self.side.role,
            values=_values(measured),
            doubts=self._doubts(measured, extra),
            opened=plateau.opened,
            closed=plateau.closed,
            latencies_ms=latencies_ms(requests, plateau),
        )

    def _doubts(self, measured: Measurement, extra: Extra) -> tuple[Doubt, ...]:
        (trial,) = self.block.trials
        found = gates.judge(trial, measured, extra, self.cores)
        return tuple(doubt for doubt in found if doubt.gate not in ABSOLUTE)

    def _plateau(self) -> Plateau:
        """Wait for the turn to end; raise BenchError when the server or Locust ends instead."""
        try:
            return self.session.next_plateau()
        except SessionFailed as failure:
            raise BenchError(failure.with_log) from None


def _whole_turn(
    measured: Measurement, requests: pd.DataFrame, usage: pd.DataFrame, plateau: Plateau
) -> Measurement:
    """Take what was used from the whole turn, before and after which the server was idle.

    A turn is too short for a meter that reads once a second; at both its ends nothing runs, so
    all CPU time between belongs to all requests between, those of settling included.
    """
    before, after = usage["time_s"]
    window = Window(before, after, usage)
    asked = int((requests["start_s"] >= plateau.ramped).sum())
    server_s, load_s = window.growth("server_cpu_s"), window.growth("load_cpu_s")
    busy_s = plateau.ended - plateau.ramped
    return replace(
        measured,
        server_cpu_ms_per_request=server_s * 1000 / asked if server_s and asked else None,
        server_rss_mib=window.most("server_rss_mib"),
        load_cpu_share=load_s / busy_s if load_s is not None else None,
    )


def _values(measured: Measurement) -> Values:
    """Choose what is judged; a metric of too few requests is none."""
    requests = measured.requests or 0
    return {
        name: getattr(measured, name) if requests >= metric.least_in_turn else None
        for name, metric in METRICS.items()
    }


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder

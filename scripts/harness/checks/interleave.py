"""Load two revisions in turn: both served at once, one under load at a time, pair by pair.

What disturbs the machine for longer than a turn then meets both sides of a pair alike.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from math import isfinite
from pathlib import Path

import pandas as pd

from harness.checks.revisions import Revision
from harness.checks.turn import PAIRS_PER_START, Counts, Pair, Turn
from harness.core.errors import BenchError
from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.plan import Plan
from harness.core.record import Extra
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


def duel(
    sides: tuple[Revision, Revision],
    plan: Plan,
    block: Block,
    base_first: bool,
    cores: Cores,
    folder: Path,
) -> Iterator[Pair]:
    """Start both sides anew at once, warm them up, and yield the pairs of a start; reap everything.

    `base_first` tells which side is first in the first pair, and is started on its own core.
    """
    with ExitStack() as stack:
        called = stack.enter_context(services(plan, _made(folder), cores))
        first, second = sides if base_first else sides[::-1]
        crossed = Cores(server=cores.load, load=cores.server)
        contenders = [
            _Contender(first, block, cores, called, folder, cores),
            _Contender(second, block, cores, called, folder, crossed),
        ]
        _start(contenders, stack)
        for number in range(PAIRS_PER_START):
            turns = [contender.turn() for contender in contenders]
            base, head = sorted(turns, key=lambda turn: turn.role)
            yield Pair(base, head, base_first == (number % 2 == 0))
            contenders.reverse()


def _start(contenders: list["_Contender"], stack: ExitStack) -> None:
    """Start and warm up all at once, each by a thread, and reap all at once with the stack.

    The threads live as long: the kernel ends a child with the thread that started it. What is
    stopped half way is closed once both have started or failed.
    """
    stack.callback(_at_once, [contender.close for contender in contenders])
    threads = stack.enter_context(ThreadPoolExecutor(len(contenders)))
    in_order = sorted(contenders, key=lambda contender: contender.side.role)
    begun = [threads.submit(contender.start) for contender in in_order]
    for start in begun:
        start.result()


def _at_once(calls: Sequence[Callable[[], None]]) -> None:
    """Make all calls at once and wait for all; then raise what the first that failed raised."""
    with ThreadPoolExecutor(len(calls)) as threads:
        made = [threads.submit(call) for call in calls]
    for each in made:
        each.result()


class _Contender:
    """One side that is served, with a Locust of its own that waits for its turns.

    It starts and warms up on some cores, then moves to those where it is measured: the server of
    one side starts where the other's Locust does, so that both start at once.
    """

    def __init__(
        self,
        side: Revision,
        block: Block,
        cores: Cores,
        called: Services,
        folder: Path,
        starts_on: Cores,
    ) -> None:
        self.side, self.block, self.cores = side, block, cores
        self.called, self.starts_on = called, starts_on
        self.folder = _made(folder / side.role.lower())
        self._stack = ExitStack()

    def start(self) -> None:
        """Serve, load, wait for the first turn, which is not measured, and move."""
        name = f"{self.block.deployment.name} of {self.side.named}"
        deployment = self.block.deployment.model_copy(update={"name": name})
        alone = session(
            self.side.application,
            replace(self.block, deployment=deployment),
            self.called,
            self.folder,
            self.cores,
            TAKING_TURNS,
            starts_on=self.starts_on,
        )
        self.session = self._stack.enter_context(alone)
        self.generator, self.meter = self.session.generator, self.session.meter
        self._stack.callback(self.generator.discard)
        self.ready_mib = self._memory()
        self._warm_up()
        self.session.move()

    def close(self) -> None:
        """Reap server and Locust."""
        self._stack.close()

    def _warm_up(self) -> None:
        """Wait for the first turn; insist that BASE can be compared with."""
        plateau = self._plateau()
        requests = self.generator.requests()
        self.served = len(requests)
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
        counts = _counts(measured, extra, requests, usage, plateau)
        self.served += counts.served
        counts = replace(counts, rss_ready_mib=self.ready_mib, served_so_far=self.served)
        return Turn(
            role=self.side.role,
            counts=counts,
            doubts=self._doubts(_whole_turn(measured, counts, usage, plateau), extra),
            opened=plateau.opened,
            closed=plateau.closed,
            latencies_ms=latencies_ms(requests, plateau),
        )

    def _memory(self) -> float | None:
        """Read the memory of the server, before Locust is up and asks."""
        self.meter.read()
        return _last_memory(self.meter.usage())

    def _doubts(self, measured: Measurement, extra: Extra) -> tuple[Doubt, ...]:
        (trial,) = self.block.trials
        found = gates.judge(trial, measured, extra, len(self.cores.server))
        return tuple(doubt for doubt in found if doubt.gate not in ABSOLUTE)

    def _plateau(self) -> Plateau:
        """Wait for the turn to end; raise BenchError when the server or Locust ends instead."""
        try:
            return self.session.next_plateau()
        except SessionFailed as failure:
            raise BenchError(failure.with_log) from None


def _counts(
    measured: Measurement,
    extra: Extra,
    requests: pd.DataFrame,
    usage: pd.DataFrame,
    plateau: Plateau,
) -> Counts:
    """Count what can be added up over turns.

    What was used is of the whole turn: it is too short for a meter that reads once a second, but
    at both its ends nothing runs, so all CPU time between belongs to all requests between.
    """
    cpu_s = _window(usage).growth("server_cpu_s")
    seconds, asked = measured.measured_s or 0.0, measured.requests or 0
    refused = (measured.listen_overflows or 0, extra.listen_drops or 0, extra.syn_retransmits or 0)
    return Counts(
        seconds=seconds,
        asked=asked,
        answered=round((measured.throughput_rps or 0.0) * seconds),
        failed=measured.errors or 0,
        unanswered=round((extra.unanswered_share or 0.0) * asked),
        opened=measured.connections_opened or 0,
        dropped=sum(refused),
        served=int((requests["start_s"] >= plateau.ramped).sum()),
        cpu_ms=None if cpu_s is None else cpu_s * 1000,
        rss_after_mib=_last_memory(usage),
    )


def _whole_turn(
    measured: Measurement, counts: Counts, usage: pd.DataFrame, plateau: Plateau
) -> Measurement:
    """Tell the gates what was used over the whole turn."""
    load_s = _window(usage).growth("load_cpu_s")
    busy_s = plateau.ended - plateau.ramped
    return replace(
        measured,
        server_cpu_ms_per_request=counts.cpu_ms / counts.served
        if counts.cpu_ms and counts.served
        else None,
        load_cpu_share=load_s / busy_s if load_s is not None else None,
    )


def _last_memory(usage: pd.DataFrame) -> float | None:
    """Return the server's memory at the last reading; None where it was not read."""
    memory_mib = float(usage["server_rss_mib"].iloc[-1])
    return memory_mib if isfinite(memory_mib) else None


def _window(usage: pd.DataFrame) -> Window:
    before, after = usage["time_s"]
    return Window(before, after, usage)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder

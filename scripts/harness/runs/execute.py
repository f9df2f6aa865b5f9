"""Carry out a plan: for each block serve, load and meter, and keep every trial as it ends."""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

from harness.core.errors import BenchError
from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.record import Extra, Record
from harness.core.trial import Block, Plateau, Trial
from harness.host import processes
from harness.host.machine import Cores
from harness.measure import gates
from harness.measure.cores import usual, watched
from harness.measure.measurement import measure
from harness.measure.window import Window
from harness.rig.generator import Generator, ProcessLost
from harness.rig.meter import ticking
from harness.rig.session import Session, SessionFailed, services, session
from harness.runs.store import Run


class BlockFailed(Exception):
    """End a block whose trials so far are kept, and whose others are recorded as failed."""


def carry_out(
    run: Run, blocks: Sequence[Block], cores: Cores, sources: int = 1
) -> Iterator[Record]:
    """Do the blocks in their order; yield each trial's record once it is on disk.

    Clients connect from so many `sources`, addresses of loopback.
    """
    processes.pin(os.getpid(), cores.load)
    for planned in blocks:
        waiting = {trial.step: trial for trial in planned.trials}
        try:
            block = _with_rates(planned, run.records())
            for record in _block(run, block, cores, sources):
                del waiting[record.trial.step]
                yield record
        except (BlockFailed, ProcessLost, SessionFailed) as failure:
            if isinstance(failure, SessionFailed):
                _check_locustfile(failure)
            for trial in waiting.values():
                record = _failed(trial, str(failure))
                run.append(record)
                yield record


def _check_locustfile(failure: SessionFailed) -> None:
    """End the whole run where its locustfile does not even run: it would fail in every block."""
    if (
        not failure.began
        and failure.child is not None
        and "status" in (failure.child.exit_reason or "")
    ):
        raise BenchError(failure.with_log) from None


def _with_rates(block: Block, records: Iterable[Record]) -> Block:
    """Turn fractions into rates: of the most this deployment served closed, in the same round."""
    if not block.load.fractions:
        return block
    wanted = (block.deployment.name, block.load.of, block.round)
    served = [
        record.measurement.throughput_rps or 0
        for record in records
        if (record.trial.deployment, record.trial.scenario, record.trial.round) == wanted
    ]
    if not any(served):
        raise BlockFailed(f"{block.load.of} found no capacity to take fractions of")
    return block.at(max(served))


def _block(run: Run, block: Block, cores: Cores, sources: int) -> Iterator[Record]:
    """Start everything anew, climb the staircase, reap everything."""
    folder, plan = run.block_folder(block), run.plan
    with ExitStack() as stack:
        called = stack.enter_context(services(plan.upstream, folder, cores))
        climbing = session(plan.application, block, called, folder, cores, sources=sources)
        climb = stack.enter_context(climbing)
        stack.callback(_keep_requests, run, block, climb.generator)
        stack.enter_context(ticking(climb.meter))
        for number, trial in enumerate(block.trials):
            plateau = climb.next_plateau(began=number > 0)
            if plateau.users != trial.users:
                raise BlockFailed(f"{plateau.users} of {trial.users} users ran")
            record = _measured(run, trial, plateau, climb, cores)
            run.append(record)
            yield record


def _measured(run: Run, trial: Trial, plateau: Plateau, climb: Session, cores: Cores) -> Record:
    """Measure and judge one plateau."""
    climb.meter.read()  # the window's end lies between two readings
    requests, usage = climb.generator.requests(since_s=plateau.opened), climb.meter.usage()
    block = climb.block
    keep_alive, busy = block.deployment.keep_alive, min(len(cores.load), block.load.processes)
    measurement, extra = measure(
        requests, usage, plateau, block.scenario, keep_alive, load_cores=busy
    )
    if run.facts.calibration is not None:
        beyond = run.facts.calibration.doubt(measurement.throughput_rps or 0)
        extra = replace(extra, beyond_envelope=beyond or "")
    window = Window(plateau.opened, plateau.closed, usage)
    extra = replace(extra, **watched(climb.beats(), window, cores))
    extra = replace(extra, **usual(extra, [record.extra for record in run.records()]))
    doubts = gates.judge(trial, measurement, extra, len(cores.server))
    return Record(trial, _clock(plateau.opened), measurement, extra, doubts)


def _keep_requests(run: Run, block: Block, generator: Generator) -> None:
    """Turn the block's raw rows into one Parquet file, also when the block failed."""
    run.keep_requests(block, generator.requests())
    generator.discard()


def _failed(trial: Trial, reason: str) -> Record:
    doubt = Doubt(GateName.FAILED, reason.splitlines()[0].replace(";", ","))
    return Record(trial, _clock(time.time()), Measurement(), Extra(), (doubt,))


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")

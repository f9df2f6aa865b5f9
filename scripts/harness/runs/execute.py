"""Carry out a plan: serve, load and meter each block, and store every trial as it ends."""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

from harness.core import counted
from harness.core.errors import BenchError
from harness.core.gate import SEPARATOR, Doubt, GateName
from harness.core.labels import load
from harness.core.metrics import Measurement
from harness.core.plan import Load
from harness.core.record import Extra, Record, finite
from harness.core.trial import Block, Plateau, Trial
from harness.host import processes
from harness.host.locustfiles import asks_by_requests
from harness.measure import failures, gates
from harness.measure.cores import core_figures, usual_speeds
from harness.measure.envelope import Envelope
from harness.measure.measurement import measure
from harness.measure.names import by_name
from harness.measure.window import Window
from harness.rig.canaries import Canaries
from harness.rig.generator import Generator, ProcessLost
from harness.rig.meter import ticking
from harness.rig.places import FarSession, Place
from harness.rig.session import Session, SessionFailed
from harness.runs.store import Run

# A site of which the first load step fails by more than half is not set up, and no load will tell.
MOST_FAILED_AT_FIRST = 0.5


# Enough of a command to know it by.
MOST_LETTERS = 60


class BlockFailed(Exception):
    """The end of a block whose trials so far are kept, and whose others are recorded as failed."""


def carry_out(
    run: Run,
    blocks: Sequence[Block],
    place: Place,
    sources: int = 1,
) -> Iterator[Record]:
    """Yield the record of each trial of the blocks, in their order, once it is on disk.

    A block that fails yields a record with a doubt for each trial it still had, and the next block
    begins. Every child process is reaped when the iterator ends or is closed. This process is
    pinned to the cores of the load.

    Args:
        run: the run that records and rows are stored in; its calibration judges them.
        blocks: the blocks to carry out, with the load steps that are still missing.
        place: where the deployments are served, and which cores make the load.
        sources: from how many addresses of loopback clients connect.

    Raises:
        BenchError: a server does not start, Locust cannot run the locustfile, or more than half of
            the requests fail in the first load step of a deployment in a scenario.
    """
    processes.pin(os.getpid(), place.cores.load)
    for block in blocks:
        pending = {trial.step: trial for trial in block.trials}
        try:
            for record in _block(run, _with_rates(block, run.records()), place, sources):
                del pending[record.trial.step]
                yield record
        except (BlockFailed, ProcessLost, SessionFailed) as failure:
            if isinstance(failure, SessionFailed):
                _check_locustfile(failure, block, run.records())
            for trial in pending.values():
                record = _failure(trial, str(failure))
                run.append(record)
                yield record


def _check_locustfile(failure: SessionFailed, block: Block, records: Sequence[Record]) -> None:
    """Raise BenchError where the locustfile does not even run: it would fail in every block.

    What Locust notes under way may be for this deployment alone, once others have been measured.
    """
    if note := failure.note:
        measured = any(record.measurement.requests is not None for record in records)
        if note.kind == "refused" or not measured:
            raise BenchError(f"scenario {block.scenario.name}: {note.text}") from None
        return
    if (
        not failure.began
        and failure.child is not None
        and "status" in (failure.child.exit_reason or "")
    ):
        raise BenchError(failure.with_log) from None


def _with_rates(block: Block, records: Iterable[Record]) -> Block:
    """Return the block with its fractions as rates, of what the closed loop served in its round."""
    if not block.load.fractions:
        return block
    closed = (block.deployment.name, block.load.of, block.round)
    rates = [
        record.measurement.throughput_rps or 0
        for record in records
        if (record.trial.deployment, record.trial.scenario, record.trial.round) == closed
    ]
    if not any(rates):
        raise BlockFailed(f"scenario {block.load.of} has no measured capacity to take fractions of")
    return block.at(max(rates))


def _block(run: Run, block: Block, place: Place, sources: int) -> Iterator[Record]:
    """Yield the record of each trial of one block, on a fresh server; reap every child."""
    folder = run.block_folder(block)
    envelope = run.facts.envelope(asks_by_requests(block.scenario))
    with ExitStack() as stack:
        climb, watch = stack.enter_context(place.session(run.plan, block, folder, sources))
        stack.callback(_keep_requests, run, block, climb.generator)
        stack.enter_context(ticking(climb.meter))
        for number, trial in enumerate(block.trials):
            plateau = climb.next_plateau(began=number > 0)
            if plateau.users != trial.users:
                raise BlockFailed(f"{plateau.users} of {trial.users} users ran")
            record = _record(run, trial, plateau, climb, watch, envelope)
            run.append(record)
            yield record
            if number == 0 and not climb.services.lost:
                _check_failures(record, run.records())


def _check_failures(record: Record, records: Iterable[Record]) -> None:
    """Raise BenchError where most requests of a first load step failed.

    What a deployment has served before, at any load of the scenario or in another round, it can.
    """
    trial = record.trial
    shares = [r.measurement.error_share for r in records if r.trial.cell.climb == trial.cell.climb]
    if min((s for s in shares if s is not None), default=0.0) <= MOST_FAILED_AT_FIRST:
        return
    reasons = [doubt.reason for doubt in record.doubts if doubt.gate is GateName.ERRORS]
    raise BenchError(
        f"scenario {trial.scenario}, {trial.deployment} at {load(trial)}: {', '.join(reasons)}; "
        "the run stops at this first load step, begin a new one then"
    )


def _record(
    run: Run,
    trial: Trial,
    plateau: Plateau,
    climb: Session | FarSession,
    watch: Canaries,
    envelope: Envelope | None,
) -> Record:
    """Return the measurement of one plateau with its doubts, by its client's envelope."""
    climb.meter.read()  # the window's end lies between two readings
    usage = climb.meter.usage()
    block, cores = climb.block, climb.cores
    requests = climb.generator.requests(since_s=plateau.opened)
    measurement, extra = measure(
        requests,
        usage,
        plateau,
        block.scenario,
        keep_alive=block.deployment.keep_alive,
        load_cores=climb.load_cores,
        clocks_apart_ms=climb.clocks_apart_ms(),
    )
    if envelope is not None:
        beyond = _beyond(envelope, block.load, trial, measurement, extra)
        extra = replace(extra, beyond_envelope=beyond)
    window = Window(plateau.opened, plateau.closed, usage)
    extra = replace(extra, **core_figures(watch.beats(), window, cores))
    log_errors = failures.of_log(climb.server.child.printed(plateau.server_log_bytes))
    extra = replace(
        extra,
        notes=_notes(climb.generator),
        log_errors=counted.as_text(log_errors),
        helpers=_helpers(climb.server.child.helpers()),
        server_pss_mib=climb.meter.server_pss_mib(),
        at_rest_mib=climb.meter.at_rest_mib,
    )
    extra = replace(extra, **usual_speeds(extra, [record.extra for record in run.records()]))
    extra = finite(extra)
    doubts = gates.judge(trial, measurement, extra, len(cores.server))
    started = _clock(plateau.opened)
    return Record(trial, started, measurement, extra, doubts, by_name(requests, plateau))


def _beyond(
    envelope: Envelope, load: Load, trial: Trial, measurement: Measurement, extra: Extra
) -> str:
    """Return why a trial lies beyond its envelope; nothing where it does not.

    By the clients of one process, which is what was calibrated.
    """
    active = load.of_process(trial.users - (extra.silent_users or 0))
    rate_rps, p50_ms = measurement.throughput_rps or 0.0, measurement.latency_p50_ms or 0.0
    return envelope.doubt(rate_rps, active, p50_ms) or ""


def _helpers(commands: Iterable[str]) -> str:
    """Return the programs that a server runs outside its process group, in one cell."""
    short = {command[:MOST_LETTERS].replace(";", ",") for command in commands}
    return SEPARATOR.join(sorted(short))


def _notes(generator: Generator) -> str:
    """Return what Locust noted, in one cell of a CSV file."""
    return SEPARATOR.join(
        note.text.replace(";", ",") for note in generator.notes() if not note.ends
    )


def _keep_requests(run: Run, block: Block, generator: Generator) -> None:
    """Store the block's rows as one Parquet file, also when the block failed."""
    run.keep_requests(block, generator.requests())
    generator.discard()


def _failure(trial: Trial, reason: str) -> Record:
    """Return the record of a trial that was not measured; no reason has a semicolon."""
    doubt = Doubt(GateName.FAILED, reason.splitlines()[0].replace(";", ","))
    return Record(trial, _clock(time.time()), Measurement(), Extra(), (doubt,))


def _clock(seconds: float) -> str:
    """Return a time since the epoch by ISO 8601, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")

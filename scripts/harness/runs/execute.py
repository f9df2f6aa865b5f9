"""Carry out a plan: for each block serve, load and meter, and keep every trial as it ends."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

from harness.core.plan import BenchError, Block, Plan, Trial
from harness.core.record import Doubt, Extra, Measurement, Record
from harness.host import prepare, processes
from harness.host.machine import Cores
from harness.measure import gates
from harness.measure.envelope import Envelope
from harness.measure.measurement import measure
from harness.rig.generator import Generator, Plateau, ProcessLost, generate
from harness.rig.meter import Meter, metering
from harness.rig.servers import Server, serve, serve_upstream
from harness.runs.store import Run

POLL_S = 0.1

# A generator that is this much later than its staircase allows hangs and is given up.
PATIENCE_S = 60

# What a block costs besides its plateaus, for the ETA alone: starts, ramps, tails, the stop.
BLOCK_OVERHEAD_S = 4

# How many tails Locust takes for too many to wait for one; see loadtests/_staircase.py.
HOPELESS = 3


class BlockFailed(Exception):
    """End a block whose trials so far are kept, and whose others are recorded as failed."""


def carry_out(run: Run, blocks: Sequence[Block], cores: Cores) -> Iterator[Record]:
    """Do the blocks in their order; give each trial's record once it is on disk."""
    processes.pin(os.getpid(), cores.load)
    for planned in blocks:
        waiting = {trial.step: trial for trial in planned.trials}
        try:
            block = _with_rates(planned, run.records())
            for record in _block(run, block, cores):
                del waiting[record.trial.step]
                yield record
        except (BlockFailed, ProcessLost) as failure:
            for trial in waiting.values():
                record = _failed(trial, str(failure))
                run.append(record)
                yield record


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


def block_seconds(block: Block) -> float:
    """Estimate how long a block takes."""
    load, cycle_s = block.load, block.scenario.cycle_s
    ramp_s = load.most_users / load.spawn_rate
    settle_s = load.settle_s * len(load.steps)
    plateaus_s = (load.open_s(step, cycle_s) + _tail_s(block, step) for step in load.steps)
    return BLOCK_OVERHEAD_S + ramp_s + settle_s + sum(plateaus_s)


def _tail_s(block: Block, step: float) -> float:
    """Estimate how long the last answers of a plateau take.

    None where slots leave no hope, hardly any where a lone client's cycle is the plateau.
    """
    load, slots, wait_s = block.load, block.deployment.slots, block.scenario.wait_ms / 1000
    hopeless = slots is not None and load.users and step * wait_s > HOPELESS * slots * load.tail_s
    alone = load.open_s(step, block.scenario.cycle_s) > load.measure_s
    return 0 if hopeless or alone else min(load.tail_s, wait_s)


def _block(run: Run, block: Block, cores: Cores) -> Iterator[Record]:
    """Start everything anew, climb the staircase, reap everything."""
    folder, plan = run.block_folder(block), run.plan
    with ExitStack() as stack:
        servers, variables = _upstream(stack, plan, cores, run, block)
        server = stack.enter_context(
            serve(
                plan.application,
                block.deployment,
                folder / "server.log",
                cores.server,
                variables,
            )
        )
        servers.append(server)
        views = block.deployment.views
        generator = stack.enter_context(
            generate(
                block.scenario,
                block.load,
                views,
                server.url,
                folder,
                cores.load,
                sources=prepare.sources(plan),
            )
        )
        stack.callback(_keep_requests, run, block, generator)
        groups = {"server": server.child.pid, "load": generator.child.pid}
        meter = stack.enter_context(metering(groups, server.port, folder / "usage.csv"))
        plateaus = _plateaus(block, generator, servers)
        for trial, plateau in zip(block.trials, plateaus, strict=True):
            if plateau.users != trial.users:
                raise BlockFailed(f"{plateau.users} of {trial.users} users ran")
            record = _measured(block, trial, plateau, generator, meter, cores, run.envelope)
            run.append(record)
            yield record


def _upstream(
    stack: ExitStack, plan: Plan, cores: Cores, run: Run, block: Block
) -> tuple[list[Server], Mapping[str, str]]:
    """Start the upstream where the plan has one; tell the application where it is."""
    if plan.upstream is None:
        return [], {}
    log = run.block_folder(block) / "upstream.log"
    upstream = stack.enter_context(serve_upstream(plan.upstream, log, cores.load))
    return [upstream], {"UPSTREAM_URL": upstream.url}


def _plateaus(block: Block, generator: Generator, servers: Sequence[Server]) -> Iterator[Plateau]:
    """Give each plateau as it ends; fail the block when a process it needs has ended."""
    ramp_s = block.load.most_users / block.load.spawn_rate
    for number, _ in enumerate(block.load.steps):
        deadline = time.monotonic() + ramp_s + block.longest_s + PATIENCE_S
        while (plateau := generator.next_plateau()) is None:
            _check_alive(generator, servers, first=number == 0)
            if time.monotonic() > deadline:
                raise BlockFailed("Locust hung: no plateau ended in time")
            time.sleep(POLL_S)
        yield plateau


def _check_alive(generator: Generator, servers: Sequence[Server], first: bool) -> None:
    """Fail the block when a process has ended; the plan, when its locustfile does not even run."""
    for server in servers:
        if server.child.ended is not None:
            raise BlockFailed(f"{server.name} {server.child.ended} under load")
    locust = generator.child
    if locust.ended is not None:
        if first and "status" in locust.ended:
            raise BenchError(
                f"Locust {locust.ended} before its first plateau; mend what its log "
                f"({locust.log}) says:\n{locust.tail()}"
            )
        raise BlockFailed(f"Locust {locust.ended} before its last plateau")


def _measured(
    block: Block,
    trial: Trial,
    plateau: Plateau,
    generator: Generator,
    meter: Meter,
    cores: Cores,
    envelope: Envelope | None,
) -> Record:
    """Measure and judge one plateau."""
    meter.read()  # the window's end lies between two readings
    requests = generator.requests(since_s=plateau.opened)
    keep_alive, busy = block.deployment.keep_alive, min(len(cores.load), block.load.processes)
    measurement, extra = measure(
        requests, meter.usage(), plateau, block.scenario, keep_alive, load_cores=busy
    )
    if envelope is not None:
        beyond = envelope.doubt(measurement.throughput_rps or 0)
        extra = replace(extra, beyond_envelope=beyond or "")
    doubts = gates.judge(trial, measurement, extra, len(cores.server))
    return Record(trial, _clock(plateau.opened), measurement, extra, doubts)


def _keep_requests(run: Run, block: Block, generator: Generator) -> None:
    """Turn the block's raw rows into one Parquet file, also when the block failed."""
    run.keep_requests(block, generator.requests())
    generator.discard()


def _failed(trial: Trial, reason: str) -> Record:
    doubt = Doubt("failed", reason.splitlines()[0].replace(";", ","))
    return Record(trial, _clock(time.time()), Measurement(), Extra(), (doubt,))


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")

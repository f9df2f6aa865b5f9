"""What servers did by themselves: idle workers, processes that ended or left, connections closed.

None of it is a fault of the measurement, so no gate flags it. Pure.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from harness.core.gate import SEPARATOR
from harness.core.labels import clients, loads
from harness.core.launch import Launch, program
from harness.core.plan import Deployment, Plan
from harness.core.record import Record
from harness.core.units import count


def sentences(plan: Plan, records: Iterable[Record]) -> tuple[str, ...]:
    """Return a sentence for each deployment and scenario that showed any of it."""
    lifetimes = {each.name: _lifetime(each) for each in plan.deployments}
    climbs = groupby(sorted(records, key=_climb), key=_climb)
    return tuple(
        f"For `{scenario}`, {text}"
        for (scenario, deployment), group in climbs
        for text in _of(
            deployment,
            sorted(group, key=lambda record: record.trial.users),
            lifetimes.get(deployment),
        )
    )


def _climb(record: Record) -> tuple[str, str]:
    return record.trial.scenario, record.trial.deployment


def _lifetime(deployment: Deployment) -> int | None:
    """Return after how many requests the command ends a worker; None where it does not say."""
    return Launch(program(deployment.command), deployment.environment).lifetime or None


def _of(deployment: str, records: Sequence[Record], lifetime: int | None) -> Iterator[str]:
    yield from _idle(deployment, records)
    yield from _ended(deployment, records, lifetime)
    yield from _closed(deployment, records)
    yield from _helpers(deployment, records)


def _idle(deployment: str, records: Sequence[Record]) -> Iterator[str]:
    """Yield that workers had no connection at the load at which most of them had none."""
    idle = [record for record in records if _has_idle_workers(record)]
    if not idle:
        return
    most = max(idle, key=lambda record: record.extra.idle_workers or 0)
    extra = most.extra
    answered = extra.requests_by_worker.split()
    requests = f" (requests of each that answered: {', '.join(answered)})" if answered else ""
    yield (
        f"{count(extra.idle_workers or 0)} of {count(extra.workers or 0)} workers of {deployment} "
        f"had no connection at {clients(most.trial.users)}, and one had "
        f"{count(extra.busiest_worker or 0)}{requests}: clients that keep their connections stay "
        "with the worker that accepted them."
    )


def _has_idle_workers(record: Record) -> bool:
    """Return whether a worker had no connection, though others had and there were clients for each.

    Without keep-alive a worker is often without one for a moment.
    """
    extra = record.extra
    workers = extra.workers or 0
    some_idle = 0 < (extra.idle_workers or 0) < workers <= record.trial.users
    return some_idle and extra.connections_expected is not None


def _ended(deployment: str, records: Sequence[Record], lifetime: int | None) -> Iterator[str]:
    ended = sum(record.extra.processes_ended or 0 for record in records)
    if ended:
        verb = "process of {} ended" if ended == 1 else "processes of {} ended"
        reason = (
            f", a worker after {count(lifetime)} requests as its command asks" if lifetime else ""
        )
        yield (
            f"{count(ended)} {verb.format(deployment)} while load steps were measured, at "
            f"{_places(records, lambda record: record.extra.processes_ended)}{reason}: what they "
            "used, and what others took to start, is in its CPU per request."
        )


def _closed(deployment: str, records: Sequence[Record]) -> Iterator[str]:
    """Yield that a server ended connections that are meant to be kept, after many requests each."""
    kept = [record for record in records if record.extra.connections_expected is not None]
    closing = sum(record.extra.closing_answers or 0 for record in kept)
    requests = sum(record.measurement.requests or 0 for record in kept)
    if closing:
        yield (
            f"{deployment} ended {count(closing)} connections by an answer (Connection: close), "
            f"one in {count(round(requests / closing))} answers, at "
            f"{_places(kept, lambda record: record.extra.closing_answers)}: a limit of requests "
            "per connection, or a worker that ends, does that."
        )


def _helpers(deployment: str, records: Sequence[Record]) -> Iterator[str]:
    cells = (record.extra.helpers.split(SEPARATOR) for record in records)
    commands = dict.fromkeys(command for cell in cells for command in cell if command)
    if commands:
        named = ", ".join(f"`{command}`" for command in commands)
        yield (
            f"{deployment} started processes outside its process group, which were ended with it: "
            f"{named}."
        )


def _places(records: Iterable[Record], figure: Callable[[Record], int | None]) -> str:
    """Return the loads at which a figure is above 0."""
    return loads(sorted({record.trial.users for record in records if figure(record)}))

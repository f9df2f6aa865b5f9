"""Say what to run, what it holds and costs, and when the answer would be another one. Pure."""

from collections.abc import Iterator
from math import ceil

from harness.core import units
from harness.core.advice import Advice, Flip, Limit, Reach, Verification
from harness.core.candidates import HEADROOM, Demand
from harness.core.labels import clients
from harness.core.metrics import METRICS
from harness.core.plan import Interface
from harness.report import objectives

LIMITS: dict[Limit, str] = {
    "core": (
        "its cores are full, so that only less CPU time per request, or another core with a worker "
        "of its own, makes it hold more"
    ),
    "threads": "its threads are all in use while its cores are not: more of them hold more",
    "database": "the database allows no more connections",
    "memory": "it takes half of the memory",
}

HARDLY = 0.1
"""A wait of so much of the CPU time leaves an event loop nothing to gain."""

INTERFACES: dict[Interface, str] = {"wsgi": "WSGI", "asgi": "ASGI"}


def sentences(advice: Advice) -> tuple[str, ...]:
    """Return the recommendation first, then what it costs, its limits, and what it rests on."""
    winner = advice.winner
    return (
        _headline(advice, winner),
        *(_of_winner(advice, winner) if winner else ()),
        *_reservations(advice),
        *(_measured(each) for each in advice.verifications),
        *(_taken(demand) for demand in advice.demands),
    )


def _headline(advice: Advice, winner: Verification | None) -> str:
    case = advice.case
    objective = objectives.wording(case.objective)
    if winner is None:
        return _nothing(advice, objective)
    holds = f"it holds {_users(winner.reach)} within {objective}"
    if advice.ending == "stay":
        return (
            f"Stay with {winner.name}: {holds}, and no other server holds measurably more of what "
            f"is asked ({clients(case.users)}, and up to {HEADROOM} times as many)."
        )
    now = next(each for each in advice.verifications if each.name == case.current)
    return f"Run {winner.name}: {holds}. What there is now, {now.name}, {_holds(now)}."


def _nothing(advice: Advice, objective: str) -> str:
    """Return why nothing is recommended, and what to do."""
    if advice.ending == "flagged":
        gates = sorted({flag for each in advice.verifications for flag in each.flags})
        return (
            "No recommendation: no server has enough trials that can be trusted "
            f"({', '.join(gates)}); mend what the flags say, and run it again on a machine that "
            "does nothing else."
        )
    missed = [
        each.reach.missed for each in advice.verifications if each.reach and each.reach.missed
    ]
    if missed:
        return (
            f"No load that was tried meets {objective}, down to {clients(min(missed))}: ask for "
            "fewer with USERS=, or set an objective that can be met."
        )
    alone = [
        f"{METRICS[metric].short} {units.milliseconds(value)} behind {demand.deployment}"
        for demand in advice.demands
        for metric, value in demand.alone_ms.items()
    ]
    seen = f" (alone: {', '.join(alone)})" if alone else ""
    return (
        f"No load meets {objective}{seen}: no server changes that. Make the requests faster, or "
        "set an objective that they can meet."
    )


def _users(reach: Reach | None) -> str:
    """Return how many users are held, with the range over fresh starts."""
    if reach is None:
        return "an unknown number of clients"
    users = ("at least " if reach.at_least else "") + clients(round(reach.users))
    if reach.rounds == 1:
        return f"{users} (one start)"
    low, high = units.count(reach.low), units.count(reach.high)
    return f"{users} (range {low} to {high} over {reach.rounds} fresh starts)"


def _holds(each: Verification) -> str:
    """Return what a server holds, as the rest of a sentence."""
    if each.reach is None:
        return f"has too few trials that can be trusted ({', '.join(each.flags)})"
    if not each.reach.high and each.reach.missed:
        return f"missed it already at {clients(each.reach.missed)}"
    return f"holds {_users(each.reach)}"


def _of_winner(advice: Advice, winner: Verification) -> Iterator[str]:
    """Yield how to start it, whether that is enough, what it takes, and what would change it."""
    yield f"Command line, in the application's folder: `{winner.command}`"
    yield _enough(advice, winner)
    yield from _price(winner)
    yield _connections(advice, winner)
    if advice.limit:
        yield f"What limits {winner.name} next: {LIMITS[advice.limit]}."
    else:
        yield f"What limits {winner.name} next: nothing that was measured shows it."
    yield _flip(advice, winner, advice.flip)


def _enough(advice: Advice, winner: Verification) -> str:
    """Return whether the expected load is held, and by how many such servers it would be."""
    assert winner.reach
    case = advice.case
    cores = "core" if case.cores == 1 else f"{case.cores} cores"
    if winner.reach.low >= case.users:
        times = units.factor(winner.reach.users / case.users)
        return (
            f"The load that is expected, {clients(case.users)}, is held {times} times by the "
            f"{cores} that served."
        )
    if winner.reach.at_least:
        return (
            f"Whether it holds the load that is expected, {clients(case.users)}, was not measured."
        )
    needed = ceil(case.users / winner.reach.users)
    return (
        f"The load that is expected, {clients(case.users)}, needs at least {max(2, needed)} times "
        f"the {cores} that served, with as many workers more."
    )


def _price(winner: Verification) -> Iterator[str]:
    """Yield what a server took at the highest load that it met in every start."""
    at = winner.at
    if at is None:
        return
    parts = [
        f"{METRICS[metric].short} {units.milliseconds(value)}"
        for metric, value in at.latencies_ms.items()
    ]
    if at.throughput_rps is not None:
        parts.append(f"{units.significant(at.throughput_rps)} requests/s")
    if at.cpu_ms is not None:
        parts.append(f"{units.milliseconds(at.cpu_ms)} of CPU time per request")
    if at.memory_mib is not None:
        parts.append(f"{units.significant(at.memory_mib)} MiB of memory, shared pages once")
    yield f"At {clients(at.users)}, the most of a load step that it held: {', '.join(parts)}."


def _connections(advice: Advice, winner: Verification) -> str:
    """Return how many connections to a database the server may open."""
    most = advice.case.most_connections
    limit = f" The plan's database allows {units.count(most)}." if most else ""
    opened = winner.at.database_connections if winner.at else None
    measured = f" It had {units.count(opened)} open at that load." if opened else ""
    if winner.slots:
        size = f"{winner.workers} x {winner.threads}" if (winner.workers or 1) > 1 else "threads"
        need = f"{units.count(winner.slots)} ({size})"
    else:
        in_flight = winner.at.in_flight if winner.at else None
        now = f", {units.count(ceil(in_flight))} at that load" if in_flight else ""
        need = f"one for each request in progress{now}"
    return (
        f"Connections, where requests use a database: up to {need}; a pool of fewer makes the rest "
        f"of them wait.{measured}{limit}"
    )


def _flip(advice: Advice, winner: Verification, flip: Flip | None) -> str:
    """Return what the other interface would change, and under which condition."""
    own = INTERFACES[winner.interface]
    other = INTERFACES["asgi" if winner.interface == "wsgi" else "wsgi"]
    if flip is None:
        return f"What {other} would change is not known: no server of it could be measured."
    change = _change(advice, winner, flip, other)
    if flip.wait_ms is not None:
        return (
            f"{change} The answer flips where requests wait longer than "
            f"{units.milliseconds(flip.wait_ms)}: {winner.name} then runs out of threads, and "
            "needs more of them to keep up."
        )
    if flip.cpu_ms is not None:
        return (
            f"{change} The answer flips where a request takes more than "
            f"{units.milliseconds(flip.cpu_ms)} of CPU time under {own}, as sync middleware and "
            f"the ORM make it, and {other} has a thread for each that waits."
        )
    return change


def _change(advice: Advice, winner: Verification, flip: Flip, other: str) -> str:
    demand = advice.demand(winner)
    computes = demand and demand.system.wait_ms <= HARDLY * demand.system.cpu_ms
    if flip.interface == "asgi" and computes and (flip.alike or flip.gain < 1):
        return (
            f"ASGI does not help, as requests compute and hardly wait: {flip.name} holds "
            f"{units.factor(flip.gain)} times as much."
        )
    if flip.alike:
        return (
            f"{other} ({flip.name}) would make no measurable difference: it holds "
            f"{units.factor(flip.gain)} times as much."
        )
    return f"{other} ({flip.name}) would hold {units.factor(flip.gain)} times as much."


def _reservations(advice: Advice) -> Iterator[str]:
    """Yield what makes the advice less certain."""
    if not advice.case.apart:
        yield (
            "Server and load generator shared the only core: the server holds more without it, and "
            "which one is best may be another."
        )
    for demand in advice.demands:
        if not demand.tells_wait:
            yield (
                f"Behind {demand.deployment} the wait cannot be told from the CPU time: requests "
                "are taken to compute only. A Server-Timing header with the wait would tell."
            )
        if not demand.fits and demand.error is not None:
            yield (
                f"The model does not fit {demand.deployment} (throughput "
                f"{demand.error:+.0%}): something else than CPU time and slots limits it, and its "
                "variants were chosen without a forecast."
            )
    unknown = {each.template for each in advice.verifications} - {
        d.deployment for d in advice.demands
    }
    if unknown:
        yield f"Too few requests were measured behind {', '.join(sorted(unknown))} for a forecast."
    if advice.paths:
        (slowest, slow_ms), (fastest, fast_ms) = advice.paths.items()
        yield (
            f"Requests differ a hundredfold: {slowest} takes {units.milliseconds(slow_ms)}, "
            f"{fastest} {units.milliseconds(fast_ms)} (p50). The advice is for them as they were "
            "mixed; a server of its own for the slow ones may serve both better."
        )


def _measured(each: Verification) -> str:
    """Return what a server held beside its forecast."""
    expected = "" if each.expected is None else f"; forecast: {clients(each.expected)}"
    memory = each.at.memory_mib if each.at else None
    price = f", with {units.significant(memory)} MiB" if memory is not None else ""
    flags = f"; flagged trials: {', '.join(each.flags)}" if each.flags and each.reach else ""
    return f"{each.name} {_holds(each)}{price}{expected}{flags}."


def _taken(demand: Demand) -> str:
    """Return what a request takes behind a server."""
    system = demand.system
    full = system.useful_slots
    threads = f"; threads that fill a core (1 + D / S): {units.count(full)}" if full else ""
    return (
        f"A request behind {demand.deployment} waits D = {units.milliseconds(system.wait_ms)} and "
        f"takes S = {units.milliseconds(system.cpu_ms)} of CPU time{threads}."
    )

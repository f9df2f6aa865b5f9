"""What a plan needs of the machine, held against what the machine has.

Beyond any of these limits a server seems slow or broken: connections are refused, or dropped and
sent again a second later, threads cannot start, memory is swapped. So all are checked before the
first server starts. docs/c10k.md says how to raise each.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from harness.core.errors import BenchError
from harness.core.launch import Launch
from harness.core.plan import Deployment, Plan
from harness.core.schedule import most_users
from harness.host.launches import launches

PORT_RANGE = "net.ipv4.ip_local_port_range"

# What a process needs besides its connections: logs, libraries, event loops, pipes.
SPARE_DESCRIPTORS = 256

# All of 127.0.0.0/8 is loopback; these are the hosts of its first network, 127.0.0.1 to .254.
MOST_SOURCES = 254

# Listening servers and other programs' connections hold ports of the same range.
SPARE_PORTS = 128

# Those of harness, Locust, upstream and the numerical libraries.
SPARE_THREADS = 64

# Stock ASGI starts threads per request and ends them late: 12,461 were seen at 10,000 users.
THREADS_PER_USER = 1.3

# A stack and the guard page below it.
MAPS_PER_THREAD = 2

# What libraries map.
SPARE_MAPS = 1000

# Resident memory for each connection, more than any run measured: docs/c10k.md. A user's
# threads are included.
CLIENT_KIB = 40
SERVER_KIB = 64
KERNEL_KIB = 12

# Resident memory without any connection.
BASE_MIB = 500


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How far the machine goes: `current` is the limit now, `reach` how far it may be raised.

    Others use `used` of it. None is unknown, or without limit: it cannot be checked.
    """

    current: int | None = None
    reach: int | None = None
    used: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit, what a plan needs of it with what others use, and the command that raises it.

    `target` is better still: it is set where it may be, and nothing is refused for the lack of it.
    """

    key: str
    name: str
    need: int
    target: int
    current: int | None
    reach: int | None
    cure: str

    @property
    def short(self) -> bool:
        """Return whether the plan needs more than the machine can reach."""
        return self.reach is not None and self.reach < self.need

    @property
    def raisable(self) -> bool:
        """Return whether raising the limit helps the plan and is possible."""
        if self.current is None or self.reach is None or self.short:
            return False
        return self.current < min(self.target, self.reach)


@dataclass(frozen=True, slots=True)
class Kind:
    """A limit in words, what a plan needs of it with so many users, and the command to raise it."""

    name: str
    need: Callable[[Plan, int], int]
    cure: str
    target: Callable[[Plan, int], int] | None = None
    """None where the need is enough."""


def check(plan: Plan, ceilings: Mapping[str, Ceiling]) -> None:
    """Raise BenchError where a plan does not fit: every short limit, its cure, the most users."""
    users = most_users(plan)
    short = [limit for limit in assess(plan, ceilings, users) if limit.short]
    if not short:
        return
    most = largest_fit(plan, ceilings)
    raise BenchError(
        f"{users:,} users need {', and '.join(map(_words, short))}; raise what is short or plan "
        + (f"at most {most:,} users" if most else "elsewhere: not even one user fits")
    )


def largest_fit(plan: Plan, ceilings: Mapping[str, Ceiling]) -> int:
    """Return the most users, up to those of the plan, that would fit; 0 where not even one."""

    def short(users: int) -> bool:
        return any(limit.short for limit in assess(plan, ceilings, users))

    return bisect_left(range(1, most_users(plan) + 1), True, key=short)


def assess(plan: Plan, ceilings: Mapping[str, Ceiling], users: int) -> tuple[Limit, ...]:
    """Return every limit beside what the plan needs, its staircases cut at so many users."""
    machine = (
        _limit(key, kind, plan, users, ceilings.get(key, Ceiling())) for key, kind in KINDS.items()
    )
    return (*machine, *_backlogs(plan, users))


def _limit(key: str, kind: Kind, plan: Plan, users: int, ceiling: Ceiling) -> Limit:
    need = kind.need(plan, users) + ceiling.used
    return Limit(
        key=key,
        name=kind.name,
        need=need,
        target=max(need, kind.target(plan, users)) if kind.target else need,
        current=ceiling.current,
        reach=ceiling.reach,
        cure=kind.cure.format(need=need),
    )


def sources(plan: Plan, ports: Ceiling, users: int) -> int:
    """Return from how many source addresses so many users have to connect; 1 where unknown.

    A connection is a source address and port and a destination address and port, so each source
    address has all ports to itself. The servers listen on loopback, which has addresses enough.
    Half of the ports count: what connects takes the even ones first, and once those are gone it
    tries each of them in vain before an odd one (__inet_hash_connect in
    net/ipv4/inet_hashtables.c of Linux), which filled the generator's core from 14,000 clients on.
    """
    if ports.reach is None:
        return 1
    apiece = max(1, ports.reach // 2 - SPARE_PORTS)
    return min(MOST_SOURCES, max(1, ceil(_client_ports(plan, users) / apiece)))


def _words(limit: Limit) -> str:
    return f"{limit.need:,} {limit.name}, the limit is {limit.reach:,} ({limit.cure})"


def _backlogs(plan: Plan, users: int) -> Iterator[Limit]:
    """Yield each server's own listen queue; that of an unknown server is unknown.

    That of a server as it comes is among the settings that are compared: where it overflows, the
    trial says so.
    """
    for deployment, launch in zip(plan.deployments, launches(plan), strict=True):
        if deployment.default_of:
            continue
        need = _queue(plan, users, deployment)
        profile = launch.profile
        yield Limit(
            key=f"backlog of {deployment.name}",
            name=f"places in the listen queue of {deployment.name}",
            need=need,
            target=need,
            current=launch.backlog,
            reach=launch.backlog,
            cure=f"{profile.backlog.spelling(need)} in its command" if profile else "",
        )


def _descriptors(plan: Plan, users: int) -> int:
    """Return how many the fullest process holds: one of Locust, or one worker of a server."""
    # A view that calls the upstream holds two descriptors per request, as does one with a query.
    called = [service for service in (plan.upstream, plan.database) if service]
    served = (1 + len(called)) * max(_fullest_worker(launch, users) for launch in launches(plan))
    return max(served, _fullest_client(plan, users)) + SPARE_DESCRIPTORS


def _fullest_worker(launch: Launch, users: int) -> int:
    """Return the most connections of one worker; where its server is unknown it has them all."""
    if launch.profile is None or launch.workers in (None, 1):
        return users
    return min(users, ceil(launch.profile.fullest * users / launch.workers))


def _fullest_client(plan: Plan, users: int) -> int:
    """Return the most users of one process of Locust, which deals them out evenly."""
    loads = [plan.load_of(scenario) for scenario in plan.scenarios]
    return max(load.of_process(min(users, load.most_users)) for load in loads)


def _arrivals(plan: Plan, users: int) -> int:
    """Return how many connections a second of the ramp brings: a busy server may be that late."""
    loads = [plan.load_of(scenario) for scenario in plan.scenarios]
    return min(users, max(min(load.most_users, load.spawn_rate) for load in loads))


def _queue(plan: Plan, users: int, deployment: Deployment) -> int:
    """Return how many connections may wait to be accepted.

    Of a server that closes after every answer, all clients but those it serves may wait.
    """
    return _arrivals(plan, users) if deployment.keep_alive else users


def _longest_queue(plan: Plan, users: int) -> int:
    return max(_queue(plan, users, deployment) for deployment in plan.deployments)


def _longest_backlog(plan: Plan, users: int) -> int:
    """Return the longest queue that a server asks for, but no more than all users.

    A server that starts a thousand threads may not accept for several seconds: 4,096 places
    overflowed while 1,000 users a second connected.
    """
    return min(users, max(launch.backlog or 0 for launch in launches(plan)))


def _client_ports(plan: Plan, users: int) -> int:
    """Return how many ports the clients hold, over all their addresses."""
    # TIME_WAIT holds the port of a connection that the client closed first, over loopback for a
    # second (tcp_tw_reuse): without keep-alive a client holds its last port besides its own.
    apiece = 1 if all(deployment.keep_alive for deployment in plan.deployments) else 2
    return apiece * users


def _ports_apiece(plan: Plan, users: int) -> int:
    """Return the fewest ports of each address that are enough, with as many addresses as may be."""
    return ceil(_client_ports(plan, users) / MOST_SOURCES) + SPARE_PORTS


def _ports_of_one(plan: Plan, users: int) -> int:
    """Return the ports with half of which one address is enough."""
    return 2 * (_client_ports(plan, users) + SPARE_PORTS)


def _threads(plan: Plan, users: int) -> int:
    return max(_threads_of(each, users) for each in plan.deployments) + SPARE_THREADS


def _threads_of(deployment: Deployment, users: int) -> int:
    """Return the most threads of a server, which starts its slots as requests need them."""
    if deployment.threads is not None:
        return deployment.threads
    if deployment.slots is not None:
        return min(deployment.slots, users)
    # The plan does not say whether ASGI without slots starts threads; stock Django does.
    return round(THREADS_PER_USER * users) if deployment.interface == "asgi" else 0


def _maps(plan: Plan, users: int) -> int:
    return MAPS_PER_THREAD * _threads(plan, users) + SPARE_MAPS


def _memory_mib(plan: Plan, users: int) -> int:
    calls = 1 if plan.upstream else 0
    apiece_kib = CLIENT_KIB + (1 + calls) * (SERVER_KIB + KERNEL_KIB)
    return BASE_MIB + users * apiece_kib // 1024


_PIDS = "raise pids.max of the control group, e.g. docker run --pids-limit={need}"
_MEMORY = "raise memory.max of the control group, e.g. docker run --memory={need}m"

KINDS: dict[str, Kind] = {
    "descriptors": Kind("descriptors per process", _descriptors, "ulimit -Hn {need}"),
    "net.core.somaxconn": Kind(
        "places in a listen queue",
        _longest_queue,
        "sysctl -w net.core.somaxconn={need}",
        _longest_backlog,
    ),
    "net.ipv4.tcp_max_syn_backlog": Kind(
        "half-open connections", _arrivals, "sysctl -w net.ipv4.tcp_max_syn_backlog={need}"
    ),
    PORT_RANGE: Kind(
        f"ports of each of {MOST_SOURCES} addresses of the clients",
        _ports_apiece,
        "sysctl -w net.ipv4.ip_local_port_range='10000 65535'",
        _ports_of_one,
    ),
    "kernel.pid_max": Kind("thread numbers", _threads, "sysctl -w kernel.pid_max={need}"),
    "kernel.threads-max": Kind(
        "threads of the machine", _threads, "sysctl -w kernel.threads-max={need}"
    ),
    "vm.max_map_count": Kind("memory maps for threads", _maps, "sysctl -w vm.max_map_count={need}"),
    "processes": Kind("threads of this user", _threads, "ulimit -Hu {need}"),
    "pids.max": Kind("threads of the control group", _threads, _PIDS),
    "memory": Kind("MiB of memory", _memory_mib, "free some or add some"),
    "memory.max": Kind("MiB of memory of the control group", _memory_mib, _MEMORY),
}
"""The limits, keyed by their sysctl or by the name they have elsewhere."""

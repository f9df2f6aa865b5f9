"""What a plan needs of the machine, held against what the machine has.

Every limit here ends a climb in a way that reads as a slow or broken server: connections that are
refused, dropped and sent again a second later, threads that cannot start, swap. So they are
checked before the first server starts; docs/c10k.md tells how to raise each.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from harness.core.errors import BenchError
from harness.core.plan import Deployment, Plan
from harness.core.schedule import most_users
from harness.host.launches import launches

PORT_RANGE = "net.ipv4.ip_local_port_range"

# What a process needs besides its connections: logs, libraries, event loops, pipes.
SPARE_DESCRIPTORS = 256

# All of 127.0.0.0/8 is loopback; these are the hosts of its first network, 127.0.0.1 to .254.
MOST_SOURCES = 254

# Servers that listen, and other programs' connections, hold ports of the same range.
SPARE_PORTS = 128

# Harness, Locust, upstream and the numerical libraries' own.
SPARE_THREADS = 64

# Stock ASGI starts threads per request and ends them late: 12,461 were seen at 10,000 users.
THREADS_PER_USER = 1.3

# A stack and the guard page below it; what libraries map is the spare.
MAPS_PER_THREAD, SPARE_MAPS = 2, 1000

# Resident memory as measured, rounded up; docs/c10k.md tells how. Threads count with their user.
CLIENT_KIB, SERVER_KIB, KERNEL_KIB = 40, 64, 12
BASE_MIB = 500


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How far the machine goes: `found` now, `reach` once what may be set is set.

    `used` of it is taken already. None is unknown, or without limit: it cannot be checked.
    """

    found: int | None = None
    reach: int | None = None
    used: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit against what a plan needs of it, what others use included, and what raises it.

    `wanted` is what is better still, and had where it may be set; without it nothing is refused.
    """

    key: str
    name: str
    needed: int
    wanted: int
    found: int | None
    reach: int | None
    cure: str

    @property
    def short(self) -> bool:
        """Hold when the plan needs more than can be reached."""
        return self.reach is not None and self.reach < self.needed

    @property
    def raisable(self) -> bool:
        """Hold when the plan wants more than is there, and more can be had."""
        if self.found is None or self.reach is None or self.short:
            return False
        return self.found < min(self.wanted, self.reach)


@dataclass(frozen=True, slots=True)
class Kind:
    """A limit in words, what a plan needs of it with so many users, and the command to raise it."""

    name: str
    needed: Callable[[Plan, int], int]
    cure: str
    wanted: Callable[[Plan, int], int] | None = None
    """None where nothing is better than what is needed."""


def check(plan: Plan, ceilings: Mapping[str, Ceiling]) -> None:
    """Refuse a plan that does not fit, with every limit, its cure and the most that would fit."""
    users = most_users(plan)
    lacking = [limit for limit in against(plan, ceilings, users) if limit.short]
    if not lacking:
        return
    most = fitting(plan, ceilings)
    raise BenchError(
        f"{users:,} users need {', and '.join(map(_words, lacking))}; raise what is short or plan "
        + (f"at most {most:,} users" if most else "elsewhere: not even one user fits")
    )


def fitting(plan: Plan, ceilings: Mapping[str, Ceiling]) -> int:
    """Give the most users, up to those of the plan, that would fit; 0 when not even one does."""

    def short(users: int) -> bool:
        return any(limit.short for limit in against(plan, ceilings, users))

    return bisect_left(range(1, most_users(plan) + 1), True, key=short)


def against(plan: Plan, ceilings: Mapping[str, Ceiling], users: int) -> tuple[Limit, ...]:
    """Hold every limit against the plan, its staircases cut at so many users."""
    found = []
    for key, kind in KINDS.items():
        ceiling = ceilings.get(key, Ceiling())
        needed = kind.needed(plan, users) + ceiling.used
        wanted = max(needed, kind.wanted(plan, users) if kind.wanted else 0)
        cure = kind.cure.format(needed=needed)
        found.append(Limit(key, kind.name, needed, wanted, ceiling.found, ceiling.reach, cure))
    return (*found, *_backlogs(plan, users))


def sources(plan: Plan, ports: Ceiling, users: int) -> int:
    """Give from how many source addresses so many users have to connect; 1 while it is unknown.

    A connection is source address, source port, destination and its port, so each address has all
    the ports for itself. Loopback has addresses enough: the servers of a plan listen there.
    """
    if ports.reach is None:
        return 1
    apiece = max(1, ports.reach - SPARE_PORTS)
    return min(MOST_SOURCES, max(1, ceil(_held(plan, users) / apiece)))


def _words(limit: Limit) -> str:
    return f"{limit.needed:,} {limit.name}, the limit is {limit.reach:,} ({limit.cure})"


def _backlogs(plan: Plan, users: int) -> Iterator[Limit]:
    """Hold each server's own queue against the plan; that of an unknown server is unknown."""
    for deployment, launch in zip(plan.deployments, launches(plan), strict=True):
        needed, asked = _queue(plan, users, deployment), launch.backlog
        name = f"places in the listen queue of {deployment.name}"
        profile = launch.profile
        cure = f"{profile.backlog.spelling(needed)} in its command" if profile else ""
        yield Limit(f"backlog of {deployment.name}", name, needed, needed, asked, asked, cure)


def _descriptors(plan: Plan, users: int) -> int:
    # A view that calls holds two descriptors per request.
    return (2 if plan.upstream else 1) * users + SPARE_DESCRIPTORS


def _arriving(plan: Plan, users: int) -> int:
    """Give how many connections a second of the ramp brings: a busy server may look that seldom."""
    loads = [plan.load_of(scenario) for scenario in plan.scenarios]
    return min(users, max(min(load.most_users, load.spawn_rate) for load in loads))


def _queue(plan: Plan, users: int, deployment: Deployment) -> int:
    """Give how many connections may wait to be accepted.

    A server that closes after every answer has all its clients there, but for those it serves.
    """
    return _arriving(plan, users) if deployment.keep_alive else users


def _longest_queue(plan: Plan, users: int) -> int:
    return max(_queue(plan, users, deployment) for deployment in plan.deployments)


def _longest_asked(plan: Plan, users: int) -> int:
    """Give the longest queue that a server asks for, but no longer than there are users.

    A server that starts a thousand threads may not look for several seconds: 4,096 places
    overflowed while 1,000 users a second connected.
    """
    return min(users, max(launch.backlog or 0 for launch in launches(plan)))


def _held(plan: Plan, users: int) -> int:
    """Give how many ports the clients hold, of all addresses together."""
    # TIME_WAIT holds the port of a connection that the client closed first, over loopback for a
    # second (tcp_tw_reuse): without keep-alive a client has the last one's besides its own.
    apiece = 1 if all(deployment.keep_alive for deployment in plan.deployments) else 2
    return apiece * users


def _ports_apiece(plan: Plan, users: int) -> int:
    """Give the fewest ports of an address that do, with as many addresses as there are."""
    return ceil(_held(plan, users) / MOST_SOURCES) + SPARE_PORTS


def _ports_of_one(plan: Plan, users: int) -> int:
    """Give the ports with which one address is enough."""
    return _held(plan, users) + SPARE_PORTS


def _threads(plan: Plan, users: int) -> int:
    return max(_threads_of(each, users) for each in plan.deployments) + SPARE_THREADS


def _threads_of(deployment: Deployment, users: int) -> int:
    """Give the most threads of a server: its slots are started as requests need them."""
    if deployment.slots is not None:
        return min(deployment.slots, users)
    # Whether ASGI without slots starts threads the plan does not tell; stock Django does.
    return round(THREADS_PER_USER * users) if deployment.interface == "asgi" else 0


def _maps(plan: Plan, users: int) -> int:
    return MAPS_PER_THREAD * _threads(plan, users) + SPARE_MAPS


def _memory_mib(plan: Plan, users: int) -> int:
    calls = 1 if plan.upstream else 0
    apiece_kib = CLIENT_KIB + (1 + calls) * (SERVER_KIB + KERNEL_KIB)
    return BASE_MIB + users * apiece_kib // 1024


_PIDS = "raise pids.max of the control group, e.g. docker run --pids-limit={needed}"
_MEMORY = "raise memory.max of the control group, e.g. docker run --memory={needed}m"

KINDS: dict[str, Kind] = {
    "descriptors": Kind("descriptors per process", _descriptors, "ulimit -Hn {needed}"),
    "net.core.somaxconn": Kind(
        "places in a listen queue",
        _longest_queue,
        "sysctl -w net.core.somaxconn={needed}",
        _longest_asked,
    ),
    "net.ipv4.tcp_max_syn_backlog": Kind(
        "half-open connections", _arriving, "sysctl -w net.ipv4.tcp_max_syn_backlog={needed}"
    ),
    PORT_RANGE: Kind(
        f"ports of each of {MOST_SOURCES} addresses of the clients",
        _ports_apiece,
        "sysctl -w net.ipv4.ip_local_port_range='10000 65535'",
        _ports_of_one,
    ),
    "kernel.pid_max": Kind("thread numbers", _threads, "sysctl -w kernel.pid_max={needed}"),
    "kernel.threads-max": Kind(
        "threads of the machine", _threads, "sysctl -w kernel.threads-max={needed}"
    ),
    "vm.max_map_count": Kind(
        "memory maps for threads", _maps, "sysctl -w vm.max_map_count={needed}"
    ),
    "processes": Kind("threads of this user", _threads, "ulimit -Hu {needed}"),
    "pids.max": Kind("threads of the control group", _threads, _PIDS),
    "memory": Kind("MiB of memory", _memory_mib, "free some or add some"),
    "memory.max": Kind("MiB of memory of the control group", _memory_mib, _MEMORY),
}
"""The limits, keyed by their sysctl or by the name they have elsewhere."""

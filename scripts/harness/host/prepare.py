"""Make room on the machine for a plan: check its limits, raise what may be, put it back."""

import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.core.errors import BenchError
from harness.core.plan import Plan
from harness.core.schedule import most_users
from harness.host import kernel, limits
from harness.host.limits import PORT_RANGE, Limit

# What must match before two runs may be compared: not what others use, nor memory that is free.
FACTS = {
    "descriptors": "descriptors",
    "somaxconn": "net.core.somaxconn",
    "ports": PORT_RANGE,
    "pid_max": "kernel.pid_max",
    "threads_max": "kernel.threads-max",
    "map_count": "vm.max_map_count",
}


def check(plan: Plan) -> None:
    """Refuse a plan that this machine has no room for, with the most users that would fit."""
    limits.check(plan, kernel.ceilings())


def facts(plan: Plan) -> dict[str, str]:
    """List the limits of the machine as they are found, and whether the plan has them raised."""
    against = limits.against(plan, kernel.ceilings(), most_users(plan))
    found = {limit.key: limit for limit in against}
    return {fact: _fact(found[key]) for fact, key in FACTS.items()}


@contextmanager
def room(plan: Plan) -> Iterator[int]:
    """Raise what the plan needs and may be set; it is put back however the context ends.

    Yield from how many addresses of loopback the plan's clients have to connect then. Only a kill
    leaves the limits raised. Servers and Locust inherit the descriptors.
    """
    # Once for all blocks: reading how far a limit may be raised writes it back to itself.
    ceilings, users = kernel.ceilings(), most_users(plan)
    with ExitStack() as stack:
        for limit in limits.against(plan, ceilings, users):
            if limit.key == "descriptors":
                stack.enter_context(_descriptors(limit))
            elif limit.raisable:
                stack.enter_context(_setting(limit))
        yield limits.sources(plan, ceilings[PORT_RANGE], users)


def _fact(limit: Limit) -> str:
    if limit.found is None:
        return "unknown"
    return f"{limit.found}{', raised for the run' if limit.raisable else ''}"


@contextmanager
def _setting(limit: Limit) -> Iterator[None]:
    path = kernel.sysctl_path(limit.key)
    before = path.read_text()
    try:
        _write(path, limit)
        yield
    finally:
        path.write_text(before)


def _write(path: Path, limit: Limit) -> None:
    ports = limit.key == PORT_RANGE
    try:
        path.write_text(" ".join(map(str, kernel.WIDEST_PORTS if ports else (limit.wanted,))))
    except OSError as error:
        raise BenchError(
            f"{limit.key} cannot be set ({error.strerror}); set it by hand: {limit.cure}"
        ) from None


@contextmanager
def _descriptors(limit: Limit) -> Iterator[None]:
    """Raise the soft limit to the hard one, and that where the plan needs more."""
    before = soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = limit.needed if limit.raisable else hard
    # Where there is no hard limit, macOS yet refuses to have no soft one.
    raised = (max(soft, limit.needed), hard) if limit.found is None else (most, most)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, raised)
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

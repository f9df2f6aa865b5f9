"""Make room on the machine for a plan: check its limits, raise them for the run, put them back."""

import resource
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.core.errors import BenchError
from harness.core.plan import Deployment, Plan, Scenario
from harness.core.schedule import most_users
from harness.host import kernel, limits, locustfiles, versions
from harness.host.limits import PORT_RANGE, Limit

# What must match before two runs may be compared. Free memory and what others use need not.
FACTS = {
    "descriptors": "descriptors",
    "somaxconn": "net.core.somaxconn",
    "ports": PORT_RANGE,
    "pid_max": "kernel.pid_max",
    "threads_max": "kernel.threads-max",
    "map_count": "vm.max_map_count",
}


def check(plan: Plan) -> None:
    """Raise BenchError where this machine has no room for a plan, or Locust lacks a module of it.

    What a plan requires for its locustfiles is installed, and the versions that its deployments
    name. Raise it too where a deployment of the suite's own application does not say which views
    are asked.
    """
    limits.check(plan, kernel.ceilings())
    versions.install(plan.application, plan.deployments)
    for scenario in plan.scenarios:
        locustfiles.check(scenario)
        if locustfiles.asks_for_views(scenario):
            _check_views(scenario, plan.against(scenario))


def _check_views(scenario: Scenario, deployments: Iterable[Deployment]) -> None:
    for deployment in deployments:
        if deployment.views is None:
            raise BenchError(
                f"deployment {deployment.name}: scenario {scenario.name} asks for the sync or the "
                'async views of the suite\'s application; add views = "sync" or "async"'
            )


def facts(plan: Plan) -> dict[str, str]:
    """Return the current limits of the machine, and whether the plan raises them."""
    assessment = limits.assess(plan, kernel.ceilings(), most_users(plan))
    by_key = {limit.key: limit for limit in assessment}
    return {fact: _fact(by_key[key]) for fact, key in FACTS.items()}


@contextmanager
def room(plan: Plan) -> Iterator[int]:
    """Yield from how many addresses of loopback the plan's clients have to connect.

    Meanwhile the limits that the plan needs are raised, as far as they may be; they are put back
    however the context ends, except by SIGKILL. Servers and Locust inherit the descriptors. Raise
    BenchError where a limit cannot be set.
    """
    # Once for all blocks: reading how far a limit may be raised writes it back to itself.
    ceilings = kernel.ceilings()
    users = most_users(plan)
    with ExitStack() as stack:
        for limit in limits.assess(plan, ceilings, users):
            if limit.key == "descriptors":
                stack.enter_context(_descriptors(limit))
            elif limit.raisable:
                stack.enter_context(_setting(limit))
        yield limits.sources(plan, ceilings[PORT_RANGE], users)


def _fact(limit: Limit) -> str:
    if limit.current is None:
        return "unknown"
    return f"{limit.current}{', raised for the run' if limit.raisable else ''}"


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
    values = kernel.WIDEST_PORTS if limit.key == PORT_RANGE else (limit.target,)
    try:
        path.write_text(" ".join(map(str, values)))
    except OSError as error:
        raise BenchError(
            f"{limit.key} cannot be set ({error.strerror}); set it by hand: {limit.cure}"
        ) from None


@contextmanager
def _descriptors(limit: Limit) -> Iterator[None]:
    """Raise the soft limit to the hard one, and the hard one where the plan needs more."""
    before = soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = limit.need if limit.raisable else hard
    # Even without a hard limit, macOS refuses to lift the soft one altogether.
    during = (max(soft, limit.need), hard) if limit.current is None else (most, most)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, during)
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

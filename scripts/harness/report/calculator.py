"""The calculator of the page: the model of the run, with a reader's own numbers. Pure.

The page's script (templates/calculator.js) solves the same network (templates/closed_network.js)
whenever a reader moves a control. Where no script runs, some cases stand that are solved here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from harness.core import units
from harness.core.bounds import Bound
from harness.core.closed_network import ClosedNetwork, most_users
from harness.core.labels import clients
from harness.core.metrics import METRICS
from harness.core.plan import Interface
from harness.core.prediction import Prediction
from harness.core.summary import Summary
from harness.report.predictions import off
from harness.runs.predictions import P95, THROUGHPUT

P95_SHARE = 0.95

OBJECTIVE_MS = 500.0
"""Where the control of the objective stands first, unless a request alone takes about as long."""

MOST_USERS = 7_000
"""Of one server, and threads of it: more than one core holds at what most sites wait."""

WAITS_MS = (5.0, 50.0, 250.0)
"""The cases without a script: a cache or a near database, a slow query, a service behind."""

DIGITS = (1, 1.5, 2, 3, 5, 7)
"""A control goes through these in each power of ten: steps of a third to a half."""

UNKNOWN = (
    "S is the CPU time that server and framework took for a request in this run, at the load step "
    "that `What the model predicts` is from. Its range, over the rounds of that load step and of "
    "higher ones, is what the other ranges follow from. Your own CPU time is added to it. Other "
    "numbers of threads have the S of the server with most of them.",
    "The error of the model, `off in this run`, stands beside the ranges and is not in them: "
    "predicted / measured - 1 over the load steps. Where it is larger, it counts.",
    "A server of one process has one core, by the interpreter's lock. Another machine or another "
    "version takes another S.",
    "The model has no garbage collections, and no threads that wait for the interpreter's lock: on "
    "a full core, and with many threads, requests take longer than it promises.",
    "All requests are alike, and what they wait for never queues. `make advise` measures your own "
    "requests instead.",
)

HEADINGS = (
    "server",
    "S (ms)",
    "requests/s",
    "p95 (ms)",
    "users held (✓ yours)",
    "off in this run",
)


@dataclass(frozen=True, slots=True)
class Server:
    """A deployment as the model has it: `system` at the middle S, `cpu_ms` its range.

    `errors` has the least and the largest error of each metric that was predicted, keyed by it,
    `unjudged` the load steps, in users, where nothing could be held against a prediction.
    `threads` is whether its slots stand for threads, of which there may be other numbers.
    """

    name: str
    interface: Interface
    system: Bound
    cpu_ms: tuple[float, float]
    errors: dict[str, tuple[float, float]]
    unjudged: tuple[int, ...]
    threads: bool

    @property
    def off(self) -> str:
        """Return how far off the model was of it in this run."""
        texts = [
            f"{METRICS[name].title} {_from_to(off(low), off(high))}"
            for name, (low, high) in self.errors.items()
        ]
        texts += [f"not judged at {clients(users)}" for users in self.unjudged]
        return "; ".join(texts)

    @property
    def systems(self) -> tuple[Bound, Bound, Bound]:
        """Return it with the middle S, with the highest and with the lowest."""
        low_ms, high_ms = self.cpu_ms
        slow, fast = (replace(self.system, cpu_ms=each) for each in (high_ms, low_ms))
        return self.system, slow, fast


@dataclass(frozen=True, slots=True)
class Control:
    """One number of the reader's: the steps that it goes through, and where it stands first."""

    key: str
    label: str
    unit: str
    steps: tuple[float, ...]
    start: float


@dataclass(frozen=True, slots=True)
class Calculator:
    """The servers of each scenario that the model predicts, and the controls."""

    scenarios: dict[str, tuple[Server, ...]]
    controls: tuple[Control, ...]
    headings: tuple[str, ...] = HEADINGS
    most_users: int = MOST_USERS

    @property
    def values(self) -> dict[str, list[dict[str, object]]]:
        """Return what the page's script needs: servers by scenario, CPU times in ms."""
        return {name: list(map(_values, servers)) for name, servers in self.scenarios.items()}


def calculator(summary: Summary) -> Calculator | None:
    """Return the calculator of a run; None where nothing is predicted."""
    scenarios = {
        scenario: servers
        for scenario in summary.scenarios
        if (servers := _servers(summary, scenario))
    }
    if not scenarios:
        return None
    first = next(iter(scenarios.values()))
    users = max(step.users for each in summary.predictions for step in each.steps)
    return Calculator(scenarios, _controls(first, users))


def headings(calculator: Calculator) -> tuple[str, ...]:
    """Return the headings of the cases."""
    waits = (units.quotient(wait_ms) for wait_ms in WAITS_MS)
    cases = ((f"users, waiting {wait} ms", "requests/s") for wait in waits)
    return ("server", "S (ms)", *(heading for case in cases for heading in case), HEADINGS[-1])


def rows(calculator: Calculator) -> tuple[tuple[str, ...], ...]:
    """Return a row for each server of the first scenario: what it holds with other waits."""
    servers = next(iter(calculator.scenarios.values()))
    return tuple(_row(server) for server in servers)


def words(calculator: Calculator) -> str:
    """Return how to read the cases."""
    scenario, servers = next(iter(calculator.scenarios.items()))
    pause_ms = servers[0].system.think_ms
    return (
        f"Predicted with the CPU time of requests in {scenario}, for users who pause "
        f"{units.quotient(pause_ms)} ms: how many of them each server holds with a p95 of at most "
        f"{units.quotient(OBJECTIVE_MS)} ms, and how many requests per second they get, with the "
        "range that follows from that of S."
    )


def _servers(summary: Summary, scenario: str) -> tuple[Server, ...]:
    own = [each for each in summary.predictions if each.scenario == scenario]
    interfaces = {sample.deployment: sample.interface for sample in summary.samples}
    threaded = _threaded(each for each in own if interfaces[each.deployment] == "wsgi")
    return tuple(
        Server(
            name=each.deployment,
            interface=interfaces[each.deployment],
            system=each.system,
            cpu_ms=_cpu_range_ms(each, summary),
            errors=_errors(each),
            unjudged=tuple(step.users for step in each.steps if not step.errors),
            threads=each.deployment == threaded,
        )
        for each in own
    )


def _threaded(wsgi: Iterable[Prediction]) -> str | None:
    """Return the deployment with most threads: that whose S has their cost in it, if any has."""
    slots = {
        each.deployment: each.system.slots
        for each in wsgi
        if each.system.slots and each.system.slots > (each.workers or 1)
    }
    return max(slots, key=lambda name: slots[name], default=None)


def _cpu_range_ms(prediction: Prediction, summary: Summary) -> tuple[float, float]:
    """Return the least and the most S of any round, at the load step of S and at higher ones.

    At lower ones a core that is idle in between spends more on each request.
    """
    costs = [
        cpu_ms
        for sample in summary.samples
        if (sample.scenario, sample.deployment) == (prediction.scenario, prediction.deployment)
        if sample.users >= prediction.source_users and not sample.failing
        for cpu_ms in sample.per_round.get("server_cpu_ms_per_request", ())
        if cpu_ms
    ]
    costs.append(prediction.system.cpu_ms)
    return min(costs), max(costs)


def _errors(prediction: Prediction) -> dict[str, tuple[float, float]]:
    errors = {
        metric: [step.errors[metric] for step in prediction.steps if metric in step.errors]
        for metric in (THROUGHPUT, P95)
    }
    return {metric: (min(each), max(each)) for metric, each in errors.items() if each}


def _controls(servers: Sequence[Server], users: int) -> tuple[Control, ...]:
    """Return the controls, which stand first at what the run had."""
    system = servers[0].system
    threads = max((each.system.slots or 0 for each in servers if each.threads), default=0)
    objective_ms = max(OBJECTIVE_MS, 2 * system.wait_ms)
    wait_ms, pause_ms = system.wait_ms, system.think_ms
    every = (
        Control("wait", "Wait of a request", "ms", _steps(range(4), 0, wait_ms), wait_ms),
        Control("cpu", "CPU time of your own code, on top of S", "ms", _steps(range(-1, 2), 0), 0),
        Control("pause", "Pause of a user", "ms", _steps(range(5), 0, pause_ms), pause_ms),
        Control("users", "Users at the same time", "", _counts(users), users),
        Control(
            "objective", "A p95 of at most", "ms", _steps(range(1, 4), objective_ms), objective_ms
        ),
        Control("threads", "Threads of WSGI, all workers", "", _counts(threads), threads),
    )
    return every if threads else every[:-1]


def _steps(powers: Iterable[int], *others: float) -> tuple[float, ...]:
    """Return the steps of a control: DIGITS in these powers of ten, and others."""
    series = {float(f"{digit * 10.0**power:g}") for power in powers for digit in DIGITS}
    return tuple(sorted(series | {float(other) for other in others}))


def _counts(start: int) -> tuple[float, ...]:
    """Return the steps of a number of users or threads, up to MOST_USERS or more."""
    return tuple(step for step in _steps(range(4), start) if step.is_integer())


def _row(server: Server) -> tuple[str, ...]:
    cpu_ms = (server.system.cpu_ms, *server.cpu_ms)
    cases = (_case(server, wait_ms) for wait_ms in WAITS_MS)
    return (
        server.name,
        _with_range(cpu_ms, units.significant),
        *(text for case in cases for text in case),
        server.off,
    )


def _case(server: Server, wait_ms: float) -> tuple[str, str]:
    """Return how many users a server holds with another wait, and their requests per second."""
    systems = [replace(system, wait_ms=wait_ms) for system in server.systems]
    networks = [ClosedNetwork(system, MOST_USERS) for system in systems]
    users = [held(network, OBJECTIVE_MS) for network in networks]
    rates = [
        network.throughput_rps(count) if count else 0.0
        for network, count in zip(networks, users, strict=True)
    ]
    return _with_range(users, _users), _with_range(rates, units.significant)


def held(network: ClosedNetwork, objective_ms: float) -> int:
    """Return how many users are held with a p95 within the objective, MOST_USERS at most."""
    return most_users(
        lambda users: network.share_within(users, objective_ms) >= P95_SHARE, MOST_USERS
    )


def _users(count: float) -> str:
    return f"{'≥ ' if count == MOST_USERS else ''}{units.count(count)}"


def _with_range(values: Sequence[float], text: Callable[[float], str]) -> str:
    """Return the first value, with the range that all span where that shows."""
    middle, low, high = (text(each) for each in (values[0], min(values), max(values)))
    return middle if low == high else f"{middle} ({_from_to(low, high)})"


def _from_to(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _values(server: Server) -> dict[str, object]:
    system = server.system
    return {
        "name": server.name,
        "interface": server.interface,
        "cpu": [each.cpu_ms for each in server.systems],
        "slots": system.slots,
        "cores": max(1, int(system.cores)),
        "threads": server.threads,
        "off": server.off,
    }

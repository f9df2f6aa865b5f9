"""The nouns of the suite: frozen values, with no more behaviour than follows from their fields.

Everything above this module speaks in these words; see the table of nouns in docs/method.md.
Units stand in the names: `_ms`, `_s`, `_rps` (requests per second), `_mib`, `_share` (0 to 1).
"""

import re
from collections.abc import Collection, Iterable
from math import ceil
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.core.fields import (
    PIN,
    AbsolutePath,
    CoreNumbers,
    HeaderText,
    Name,
    Pin,
    PlanPath,
    Python,
    Rate,
    Rates,
    SshUrl,
    UrlPaths,
    UserClass,
    Users,
    Words,
    canonical,
)

Interface = Literal["wsgi", "asgi"]
Views = Literal["sync", "async"]
Model = Literal["closed", "open"]
Quantity = Literal["rate", "users"]
Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
Setting = bool | int | float | str


class PlanPart(BaseModel):
    """A part of a plan: it refuses unknown keys, and every change once it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Application(PlanPart):
    """What is under test: a folder, its two entry points and the path that answers when ready."""

    directory: PlanPath
    wsgi: str | None = None
    asgi: str | None = None
    ready: Annotated[str, Field(pattern=r"^/")] = "/"
    ready_timeout_s: Annotated[float, Field(gt=0)] = 30
    """How long a server may take to start, migrations and imports included."""
    python: PlanPath | None = None
    env_file: PlanPath | None = None
    """A file of variables, NAME=value a line; `environment` goes before it."""
    environment: dict[str, str] = {}
    host: HeaderText | None = None
    """The Host header of every request, where ALLOWED_HOSTS does not have 127.0.0.1."""
    headers: dict[HeaderText, HeaderText] = {}
    """What every request carries, such as a proxy would add."""
    prepare: tuple[Words, ...] = ()
    """Commands that make the site ready, once before a run: migrate, collectstatic."""
    reset: tuple[Words, ...] = ()
    """Commands that put its data back, before each start of a server."""
    allow_different_settings: bool = False
    """Whether deployments may serve by different settings, which decide more than the server."""

    @property
    def request_headers(self) -> dict[str, str]:
        """Return the headers of every request, the host among them."""
        return ({"Host": self.host} if self.host else {}) | self.headers


class Deployment(PlanPart):
    """The application behind one server; `slots` is how many requests it can work on at once."""

    name: Name
    interface: Interface
    views: Views | None = None
    """Which of its views the suite's own application is asked for; None of any other."""
    slots: Annotated[int, Field(gt=0)] | None = None
    command: Words
    environment: dict[str, str] = {}
    keep_alive: bool = True
    """Whether it keeps connections open between requests; if not, each request opens one."""
    threads: Annotated[int, Field(gt=0)] | None = None
    """The most threads of all its processes, where that does not depend on the requests."""
    needs: tuple[str, ...] = ()
    """Programs, not packages, without which it is left out, such as another server in front; or,
    written as `python>=3.12`, the oldest Python that it can be served by."""
    ground: Name | None = None
    """The deployment without a framework behind the same server: what this one costs beyond it is
    its framework's."""
    default_of: Name | None = None
    """The deployment of the same server that is tuned: this one is the server as it comes."""
    probe: bool = False
    """Whether its process notes when the collector and its event loop stop it; Python alone."""
    requirements: tuple[Pin, ...] = ()
    """Packages that it is served with in place of those that the application is locked to."""
    python: Python | None = None
    """What it is served by in place of the application's interpreter; the packages are its own."""

    @property
    def has_versions(self) -> bool:
        """Return whether it names versions, so that it has an environment of its own."""
        return bool(self.requirements or self.python)

    @property
    def requirement_names(self) -> tuple[str, ...]:
        """Return the names of the packages that it requires, as the package index has them."""
        matches = map(PIN.fullmatch, self.requirements)
        return tuple(canonical(match["name"]) for match in matches if match)

    def asked(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the paths as this deployment is asked for them: `{views}` in them is filled."""
        return tuple(path.replace("{views}", self.views or "") for path in paths)


class Load(PlanPart):
    """A staircase of load steps, each settled, then measured; or a search for the highest of them.

    Closed: `users`, each of whom asks again only after an answer. Open: Poisson arrivals at
    `rates_rps`, or at `fractions` of the most that the scenario `of` served in the same round.
    `search`: for the highest rate, or the most users, at which the scenario's objective is met.
    """

    users: Users = ()
    rates_rps: Rates = ()
    fractions: Rates = ()
    of: Name | None = None
    search: Quantity | None = None
    clients: Annotated[int, Field(gt=0)] = 512
    """Open: connections that take the arrivals, which wait while all are busy. Search: the most."""
    settle_s: Annotated[float, Field(ge=0)]
    settle_most_s: Annotated[float, Field(ge=0)] = 0
    """How long a step may take to settle while it is not steady; `settle_s` is the least."""
    measure_s: Annotated[float, Field(gt=0)]
    tail_s: Annotated[float, Field(ge=0)] = 1
    """How long the drain may take; requests still in flight then count as unanswered."""
    growth_most_ms: Annotated[float, Field(gt=0)] | None = None
    """Open: what half a minute may add to latency; a step whose requests in flight grow faster, as
    one may be sure, closes early."""
    spawn_rate: Annotated[int, Field(gt=0)] = 1000
    """Users started a second while climbing; nothing is measured meanwhile."""
    processes: Annotated[int, Field(gt=0)] = 1
    """How many processes of Locust share users and arrivals, where one core is not enough."""

    @model_validator(mode="after")
    def _one_kind_of_step(self) -> Self:
        if sum(map(bool, (self.users, self.rates_rps, self.fractions, self.search))) != 1:
            raise ValueError("needs one of users, rates_rps, fractions and search")
        if bool(self.fractions) != bool(self.of):
            raise ValueError("fractions and of (the scenario whose most they are of) go together")
        if self.growth_most_ms and (self.users or self.search):
            raise ValueError("growth_most_ms is of an open load: a search has its objective's")
        return self

    @property
    def model(self) -> Model:
        """Return closed where clients wait for an answer before they ask again, else open."""
        return "closed" if self.users or self.search == "users" else "open"

    @property
    def steps(self) -> tuple[float, ...]:
        """Return the load steps: users, rates or fractions; a search has none of its own."""
        return self.users or self.fractions or self.rates_rps

    @property
    def most_users(self) -> int:
        """Return the highest number of clients."""
        return self.users[-1] if self.users else self.clients

    def of_process(self, users: int) -> int:
        """Return how many of so many clients the fullest process of the generator makes."""
        return ceil(users / self.processes)

    def only(self, steps: Collection[float]) -> Self:
        """Return the same load with only these of its steps."""
        update = {
            name: tuple(step for step in getattr(self, name) if step in steps)
            for name in ("users", "rates_rps", "fractions")
        }
        return self.model_copy(update=update)


PLACEHOLDER = re.compile(r"\{(\w+)\}")
"""Where a path takes a value from a file of words, as loadtests/paths.py reads it."""


class SitePath(PlanPart):
    """One request that clients choose as often as its weight says; a string is its path alone.

    Files of words hold one value a line. Each `{placeholder}` of the path draws from its own file,
    or all from the one that `words` names; relative files are beside the plan.
    """

    path: AbsolutePath
    name: Annotated[str, Field(min_length=1)] | None = None
    """What the figures call it; the path as written where it has none."""
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1
    words: dict[str, PlanPath] = {}
    method: Method = "GET"
    data: str | dict[str, str] | None = None
    """The body: text as it is, a table as a form."""
    body: Annotated[Any, Field(alias="json")] = None
    headers: dict[str, str] = {}
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    """What the path itself must answer; without it any 2xx, redirects followed."""

    @model_validator(mode="before")
    @classmethod
    def _write_out(cls, short: Any) -> Any:
        """Write out a path that is a mere string, and one file of words for all placeholders."""
        if isinstance(short, str):
            return {"path": short}
        if isinstance(short, dict) and isinstance(words := short.get("words"), str):
            names = PLACEHOLDER.findall(str(short.get("path")))
            # Without a placeholder the file has no name, and is refused.
            return short | {"words": dict.fromkeys(names or [""], words)}
        return short

    @model_validator(mode="after")
    def _placeholders_have_words(self) -> Self:
        names = PLACEHOLDER.findall(self.path)
        for name in names:
            if name not in self.words:
                raise ValueError(f"{{{name}}} needs a file of words: words = {{ {name} = 'FILE' }}")
        for name in self.words:
            if name not in names:
                raise ValueError(f"words without a {{{name or 'placeholder'}}} in the path")
        if re.search(r"[{}]", PLACEHOLDER.sub("", self.path)):
            raise ValueError("a brace that is no {placeholder}; write %7B and %7D")
        return self

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if self.data is not None and self.body is not None:
            raise ValueError("data and json are both the body; keep one")
        return self


class Objective(PlanPart):
    """What the answers of a load step have to meet: latencies by percentile, and who may fail."""

    p50_ms: Annotated[float, Field(gt=0)] | None = None
    p95_ms: Annotated[float, Field(gt=0)] | None = None
    p99_ms: Annotated[float, Field(gt=0)] | None = None
    failed_share: Annotated[float, Field(ge=0, lt=1)] = 0.001
    """The share of requests that may fail or stay unanswered."""

    @property
    def limits(self) -> dict[str, float]:
        """Return the limit of each percentile that has one, keyed by its metric, in ms."""
        limits = {
            "latency_p50_ms": self.p50_ms,
            "latency_p95_ms": self.p95_ms,
            "latency_p99_ms": self.p99_ms,
        }
        return {metric: limit for metric, limit in limits.items() if limit is not None}

    @model_validator(mode="after")
    def _limits_a_latency(self) -> Self:
        if not self.limits:
            raise ValueError("limits no latency: p95_ms = 500")
        return self


class Scenario(PlanPart):
    """How clients behave: a locustfile or paths, settings and, where needed, its own staircase."""

    name: Name
    locustfile: PlanPath | None = None
    paths: tuple[SitePath, ...] = ()
    """What clients ask for where there is no locustfile."""
    users: tuple[UserClass, ...] = ()
    """The user classes of the locustfile that run; all where it names none."""
    requirements: PlanPath | None = None
    """A requirements list of packages that the locustfile imports, beside Locust."""
    settings: dict[str, Setting] = {}
    load: Load | None = None
    deployments: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """The deployments that it runs against; all where it names none."""
    only: dict[Name, Annotated[tuple[Rate, ...], Field(min_length=1)]] = {}
    """The steps of its load that a deployment climbs, where those are not all."""
    rounds: dict[Name, Annotated[int, Field(gt=0)]] = {}
    """How many rounds of a run a deployment has, the first ones, where it has not all of them."""
    objective_ms: Annotated[float, Field(gt=0)] | None = None
    """The latency within which an answer counts as served in time."""
    objective: Objective | None = None
    """What has to be met for a load step to count as one that a deployment holds."""
    instructions: UrlPaths = ()
    """The paths, one or a list, whose instructions per request a check counts, in turn.

    `{views}` in them is filled, and `{n}` with a number of its own for each request: what a cache
    answers again and again costs nothing.
    """

    @model_validator(mode="after")
    def _one_behaviour(self) -> Self:
        if bool(self.locustfile) == bool(self.paths):
            raise ValueError("needs one of locustfile and paths")
        for name in ("users", "requirements"):
            if self.paths and getattr(self, name):
                raise ValueError(f"{name} is of a locustfile; paths have none")
        return self

    def climbs(self, deployment: str, step: float) -> bool:
        """Return whether a deployment climbs a step of the load."""
        return step in self.only.get(deployment, (step,))

    def _milliseconds(self, name: str) -> float:
        value = self.settings.get(name, 0)
        return float(value) if isinstance(value, int | float) else 0.0

    @property
    def wait_ms(self) -> float:
        """D: how long every request waits; 0 where the scenario does not say."""
        return self._milliseconds("wait_ms")

    @property
    def think_ms(self) -> float:
        """Z: the mean time a client thinks between two requests."""
        return self._milliseconds("think_ms")

    @property
    def cycle_s(self) -> float:
        """D + Z in seconds: the time from request to request, where the server takes none."""
        return (self.wait_ms + self.think_ms) / 1000


class Upstream(PlanPart):
    """The service that the application calls: how its delays spread around their mean."""

    spread: Literal["constant", "lognormal"] = "constant"
    sigma: Annotated[float, Field(ge=0)] = 0.5
    seed: int = 1


class Database(PlanPart):
    """The PostgreSQL that the application asks, by its DATABASE_URL.

    One of the suite's own for each block, empty until `reset` of the application fills it; where
    DATABASE_URL is set for the suite, the user's.
    """

    max_connections: Annotated[int, Field(gt=0)] = 100
    """The limit of the suite's own; a user's has its own."""


class PlanCores(PlanPart):
    """Which cores serve and which make the load, with upstream, database and the suite itself."""

    server: CoreNumbers
    load: CoreNumbers

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if shared := sorted(set(self.server) & set(self.load)):
            numbers = ", ".join(map(str, shared))
            raise ValueError(f"server and load share core {numbers}; give each cores of its own")
        return self


class Event(PlanPart):
    """What happens to a server while a steady load asks, as in a deployment or a crash.

    Either a signal, or workers that end by themselves, each after its share of so many requests.
    """

    name: Name
    signal: Literal["SIGHUP", "SIGTERM", "SIGKILL"] | None = None
    to: Literal["master", "worker"] = "master"
    """Who gets the signal: the process that was started, or the worker that served last."""
    after_s: Annotated[float, Field(gt=0)] = 2
    """How long the load step has been measured when the signal is sent, about."""
    requests: Annotated[int, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _one_cause(self) -> Self:
        if (self.signal is None) == (self.requests is None):
            raise ValueError("needs one of signal and requests")
        return self


class Machines(PlanPart):
    """Other hosts that take part, reached by OpenSSH; without any all is on this machine."""

    server: SshUrl
    """Where servers run, with what they call; clients ask at the address that ssh reached."""
    load: tuple[SshUrl, ...] = ()
    """Where clients are: so many hosts, each with as many processes as the load says; this machine
    where it names none."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for url in self.load:
            if url == self.server or self.load.count(url) > 1:
                raise ValueError(f"{url} has one part alone; name another host, or none")
        return self

    @property
    def server_name(self) -> str:
        """Return the name of the server's host, without user and port."""
        return re.sub(r"^ssh://([^@]*@)?|:\d+$", "", self.server)


class Plan(PlanPart):
    """One experiment: deployments x scenarios x loads x rounds, in an order drawn from a seed."""

    name: Name
    rounds: Annotated[int, Field(gt=0)] = 1
    seed: int = 1
    application: Application
    upstream: Upstream | None = None
    database: Database | None = None
    deployments: Annotated[tuple[Deployment, ...], Field(min_length=1)]
    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=1)]
    load: Load
    cores: PlanCores | None = None
    """Where it says none, the first core serves, and the others make the load. With machines they
    are those of each of its hosts."""
    events: tuple[Event, ...] = ()
    """What `make deploy-test` does to each server, one event for each start of it."""
    machines: Machines | None = None

    def without(self, names: Collection[str]) -> Self:
        """Return the same plan without some of its deployments."""
        rest = tuple(each for each in self.deployments if each.name not in names)
        return self.model_copy(update={"deployments": rest})

    def against(self, scenario: Scenario) -> tuple[Deployment, ...]:
        """Return the deployments that a scenario runs against, in the order of the plan."""
        names = scenario.deployments
        return tuple(d for d in self.deployments if names is None or d.name in names)

    def rounds_of(self, scenario: Scenario, deployment: Deployment) -> int:
        """Return how many rounds of a scenario a deployment has: its own, else the plan's."""
        return scenario.rounds.get(deployment.name, self.rounds)

    def load_of(self, scenario: Scenario, deployment: Deployment | None = None) -> Load:
        """Return the load of a scenario: its own, else the plan's.

        With a deployment, only the steps that it climbs.
        """
        load = scenario.load or self.load
        if deployment is None:
            return load
        return load.only([step for step in load.steps if scenario.climbs(deployment.name, step)])

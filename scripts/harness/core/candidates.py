"""Servers that may serve an application: variants of a plan's own, and what a model expects. Pure.

Requests of a server take as much with other numbers of workers and threads. So one deployment of
each kind is measured with few users (a template), and the model tells what variants of it hold.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, log2
from typing import Literal

from harness.core.bounds import Bound
from harness.core.closed_network import ClosedNetwork, most_users
from harness.core.errors import BenchError
from harness.core.launch import Launch, program
from harness.core.metrics import METRICS
from harness.core.plan import Deployment, Interface, Objective
from harness.core.server_profiles import GUNICORN, UVICORN, WORKER_CLASS, Setting

THREADS = (16, 64)
"""What many run. T* = 1 + D / S, which fills a core, and twice as many follow from the requests,
a thread for each user from the load."""

ALIKE = 1.25
"""Numbers of threads that differ by less are one candidate."""

MOST_THREADS = 4_096
"""Of one process: each has a stack, and takes its turn at the interpreter's lock."""

KEEP_ALIVE_S = 75
"""What a server gets that would keep idle connections for seconds: as long as nginx keeps them."""

HEADROOM = 2
"""Twice the expected load is held: more is not looked for, and no reason to change a server."""

WORTH = 0.10
"""A gain below that is no reason to change: fresh starts of one server differ by about as much."""

MOST_VERIFIED = 6
"""How many candidates are measured: their rounds fit into ten minutes."""

BEST = 3
"""So many of the best that are expected, and then their neighbours."""

MISFIT = 0.25
"""A model that is further off than this in throughput does not even rank servers."""

Kind = Literal["threads", "loop", "as it is"]


@dataclass(frozen=True, slots=True)
class Template:
    """A deployment that is measured for all of its kind.

    Of `threads` and of a `loop` there are variants: with more workers, and more threads in each.
    """

    deployment: Deployment
    launch: Launch
    kind: Kind

    @property
    def key(self) -> tuple[object, ...]:
        """Return what is the same for deployments of which one is enough."""
        if self.launch.profile is GUNICORN and self.kind != "as it is":
            return ("gunicorn", self.kind)
        environment = tuple(sorted(self.deployment.environment.items()))
        return (self.launch.with_one_worker(), self.deployment.views, environment)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server that may be recommended; `threads` is None where nothing limits its requests."""

    deployment: Deployment
    template: str
    workers: int | None
    threads: int | None

    @property
    def name(self) -> str:
        """Return the name of its deployment."""
        return self.deployment.name

    @property
    def kind(self) -> tuple[Interface, bool]:
        """Return what its forecast may be compared within: interface, and threads or none."""
        return self.deployment.interface, self.threads is not None

    @property
    def size(self) -> tuple[str, int | None, int | None]:
        """Return what tells it from other variants."""
        return self.template, self.workers, self.threads


@dataclass(frozen=True, slots=True)
class Demand:
    """What a request takes behind one deployment: D, S and Z of `system`, measured with few users.

    `alone_ms` has the percentiles of an objective with the fewest users that tell them, keyed by
    metric. `tells_wait` is whether wait and CPU time can be told apart. `error` is how far the
    model is off the throughput of another load step, None where there is none to judge by.
    """

    deployment: str
    system: Bound
    alone_ms: dict[str, float]
    tells_wait: bool = True
    error: float | None = None

    @property
    def fits(self) -> bool:
        """Return whether the model tells what servers hold."""
        return self.error is None or abs(self.error) <= MISFIT


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many users a candidate is expected to hold at the objective; None without a model."""

    candidate: Candidate
    users: int | None


def as_it_is(deployment: Deployment, launch: Launch) -> Template:
    """Return a deployment of a plan as a template of its own kind."""
    return Template(deployment, launch, _kind(deployment, launch))


def templates(plan: Sequence[Template], users: int) -> tuple[Template, ...]:
    """Return what is measured with few users, by the deployments of a plan, what there is first.

    It is one of each kind: Gunicorn with a thread for each of the `users`, Gunicorn with greenlets
    (gevent), each Uvicorn that differs in more than its workers, and what there is where it is
    another one. Raise BenchError without Gunicorn and Uvicorn.
    """
    made = (*_of_gunicorn(plan, users), *_of_uvicorn(plan))
    if not made:
        raise BenchError(
            "deployments: neither Gunicorn with {wsgi} nor Uvicorn with {asgi} is among them; add "
            "one, as `make init` writes them"
        )
    other = plan[:1] if plan[0].kind == "as it is" else ()
    by_key = {each.key: each for each in reversed((*other, *made))}
    return tuple(each for each in (*other, *made) if by_key[each.key] is each)


def candidates(
    current: Template,
    templates: Sequence[Template],
    demands: Mapping[str, Demand],
    cores: int,
    users: int,
) -> tuple[Candidate, ...]:
    """Return what there is, then each template with other numbers of workers and threads.

    `demands` are keyed by the names of templates. `cores` is the most workers, `users` the load
    that is expected: a server needs as many connections.
    """
    own = next(each for each in templates if each.key == current.key)
    threads = current.launch.threads if current.deployment.slots else None
    name = own.deployment.name
    first = Candidate(current.deployment, name, current.launch.workers, threads)
    by_size = {first.size: first}
    for template in templates:
        demand = demands.get(template.deployment.name)
        for each in _variants(template, demand, cores, users):
            unique = each if each.name != first.name else _renamed(each)
            by_size.setdefault(each.size, unique)
    return tuple(by_size.values())


def forecasts(
    candidates: Iterable[Candidate],
    demands: Mapping[str, Demand],
    objective: Objective,
    cores: int,
    users: int,
) -> tuple[Forecast, ...]:
    """Return what each candidate is expected to hold, up to HEADROOM times the expected users."""
    return tuple(
        Forecast(each, _reach(each, demands.get(each.template), objective, cores, HEADROOM * users))
        for each in candidates
    )


def chosen(forecasts: Sequence[Forecast]) -> tuple[Candidate, ...]:
    """Return the candidates to measure, what there is now first.

    After it comes the best that is expected of each kind (threads, greenlets, event loops): the
    best of all, that of the other interface, the rest; of threads the fewest that may hold as much,
    as far as forecasts tell. Then come as many threads as are expected to hold most, one of each
    template of which nothing is expected, what is best after these, and the neighbours of the best
    by threads.
    """
    ranked = _ranked(forecasts)
    best = ranked[:BEST]
    neighbours = [near for each in best for near in _neighbours(each, ranked)]
    unforeseen = tuple(_unforeseen(forecasts))
    kinds = _best_of_kinds(forecasts, ranked, unforeseen)
    order = (
        forecasts[0].candidate,
        *(_fewest(each, forecasts) for each in kinds),
        *kinds,
        *unforeseen,
        *best,
        *neighbours,
    )
    by_name = {each.name: each for each in reversed(order)}
    return tuple(sorted(by_name.values(), key=order.index))[:MOST_VERIFIED]


def _best_of_kinds(
    forecasts: Iterable[Forecast], ranked: Sequence[Candidate], unforeseen: Sequence[Candidate]
) -> tuple[Candidate, ...]:
    """Return the best of each kind, first that of the best of all, then the other interface's.

    All are measured, as S of one start does not rank kinds: from start to start it differs by more
    than what they hold does. Of a kind without a forecast, one that is `unforeseen` stands for it.
    """
    by_kind: dict[tuple[Interface, bool], list[Forecast]] = {}
    for each in forecasts:
        if each.users is not None or each.candidate in unforeseen:
            by_kind.setdefault(each.candidate.kind, []).append(each)
    bests = (_ranked(kind)[0] for kind in by_kind.values())
    first, *rest = sorted(bests, key=ranked.index)
    interface = first.deployment.interface
    return first, *sorted(rest, key=lambda each: each.deployment.interface == interface)


def _fewest(candidate: Candidate, forecasts: Iterable[Forecast]) -> Candidate:
    """Return the variant with the fewest threads whose forecast is within MISFIT of a candidate's.

    T* follows S, which the machine's pace changes from one advice to the next: 256 threads today
    and 512 tomorrow, where both hold the same. Without a forecast it is the candidate itself.
    """
    sizes = [
        each
        for each in forecasts
        if each.candidate.template == candidate.template
        and each.candidate.workers == candidate.workers
    ]
    own = next(each.users for each in sizes if each.candidate is candidate)
    if not own:
        return candidate
    alike = (each.candidate for each in sizes if (each.users or 0) >= (1 - MISFIT) * own)
    return min(alike, key=lambda each: each.threads or 0)


def _ranked(forecasts: Sequence[Forecast]) -> list[Candidate]:
    """Return candidates by what is expected of them, those level with the best in their order."""
    level = (1 - WORTH) * max(each.users or 0 for each in forecasts)
    by_users = sorted(forecasts, key=lambda each: -min(each.users or 0, level))
    return [each.candidate for each in by_users]


def _unforeseen(forecasts: Iterable[Forecast]) -> Iterator[Candidate]:
    """Yield one of each template that has no forecast: measurement alone can tell what it holds.

    It has one worker, and of several numbers of threads the most.
    """
    by_template: dict[str, list[Candidate]] = {}
    for each in forecasts:
        if each.users is None:
            by_template.setdefault(each.candidate.template, []).append(each.candidate)
    for variants in by_template.values():
        yield max(variants, key=lambda each: (-(each.workers or 1), each.threads or 0))


def _kind(deployment: Deployment, launch: Launch) -> Kind:
    if launch.profile is GUNICORN and deployment.interface == "wsgi":
        by_class: dict[str | None, Kind] = {"gthread": "threads", "gevent": "loop"}
        if (launch.threads or 1) > 1:  # with which Gunicorn makes a sync worker one of threads
            by_class["sync"] = "threads"
        return by_class.get(launch.value(WORKER_CLASS), "as it is")
    return "loop" if launch.profile is UVICORN else "as it is"


def _of_gunicorn(plan: Iterable[Template], users: int) -> Iterator[Template]:
    """Yield one with threads, and one with greenlets, of the first Gunicorn: that with threads."""
    servers = [
        each
        for each in plan
        if each.launch.profile is GUNICORN and each.deployment.interface == "wsgi"
    ]
    if servers:
        base = min(servers, key=lambda each: each.kind != "threads")
        for_each = min(2 ** ceil(log2(max(users, THREADS[-1]))), MOST_THREADS)
        yield _made(base, "threads", for_each, users)
        yield _made(base, "loop", None, users)


def _of_uvicorn(plan: Iterable[Template]) -> Iterator[Template]:
    for each in plan:
        if each.launch.profile is UVICORN:
            words = each.launch.with_one_worker()
            deployment = each.deployment.model_copy(update={"command": words})
            yield Template(deployment, replace(each.launch, program=program(words)), "loop")


def _made(base: Template, kind: Kind, threads: int | None, users: int) -> Template:
    """Return Gunicorn with one worker and so many threads, with greenlets where it has none.

    It keeps a connection for each of the users.
    """
    server = "gthread" if threads else "gevent"
    numbers = _numbers(base.launch, 1, threads or 1, users)
    words = base.launch.with_values({WORKER_CLASS: server, **numbers})
    update = {
        "name": f"gthread-{threads}" if threads else server,
        "slots": threads,
        "keep_alive": True,
        "command": words,
    }
    deployment = base.deployment.model_copy(update=update)
    return Template(deployment, replace(base.launch, program=program(words)), kind)


def _numbers(
    launch: Launch, workers: int, threads: int | None, users: int
) -> dict[Setting, int | str]:
    """Return the settings of so many workers and threads, with what a command line should show."""
    profile = launch.profile
    assert profile and profile.workers
    numbers: dict[Setting, int | str] = {profile.workers: workers}
    if profile.threads and threads:
        numbers[profile.threads] = threads
    if profile.keep_alive:
        value = launch.value(profile.keep_alive)
        short = value == profile.keep_alive.default
        numbers[profile.keep_alive] = KEEP_ALIVE_S if short or value is None else value
    if profile.connections:
        least = HEADROOM * users + (threads or 0)
        value = launch.value(profile.connections)
        numbers[profile.connections] = max(int(value or 0), least)
    numbers[profile.backlog] = launch.backlog or profile.backlog.default or 0
    return numbers


def _renamed(candidate: Candidate) -> Candidate:
    """Return a candidate by another name than that of what there is."""
    name = f"{candidate.name}-{candidate.workers}w"
    return replace(candidate, deployment=candidate.deployment.model_copy(update={"name": name}))


def _variants(
    template: Template, demand: Demand | None, cores: int, users: int
) -> Iterator[Candidate]:
    """Yield a template with up to a worker for each core, and with all numbers of threads."""
    if template.kind == "as it is":
        return
    numbers = _threads(template, demand) if template.kind == "threads" else (None,)
    for workers in range(1, cores + 1):
        for threads in numbers:
            yield _variant(template, workers, threads, users)


def _variant(template: Template, workers: int, threads: int | None, users: int) -> Candidate:
    deployment, launch = template.deployment, template.launch
    server = f"gthread-{workers}x{threads}" if threads else f"{deployment.name}-{workers}-workers"
    alone = f"gthread-{threads}" if threads else deployment.name
    update = {
        "name": alone if workers == 1 else server,
        "slots": threads and workers * threads,
        "command": launch.with_values(_numbers(launch, workers, threads, users)),
    }
    return Candidate(deployment.model_copy(update=update), deployment.name, workers, threads)


def _threads(template: Template, demand: Demand | None) -> tuple[int, ...]:
    """Return the numbers of threads to consider, from few to many, none like another.

    S differs from start to start, so T* is known to the nearest power of two at best.
    """
    numbers = {*THREADS, template.deployment.slots or THREADS[-1]}
    if demand and demand.system.useful_slots:
        full = min(2 ** round(log2(demand.system.useful_slots)), MOST_THREADS // 2)
        numbers |= {full, 2 * full}
    kept: list[int] = []
    for threads in sorted(numbers):
        if not kept or threads >= ALIKE * kept[-1]:
            kept.append(threads)
    return tuple(kept)


def _reach(
    candidate: Candidate, demand: Demand | None, objective: Objective, cores: int, most: int
) -> int | None:
    """Return up to how many users the model expects a candidate to meet the objective.

    What a percentile is with few users is what requests differ by; the queue comes on top of it.
    """
    if demand is None or not demand.fits:
        return None
    usable = min(cores, candidate.workers or cores)
    system = replace(demand.system, slots=candidate.deployment.slots, cores=usable)
    network = ClosedNetwork(system, most)

    def meets(users: int) -> bool:
        for metric, limit_ms in objective.limits.items():
            quantile = METRICS[metric].quantile
            assert quantile
            queue_ms = network.percentile_ms(users, quantile.share) - network.alone_ms
            if demand.alone_ms.get(metric, network.alone_ms) + queue_ms > limit_ms:
                return False
        return True

    return most_users(meets, most)


def _neighbours(candidate: Candidate, others: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield the candidates with the next fewer and the next more threads in as many workers."""
    if candidate.threads is None:
        return
    row = sorted(
        (
            each
            for each in others
            if each.threads is not None
            and (each.template, each.workers) == (candidate.template, candidate.workers)
        ),
        key=lambda each: each.threads or 0,
    )
    at = row.index(candidate)
    yield from row[max(0, at - 1) : at]
    yield from row[at + 1 : at + 2]

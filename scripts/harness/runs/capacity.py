"""Search for the highest load that each deployment holds, by trials on fresh servers.

A run has a search for each deployment of a scenario whose load is one; `make capacity` searches in
place of any load, where the scenario states an objective.

Every pass takes one trial of each search that has not ended, in an order of its own: what changes
on the machine meets all of them. A trial is a block of one load step, carried out, judged and
stored like any other; a search that was stopped is told the stored ones again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from random import Random

from harness.core import plan_file, schedule
from harness.core.capacity import Probe, Scope, Search
from harness.core.errors import BenchError
from harness.core.gate import GateName
from harness.core.holding import Holding, Outcome, SearchTrial
from harness.core.metrics import METRICS
from harness.core.plan import Deployment, Load, Model, Objective, Plan, Quantity, Scenario
from harness.core.record import Record
from harness.core.trial import Block
from harness.host.locustfiles import asks_by_requests
from harness.measure.envelope import Envelope
from harness.rig.places import Place
from harness.runs import execute
from harness.runs.facts import RunFacts
from harness.runs.objectives import meets
from harness.runs.store import Run

# What a load step takes: a fresh server settles, and then five seconds tell most loads apart.
SETTLE_S, SETTLE_MOST_S, MEASURE_S = 1.0, 2.0, 5.0

# What waits for long settles for so many of its waits, and is measured for so many.
SETTLE_WAITS, MEASURE_WAITS = 1.5, 3.0

# As long as this for the requests that a percentile needs, times what chance may leave out.
MOST_MEASURE_S, SPARE = 20.0, 1.15

# An answer is waited for as long as so many times the objective: late, it is still no failure.
TAIL_LIMITS = 4.0

# An arrival needs a client that is free. So many of those that the objective lets be in flight.
CLIENTS_SPARE, LEAST_CLIENTS, MOST_CLIENTS = 1.5, 32, 1024

FIRST_RPS, MOST_RPS = 100.0, 4000.0
FIRST_USERS = 16

# Beyond this share of what was calibrated, chance alone may bring a trial out of it.
WITHIN_ENVELOPE = 0.95

# A search takes about eleven trials, as long as so many whole ones: overloaded ones close early.
# For the estimate alone.
USUAL_TRIALS = 9

# What these flag is the measurement. What all others flag, an overloaded server does: such a trial
# may miss an objective, but it cannot meet one.
OF_THE_MEASUREMENT = frozenset(
    {
        GateName.TASKS,
        GateName.FLOOR,
        GateName.CONSERVATION,
        GateName.GENERATOR,
        GateName.ENVELOPE,
        GateName.HOST,
        GateName.FAILED,
        GateName.UNKNOWN,
    }
)


@dataclass(frozen=True, slots=True)
class Target:
    """One deployment under one scenario, whose capacity is searched as its load says.

    No load step is shorter than those of the load.
    """

    deployment: Deployment
    scenario: Scenario
    objective: Objective
    load: Load
    scope: Scope

    @property
    def model(self) -> Model:
        """Return whether users are searched (closed) or a rate of arrivals (open)."""
        return self.load.model

    @property
    def limit_s(self) -> float:
        """Return the longest latency that the objective allows, in seconds."""
        return max(self.objective.limits.values()) / 1000

    @property
    def key(self) -> tuple[str, str]:
        """Return deployment and scenario by name: no two targets of a search share them."""
        return self.deployment.name, self.scenario.name

    def block(self, load: float, number: int) -> Block:
        """Return the block of its trial of a number at a load."""
        return Block(self.deployment, self.scenario, self._step(load), number)

    def _step(self, load: float) -> Load:
        """Return one load step, long enough to judge the objective in it."""
        wait_s = self.scenario.wait_ms / 1000
        closed = self.model == "closed"
        # From idle to what the objective allows, the cycle of a user is somewhere between.
        cycle_s = (self.scenario.cycle_s + self.limit_s) / 2
        rate_rps = load / cycle_s if closed else load
        needed_s = SPARE * least_requests(self.objective) / rate_rps
        least = self.load
        step = {
            "search": None,
            "users": (int(load),) if closed else (),
            "rates_rps": () if closed else (load,),
            "clients": min(least.clients, clients(load, self.limit_s)),
            "settle_s": max(least.settle_s, SETTLE_WAITS * wait_s),
            "settle_most_s": max(least.settle_most_s, SETTLE_WAITS * wait_s),
            "measure_s": max(
                least.measure_s, MEASURE_WAITS * wait_s, min(needed_s, MOST_MEASURE_S)
            ),
            "tail_s": max(least.tail_s, TAIL_LIMITS * self.limit_s),
            "growth_most_ms": None if closed else 1000 * self.limit_s,
        }
        return least.model_copy(update=step)


def clients(rate_rps: float, limit_s: float) -> int:
    """Return how many clients take the arrivals of a rate within an objective."""
    return LEAST_CLIENTS + ceil(CLIENTS_SPARE * rate_rps * limit_s)


def least_requests(objective: Objective) -> int:
    """Return how many requests the percentiles of an objective need."""
    quantiles = (METRICS[name].quantile for name in objective.limits)
    return max(quantile.least for quantile in quantiles if quantile)


def check(path: Path) -> None:
    """Raise BenchError where no scenario of a plan states an objective."""
    plan, _ = plan_file.read(path)
    if not any(scenario.objective for scenario in plan.scenarios):
        raise BenchError(
            f"{path}: no scenario states what has to be met; add objective = {{ p95_ms = 500 }}"
        )


def targets(plan: Plan, facts: RunFacts) -> tuple[Target, ...]:
    """Return a target for each deployment of each scenario of a run whose load is a search."""
    searches = ((scenario, plan.load_of(scenario)) for scenario in plan.scenarios)
    return tuple(
        each
        for scenario, load in searches
        if load.search
        for each in _targets(plan, scenario, load, facts)
    )


def all_targets(
    plan: Plan, facts: RunFacts, quantity: Quantity | None = None
) -> tuple[Target, ...]:
    """Return a target for each deployment of each scenario of a run that states an objective.

    They search a `quantity`: by default that of the plan's own search, else the rate.
    """
    return tuple(
        each
        for scenario in plan.scenarios
        if scenario.objective
        for each in _targets(plan, scenario, in_place_of(plan.load_of(scenario), quantity), facts)
    )


def _targets(plan: Plan, scenario: Scenario, search: Load, facts: RunFacts) -> Iterator[Target]:
    """Yield the targets of a scenario; they begin at the lowest step of its load, if that fits."""
    load = plan.load_of(scenario)
    fits = search.model == load.model and load.steps and not load.fractions
    envelope = facts.envelope(asks_by_requests(scenario))
    for deployment in plan.against(scenario):
        yield target(deployment, scenario, search, envelope, load.steps[0] if fits else None)


def in_place_of(load: Load, quantity: Quantity | None) -> Load:
    """Return the search that takes the place of a load: itself, where it is one, else the usual."""
    if load.search:
        return load.model_copy(update={"search": quantity or load.search})
    return Load(
        search=quantity or "rate",
        clients=MOST_CLIENTS,
        settle_s=SETTLE_S,
        settle_most_s=SETTLE_MOST_S,
        measure_s=MEASURE_S,
        processes=load.processes,
    )


def target(
    deployment: Deployment,
    scenario: Scenario,
    search: Load,
    envelope: Envelope | None = None,
    first: float | None = None,
) -> Target:
    """Return the target of one deployment, whose search begins at `first`, where that is expected.

    The scenario has an objective; `envelope` is the calibration, which limits the rates.
    """
    objective = scenario.objective
    assert objective
    users = Scope(min(FIRST_USERS, search.clients), 1, search.clients, whole=True)
    scope = _rates(objective, envelope) if search.model == "open" else users
    begin = scope.at(first or scope.first)
    return Target(deployment, scenario, objective, search, replace(scope, first=begin))


def _rates(objective: Objective, envelope: Envelope | None) -> Scope:
    """Return the rates that are measured: enough for a percentile, within the calibrated ones.

    All in three digits, so that the loads of a search that goes on are those in trials.csv.
    """
    lowest = least_requests(objective) * SPARE / MOST_MEASURE_S
    calibrated_rps = WITHIN_ENVELOPE * envelope.rate_rps if envelope else 0.0
    highest = max(lowest, min(MOST_RPS, calibrated_rps or MOST_RPS))
    lowest, highest = (float(f"{rate_rps:.3g}") for rate_rps in (lowest, highest))
    return Scope(min(max(FIRST_RPS, lowest), highest), lowest, highest)


def seconds_of(searched: Iterable[Target]) -> float:
    """Return about how long the searches take together."""
    return sum(
        USUAL_TRIALS * schedule.block_seconds(each.block(each.scope.first, 1)) for each in searched
    )


def carry_out(
    run: Run,
    searched: Sequence[Target],
    place: Place,
    sources: int = 1,
) -> Iterator[Record]:
    """Yield the record of each trial, once it is on disk, until every search has ended.

    Of each target the run has no other trials than those of its search. Arguments and errors are
    those of harness.runs.execute.carry_out.
    """
    records = list(run.records())
    _check_model(run, searched, records)
    while blocks := [block for each in searched if (block := next_block(each, records))]:
        order = Random(f"{run.plan.seed} {len(records)}")
        shuffled = order.sample(blocks, len(blocks))
        for record in execute.carry_out(run, shuffled, place, sources):
            records.append(record)
            yield record


def unfinished(run: Run, records: Sequence[Record]) -> tuple[Target, ...]:
    """Return the targets of a run's own searches that have not come to their end."""
    return tuple(each for each in targets(run.plan, run.facts) if next_block(each, records))


def next_block(target: Target, records: Iterable[Record]) -> Block | None:
    """Return the block of a target's next trial; None where its search has ended."""
    search = _search(target, records)
    load = search.next_load
    return target.block(load, len(search.probes) + 1) if load else None


def _check_model(run: Run, searched: Sequence[Target], records: Sequence[Record]) -> None:
    """Raise BenchError where a run has searched by another model of load before."""
    for target in searched:
        if any(each.trial.model != target.model for each in _records_of(target, records)):
            raise BenchError(
                f"run {run.name} has searched by another model of load; name a new run"
            )


def holdings(searched: Iterable[Target], records: Sequence[Record]) -> tuple[Holding, ...]:
    """Return what the trials of a run come to, for each target that has any."""
    each = (_holding(target, records) for target in searched)
    return tuple(holding for holding in each if holding.trials)


def _holding(target: Target, records: Sequence[Record]) -> Holding:
    own = _records_of(target, records)
    search = _search(target, own)
    trials = (_trial(target, *pair) for pair in zip(search.probes, own, strict=True))
    scenario = target.scenario
    return Holding(
        scenario=scenario.name,
        deployment=target.deployment.name,
        interface=target.deployment.interface,
        slots=target.deployment.slots,
        model=target.model,
        objective=target.objective,
        wait_ms=scenario.wait_ms if "wait_ms" in scenario.settings else None,
        capacity=search.capacity,
        trials=tuple(trials),
    )


def _trial(target: Target, probe: Probe, record: Record) -> SearchTrial:
    measurement = record.measurement
    return SearchTrial(
        load=probe.load,
        outcome=probe.outcome,
        hint=probe.hint,
        latencies_ms={name: getattr(measurement, name) for name in target.objective.limits},
        cpu_ms=measurement.server_cpu_ms_per_request,
        memory_mib=record.extra.server_pss_mib,
        flags=tuple((str(doubt.gate), doubt.reason) for doubt in record.doubts),
    )


def _search(target: Target, records: Iterable[Record]) -> Search:
    return Search(target.scope, (probe(target, each) for each in _records_of(target, records)))


def _records_of(target: Target, records: Iterable[Record]) -> tuple[Record, ...]:
    """Return the trials of a target, in the order in which they took place."""
    its_own = (r for r in records if (r.trial.deployment, r.trial.scenario) == target.key)
    return tuple(sorted(its_own, key=lambda record: record.trial.round))


def probe(target: Target, record: Record) -> Probe:
    """Return what a trial says of its load."""
    return Probe(record.trial.step, outcome(target.objective, record), _hint(target, record))


def outcome(objective: Objective, record: Record) -> Outcome:
    """Return whether a trial met an objective; one that cannot be trusted says nothing.

    A load step that grew was not held, however late its queue would have reached the objective.
    """
    flags = {doubt.gate for doubt in record.doubts}
    if flags & OF_THE_MEASUREMENT:
        return Outcome.VOID
    met = meets(record, objective)
    if met is False or record.extra.grew:
        return Outcome.MISSED
    return Outcome.MET if met and not flags else Outcome.VOID


def _hint(target: Target, record: Record) -> float | None:
    """Return which load the answers of a trial would allow: their rate, or its users (Little)."""
    rate_rps = record.measurement.throughput_rps
    if rate_rps is None or target.model == "open":
        return rate_rps
    return rate_rps * (target.limit_s + target.scenario.think_ms / 1000)

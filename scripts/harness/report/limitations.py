"""Say what a run does not show, what is not the same on both sides, and what is missing. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from harness.core import gate, units
from harness.core.labels import load
from harness.core.plan import Deployment, Plan
from harness.core.record import Record
from harness.core.schedule import blocks
from harness.core.statistics import MARGIN, MIN_ROUNDS_FOR_INTERVAL, P99, kind
from harness.core.summary import Sample
from harness.core.trial import Block, Trial

# Clients that keep their connection open one each; a server that closes it after every answer
# makes one per request. Only ten requests a client tell the two apart, and nine in ten connections
# leave room for the few that were opened before the plateau began.
REQUESTS_PER_CLIENT, WITHOUT_KEEP_ALIVE = 10, 0.9

LOOPBACK = "Clients reach the server over loopback: no network delay, no loss, no TLS."
CLOSED_LOOP = (
    "Closed loop: a client sends its next request only after an answer, so while the server "
    "stalls nothing new arrives and latency under-reports the stall."
)
OPEN_LOOP = (
    "Open loop: each deployment has its own rates, fractions of what it could serve itself; "
    "latencies at the same fraction are not latencies at the same rate."
)
EQUAL = (
    f"Ratios within {units.significant(100 * MARGIN, 1)}% of 1 are called equal, and so are "
    "throughputs that differ by no more than the chance in counting so few requests explains; "
    "between the loads and above the highest nothing was measured."
)
SLOW = "what builds up over hours, such as a leak, does not show."
BEST = (
    "Each interface is represented by its deployment with the highest throughput over rounds; "
    "another command line, application or wait may rank otherwise."
)
RARE = (
    f"p99 is empty where a round had fewer than {P99.least} requests: "
    "it would be the accident of a few."
)


def limits(plan: Plan, machine: dict[str, str], samples: Sequence[Sample]) -> tuple[str, ...]:
    """List what the numbers do not show, as far as the run itself tells."""
    cores = int(machine.get("server_cores", "1"))
    served = "1 core" if cores == 1 else f"{cores} cores"
    longest = max(block.open_s for block in blocks(plan))
    said = (
        f"One machine, the server on {served}: other hardware, or more cores, may rank otherwise.",
        LOOPBACK,
        *_loops(plan),
        *_crowded(plan, machine),
        _rounds(plan.rounds),
        EQUAL,
        f"Each load was measured for {units.seconds(longest)} at most: {SLOW}",
        BEST,
    )
    return (*said, RARE) if _lacks_p99(samples) else said


def unequal(plan: Plan, samples: Sequence[Sample]) -> tuple[str, ...]:
    """List what differs between the deployments apart from the interface."""
    servers = plan.deployments
    slots = {d.name: units.count(d.slots) if d.slots else "unbounded" for d in servers}
    views = {d.name: str(d.views) for d in servers}
    return (
        *_differing("Slots", slots),
        *_differing("Views", views),
        *_reconnecting(samples),
        *_differing("Environment", {d.name: _environment(d) for d in servers}),
        *_commands(servers),
    )


def holes(plan: Plan, records: Iterable[Record]) -> tuple[str, ...]:
    """Name every trial of the plan that has no record or failed, with what its doubts say."""
    found = {record.trial.slug: record for record in records}
    said = ((trial, _hole(found.get(trial.slug))) for trial in _trials(plan))
    return tuple(f"{_words(trial)}: {why}" for trial, why in said if why)


def _rounds(rounds: int) -> str:
    if rounds == 1:
        return "One round: no difference can be told from chance, so every comparison is undecided."
    if kind(rounds) == "interval":
        return (
            f"{units.count(rounds)} rounds: by chance alone, the 95% interval of a ratio of equal "
            "deployments leaves out 1 at about one load in 20, and lies beyond the margin as well "
            f"at fewer. Where under {MIN_ROUNDS_FOR_INTERVAL} rounds were measured, a range is "
            "shown, which is no confidence interval."
        )
    # Equal deployments are on the same side of 1 in all n rounds with a chance of 2 x (1/2)^n.
    return (
        f"{units.count(rounds)} rounds: the range from the lowest to the highest is shown, which "
        "is no confidence interval; by chance alone, equal deployments that differ by more than "
        f"the margin in each round come out as different at up to one load in "
        f"{units.count(2 ** (rounds - 1))}."
    )


def _loops(plan: Plan) -> tuple[str, ...]:
    models = {plan.load_of(scenario).model for scenario in plan.scenarios}
    said = {"closed": CLOSED_LOOP, "open": OPEN_LOOP}
    return tuple(text for model, text in said.items() if model in models)


def _crowded(plan: Plan, machine: dict[str, str]) -> tuple[str, ...]:
    """Tell of more processes of Locust than cores for them."""
    most = max(plan.load_of(scenario).processes for scenario in plan.scenarios)
    everything, served = (int(machine.get(name, "1")) for name in ("cores", "server_cores"))
    cores = max(1, everything - served)
    if most <= cores:
        return ()
    shared = "1 core" if cores == 1 else f"{cores} cores"
    return (
        f"{most} processes of Locust shared {shared}: more of them than cores give no more time, "
        "and each waits while another runs.",
    )


def _lacks_p99(samples: Iterable[Sample]) -> bool:
    measured = (sample for sample in samples if "latency_p50_ms" in sample.metrics)
    return any("latency_p99_ms" not in sample.metrics for sample in measured)


def _differing(what: str, by_deployment: dict[str, str]) -> tuple[str, ...]:
    values = dict.fromkeys(by_deployment.values())
    if len(values) < 2:
        return ()
    groups = (
        f"{value or 'none'} ({', '.join(n for n, v in by_deployment.items() if v == value)})"
        for value in values
    )
    return (f"{what}: {'; '.join(groups)}.",)


def _commands(servers: Iterable[Deployment]) -> tuple[str, ...]:
    by_command: dict[str, list[str]] = {}
    for server in servers:
        by_command.setdefault(" ".join(server.command), []).append(server.name)
    if len(by_command) < 2:
        return ()
    return tuple(f"Command of {', '.join(who)}: `{what}`" for what, who in by_command.items())


def _environment(deployment: Deployment) -> str:
    return " ".join(f"{key}={value}" for key, value in sorted(deployment.environment.items()))


def _reconnecting(samples: Iterable[Sample]) -> tuple[str, ...]:
    requests: dict[str, float] = {}
    opened: dict[str, float] = {}
    for sample in samples:
        made, connections = (sample.metrics.get(m) for m in ("requests", "connections_opened"))
        if made and connections and made.middle >= REQUESTS_PER_CLIENT * sample.users:
            requests[sample.deployment] = requests.get(sample.deployment, 0) + made.middle
            opened[sample.deployment] = opened.get(sample.deployment, 0) + connections.middle
    named = [d for d, many in requests.items() if opened[d] >= WITHOUT_KEEP_ALIVE * many]
    if not named or len(named) == len(requests):
        return ()
    return (f"Keep-alive: {', '.join(named)} opened about one connection per request.",)


def _trials(plan: Plan) -> Iterator[Trial]:
    for scenario in plan.scenarios:
        for deployment in plan.against(scenario):
            for number in range(1, plan.rounds + 1):
                load = plan.load_of(scenario, deployment)
                yield from Block(deployment, scenario, load, number).trials


def _hole(record: Record | None) -> str:
    if record is None:
        return "no record"
    if record.measurement.requests is not None:
        return ""
    return gate.as_text(record.doubts) or str(gate.GateName.FAILED)


def _words(trial: Trial) -> str:
    cell = f"`{trial.scenario}`, {trial.deployment}, {load(trial)}"
    return f"{cell}, round {trial.round}"

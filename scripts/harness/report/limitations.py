"""What a run does not show, what else differs between deployments, what is missing. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from harness.core import command, gate, likeness, units
from harness.core.labels import load
from harness.core.plan import Deployment, Plan
from harness.core.record import Record
from harness.core.schedule import blocks
from harness.core.statistics import MIN_ROUNDS_FOR_INTERVAL, P99, kind
from harness.core.summary import NAMES, Comparison, Sample
from harness.core.trial import Block, Trial
from harness.report.wording import MARGIN_TEXT

# Clients that keep their connection open one each; a server that closes it after every answer
# makes one per request. Only ten requests a client tell the two apart, and nine in ten connections
# leave room for the few that were opened before the load step began.
REQUESTS_PER_CLIENT, WITHOUT_KEEP_ALIVE = 10, 0.9

NETWORK = (
    "Clients reach the server over the network between their hosts: its delay and its losses are "
    "part of every latency, and its limit is one of throughput."
)
LOOPBACK = "Clients reach the server over loopback: no network delay, no loss, no TLS."
LOOPBACK_ENCRYPTED = (
    "Clients reach the server over loopback, {encrypted} by TLS or QUIC: no network delay, and "
    "nothing is lost but what finds a buffer full."
)
CLOSED_LOOP = (
    "Closed loop: a client sends its next request only after an answer. While the server stalls, "
    "nothing new arrives, so latency under-reports the stall."
)
OPEN_LOOP = (
    "Open loop: each deployment has its own rates, fractions of its own capacity. Latencies at "
    "the same fraction are not latencies at the same rate."
)
BETWEEN = "Nothing was measured between the loads or above the highest."
SLOW = "what builds up over hours, such as a leak, does not show."
BEST = (
    "A sentence names the best deployment of each interface by what it speaks of, of several that "
    "are level the first of the plan; the tables compare all. Another command line, application or "
    "wait may rank them differently."
)
SEARCHED = (
    "A search measures each load for seconds: a queue that takes a minute to grow does not show, "
    "so what is held for long is rather less than more."
)
RARE = f"p99 is empty where a round had fewer than {P99.least} requests: a few would decide it."


def limits(
    plan: Plan,
    machine: dict[str, str],
    samples: Sequence[Sample],
    comparisons: Sequence[Comparison] = (),
) -> tuple[str, ...]:
    """Return what the numbers do not show, as far as the run itself can say."""
    server = _cores(int(machine.get("server_cores", "1")))
    texts = (
        f"One {'host' if plan.machines else 'machine'}, the server on {server}: other hardware, or "
        "more cores, may rank the deployments differently.",
        NETWORK if plan.machines else _loopback(plan),
        *_loops(plan),
        *_crowded(plan, machine),
        *_climbs(plan, comparisons),
        *([SEARCHED] if any(plan.load_of(each).search for each in plan.scenarios) else []),
        BEST,
    )
    return (*texts, RARE) if _lacks_p99(samples) else texts


def _loopback(plan: Plan) -> str:
    """Return how clients reach the servers, and which of them by an encrypted connection."""
    encrypted = [server.name for server in plan.deployments if command.is_encrypted(server)]
    return LOOPBACK_ENCRYPTED.format(encrypted=", ".join(encrypted)) if encrypted else LOOPBACK


def _climbs(plan: Plan, comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """Return what staircases and their rounds do not show; nothing where all loads are searched."""
    steps_s = [block.open_s for block in blocks(plan)]
    if not steps_s:
        return ()
    return (
        _rounds(plan.rounds) + _lost_rounds(plan, comparisons),
        _equality(plan.rounds),
        BETWEEN,
        f"Each load was measured for {units.seconds(max(steps_s))} at most: {SLOW}",
    )


def unequal(
    plan: Plan,
    samples: Sequence[Sample],
    served: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> tuple[str, ...]:
    """Return what differs between the deployments apart from the interface.

    `served` is what each serves, as facts by name.
    """
    servers = plan.deployments
    slots = {
        server.name: units.count(server.slots) if server.slots else "unbounded"
        for server in servers
    }
    views: dict[str, str] = {server.name: server.views or "" for server in servers}
    environments = {server.name: _environment(server) for server in servers}
    settings = likeness.of_settings(served, likeness.version_facts(servers))
    return (
        *(f"Settings: {difference}." for difference in settings),
        *(f"Version: {difference}." for difference in likeness.of_versions(served, servers)),
        *(f"Framework: {others}." for others in likeness.without_django(served)),
        *_differing("Slots", slots),
        *_differing("Views", views),
        *_reconnecting(samples),
        *_differing("Environment", environments),
        *_commands(servers),
    )


def missing_results(plan: Plan, records: Iterable[Record]) -> tuple[str, ...]:
    """Return every trial of the plan that has no record or failed, with the reason."""
    by_slug = {record.trial.slug: record for record in records}
    reasons = ((trial, _reason(by_slug.get(trial.slug))) for trial in _trials(plan))
    return tuple(f"{_name(trial)}: {reason}" for trial, reason in reasons if reason)


def _cores(number: int) -> str:
    return "1 core" if number == 1 else f"{number} cores"


def _rounds(rounds: int) -> str:
    if rounds == 1:
        return "One round: chance explains any difference, so every comparison is inconclusive."
    if kind(rounds) == "interval":
        return (
            f"{units.count(rounds)} rounds: by chance alone, the 95% interval of a ratio of equal "
            "deployments leaves out 1 at about one load in 20. It lies wholly beyond the margin "
            f"less often. Where under {MIN_ROUNDS_FOR_INTERVAL} rounds were measured, a range is "
            "shown, which is not a confidence interval."
        )
    # Equal deployments are on the same side of 1 in all n rounds with a chance of 2 x (1/2)^n.
    return (
        f"{units.count(rounds)} rounds: the range from the lowest to the highest is shown, which "
        "is not a confidence interval. Equal deployments that differ by more than the margin in "
        "each round come out as different, by chance alone, at up to one load in "
        f"{units.count(2 ** (rounds - 1))}."
    )


def _lost_rounds(plan: Plan, comparisons: Sequence[Comparison]) -> str:
    """Return how many ratios rest on fewer rounds than were planned, and what that means."""
    planned = {
        (scenario.name, server.name): plan.rounds_of(scenario, server)
        for scenario in plan.scenarios
        for server in plan.against(scenario)
    }
    fewer = [
        each.ratio.rounds
        for each in comparisons
        if each.ratio.rounds
        < min(planned[each.scenario, each.top], planned[each.scenario, each.bottom])
    ]
    if not fewer:
        return ""
    rounds = "one round, which decides nothing" if min(fewer) == 1 else f"{min(fewer)} rounds"
    chance = f": by chance up to one in {2 ** (min(fewer) - 1)}" if min(fewer) > 1 else ""
    return (
        f" Of {units.count(len(comparisons))} ratios {units.count(len(fewer))} rest on fewer "
        f"rounds, as a round failed on either side, the least on {rounds}{chance}."
    )


def _equality(rounds: int) -> str:
    """Return what it takes for a difference to be called one."""
    return (
        f"A difference counts as measurable only where the whole {NAMES[kind(rounds)]} of the "
        f"ratio is more than {MARGIN_TEXT} from 1. A difference in throughput must also be larger "
        "than chance explains in so few requests."
    )


def _loops(plan: Plan) -> tuple[str, ...]:
    models = {plan.load_of(scenario).model for scenario in plan.scenarios}
    texts = {"closed": CLOSED_LOOP, "open": OPEN_LOOP}
    return tuple(text for model, text in texts.items() if model in models)


def _crowded(plan: Plan, machine: dict[str, str]) -> tuple[str, ...]:
    """Return a warning of more processes of Locust than cores for them."""
    most = max(plan.load_of(scenario).processes for scenario in plan.scenarios)
    server_cores = int(machine.get("server_cores", "1"))
    cores = max(1, int(machine.get("cores", "1")) - server_cores)
    if most <= cores:
        return ()
    return (
        f"{most} processes of Locust shared {_cores(cores)}: more processes than cores give no "
        "more time, and each waits while another runs.",
    )


def _lacks_p99(samples: Iterable[Sample]) -> bool:
    measured = (sample for sample in samples if "latency_p50_ms" in sample.metrics)
    return any("latency_p99_ms" not in sample.metrics for sample in measured)


def _differing(title: str, by_deployment: dict[str, str]) -> tuple[str, ...]:
    """Return which deployments have which value; nothing where all have the same."""
    values = dict.fromkeys(by_deployment.values())
    if len(values) < 2:
        return ()
    groups = (
        f"{value or 'none'} ({', '.join(n for n, v in by_deployment.items() if v == value)})"
        for value in values
    )
    return (f"{title}: {'; '.join(groups)}.",)


def _commands(servers: Iterable[Deployment]) -> tuple[str, ...]:
    by_command: dict[str, list[str]] = {}
    for server in servers:
        by_command.setdefault(" ".join(server.command), []).append(server.name)
    if len(by_command) < 2:
        return ()
    return tuple(
        f"Command of {', '.join(names)}: `{command}`" for command, names in by_command.items()
    )


def _environment(deployment: Deployment) -> str:
    return " ".join(f"{key}={value}" for key, value in sorted(deployment.environment.items()))


def _reconnecting(samples: Iterable[Sample]) -> tuple[str, ...]:
    """Return the deployments that closed connections after each answer, where others did not."""
    requests: dict[str, float] = {}
    opened: dict[str, float] = {}
    for sample in samples:
        sent = sample.metrics.get("requests")
        connections = sample.metrics.get("connections_opened")
        if sent and connections and sent.middle >= REQUESTS_PER_CLIENT * sample.users:
            requests[sample.deployment] = requests.get(sample.deployment, 0) + sent.middle
            opened[sample.deployment] = opened.get(sample.deployment, 0) + connections.middle
    without = [name for name, sent in requests.items() if opened[name] >= WITHOUT_KEEP_ALIVE * sent]
    if not without or len(without) == len(requests):
        return ()
    return (f"Keep-alive: {', '.join(without)} opened about one connection per request.",)


def _trials(plan: Plan) -> Iterator[Trial]:
    for scenario in plan.scenarios:
        for deployment in plan.against(scenario):
            for number in range(1, plan.rounds_of(scenario, deployment) + 1):
                load = plan.load_of(scenario, deployment)
                yield from Block(deployment, scenario, load, number).trials


def _reason(record: Record | None) -> str:
    if record is None:
        return "no record"
    if record.measurement.requests is not None:
        return ""
    return gate.as_text(record.doubts) or str(gate.GateName.FAILED)


def _name(trial: Trial) -> str:
    return f"`{trial.scenario}`, {trial.deployment}, {load(trial)}, round {trial.round}"

"""The league of the servers: who is measurably better by what, at one load. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from harness.core import statistics
from harness.core.launch import program
from harness.core.metrics import MEMORY, METRICS, Metric
from harness.core.plan import Interface, Plan
from harness.core.summary import Sample, Spread, Standing
from harness.runs import compare, leaders

BY: tuple[Metric, ...] = (
    METRICS["throughput_rps"],
    METRICS["latency_p99_ms"],
    METRICS["server_cpu_ms_per_request"],
    MEMORY,
)
"""What servers are ranked by, in the order of the columns."""

# A plan of fewer servers asks for another comparison than that of servers.
FEWEST_SERVERS = 3


def league(plan: Plan, samples: Sequence[Sample]) -> tuple[Standing, ...]:
    """Return the standings at the highest load of each closed scenario, best throughput first.

    Each interface has ranks of its own. None where the plan has too few servers to compare.
    """
    profiles = [program(deployment.command).profile for deployment in plan.deployments]
    if len({profile.name for profile in profiles if profile}) < FEWEST_SERVERS:
        return ()
    tops = [sample for scenario in plan.scenarios for sample in _at_the_top(scenario.name, samples)]
    ranked = leaders.first_labels(tops, plan.deployments)
    return tuple(
        standing
        for scenario in dict.fromkeys(sample.scenario for sample in ranked)
        for interface in ("wsgi", "asgi")
        for standing in _standings(scenario, interface, ranked, _defaults(plan, tops))
    )


def ranks(samples: Sequence[Sample], metric: Metric) -> dict[str, int]:
    """Return the rank of each deployment by a metric: 1 + how many are measurably better.

    So those that cannot be told apart from the best share its rank. What has no rank is left out: a
    cell without the metric, one that is a lower bound, one in which too many requests failed.
    """
    rankable = [sample for sample in samples if _ranks(sample, metric)]
    return {
        sample.deployment: 1 + sum(_better(other, sample, metric) for other in rankable)
        for sample in rankable
    }


def value(sample: Sample, metric: Metric) -> Spread | None:
    """Return what a cell has of one of BY; None where it was not measured."""
    return sample.memory if metric is MEMORY else sample.metrics.get(metric.name)


def _ranks(sample: Sample, metric: Metric) -> bool:
    if metric is MEMORY:
        return sample.memory is not None and not sample.failing
    return leaders.ranks(sample, metric.name)


def _better(one: Sample, other: Sample, metric: Metric) -> bool:
    """Return whether a cell is measurably better than another of the same scenario and load."""
    return _sign(one, other, metric) == (">" if metric.more_is_better else "<")


def _sign(top: Sample, bottom: Sample, metric: Metric) -> str:
    if metric is not MEMORY:
        pair = compare.pair(top, bottom, metric.name)
        return pair.sign if pair else "~"
    ratio = statistics.paired_ratio(_memory(top), _memory(bottom))
    return statistics.sign(ratio) if ratio else "~"


def _memory(sample: Sample) -> dict[int, float]:
    return {n: mib for n, mib in enumerate(sample.memory_by_round, 1) if mib is not None}


def _at_the_top(scenario: str, samples: Sequence[Sample]) -> list[Sample]:
    """Return the cells of a scenario at its highest load, where clients wait for answers."""
    closed = [each for each in samples if (each.scenario, each.model) == (scenario, "closed")]
    most = max((sample.users for sample in closed), default=0)
    return [sample for sample in closed if sample.users == most]


def _defaults(plan: Plan, samples: Sequence[Sample]) -> dict[tuple[str, str], Spread]:
    """Return the throughput of servers as they come, by scenario and the name of the tuned one."""
    tuned = {each.name: each.default_of for each in plan.deployments if each.default_of}
    throughput = BY[0].name
    return {
        (sample.scenario, tuned[sample.deployment]): sample.metrics[throughput]
        for sample in samples
        if sample.deployment in tuned and throughput in sample.metrics
    }


def _standings(
    scenario: str,
    interface: Interface,
    samples: Sequence[Sample],
    defaults: Mapping[tuple[str, str], Spread],
) -> Iterator[Standing]:
    here = [each for each in samples if (each.scenario, each.interface) == (scenario, interface)]
    by_metric = {metric.name: ranks(here, metric) for metric in BY}
    first = by_metric[BY[0].name]
    for sample in sorted(here, key=lambda sample: first.get(sample.deployment, len(here) + 1)):
        name = sample.deployment
        values = {metric.name: value(sample, metric) for metric in BY}
        yield Standing(
            scenario=scenario,
            users=sample.users,
            interface=interface,
            deployment=name,
            values={metric: spread for metric, spread in values.items() if spread},
            ranks={metric: of[name] for metric, of in by_metric.items() if name in of},
            as_it_comes=defaults.get((scenario, name)),
            flagged=bool(sample.doubts),
        )

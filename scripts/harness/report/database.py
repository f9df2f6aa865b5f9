"""Say what the database came to: connections, the async ORM's worth, queries in parallel. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from harness.core import units
from harness.core.labels import clients, loads
from harness.core.plan import Plan, Scenario
from harness.core.summary import DatabaseUse, Sample
from harness.report.wording import bounds, flag
from harness.runs import compare
from harness.runs.database_use import MOST_PER_CLIENT

THROUGHPUT = "throughput_rps"
P50 = "latency_p50_ms"

# Queries at once take as long as one; less than this share of their sum is not one by one.
ONE_BY_ONE = 0.9

FINDINGS = {
    "connection leak": (
        f"A connection leak is more than {MOST_PER_CLIENT} connections for each client, who has "
        "one request at a time."
    ),
    "exhausted pool": (
        "An exhausted pool is one whose connections were all at work while requests waited for "
        "one, or were refused one."
    ),
}


def sentences(plan: Plan, samples: Sequence[Sample]) -> tuple[str, ...]:
    """Return the answers of a plan with a database; none where no request asked one.

    A scenario that asks for other things too tells nothing of the ORM.
    """
    asking = {s.scenario for s in samples if s.database and s.database.connections.high > 0}
    used = [s for s in samples if s.scenario in asking and s.database and s.model == "closed"]
    several = {scenario.name: scenario for scenario in plan.scenarios if _queries(scenario) > 1}
    single = {each.name for each in plan.scenarios if "query" in each.settings} - several.keys()
    texts = (
        _worth([sample for sample in used if sample.scenario in single]),
        *(
            _parallel(each, [s for s in used if s.scenario == name])
            for name, each in several.items()
        ),
        *_connections(used),
    )
    return tuple(filter(None, texts))


def _queries(scenario: Scenario) -> int:
    """Return how many slow queries a request of the scenario makes."""
    return int(scenario.settings.get("queries", 1))


def _worth(samples: Sequence[Sample]) -> str:
    """Return how the async ORM did beside the sync one, by scenario, at its highest load."""
    clauses = []
    for name, group in groupby(samples, key=lambda sample: sample.scenario):
        here = list(group)
        top = [sample for sample in here if sample.users == max(each.users for each in here)]
        clauses.append(_ratio(name, top))
    written = "; ".join(filter(None, clauses))
    return f"Is the async ORM worth it? {written}." if written else ""


def _ratio(scenario: str, samples: Sequence[Sample]) -> str:
    """Return the best async views under ASGI over the best sync ones under WSGI."""
    asynchronous = _best(s for s in samples if (s.interface, s.views) == ("asgi", "async"))
    synchronous = _best(s for s in samples if (s.interface, s.views) == ("wsgi", "sync"))
    if asynchronous is None or synchronous is None:
        return ""
    pair = compare.pair(asynchronous, synchronous, THROUGHPUT)
    if pair is None:
        return ""
    word = {">": "yes", "<": "no", "~": "inconclusive"}[pair.sign]
    return (
        f"`{scenario}` at {clients(asynchronous.users)}: {word}, {asynchronous.deployment} served "
        f"{units.factor(pair.ratio.middle)} times as many requests per second as "
        f"{synchronous.deployment} ({bounds(pair.ratio)}{flag(pair.doubts)})"
    )


def _best(samples: Iterable[Sample]) -> Sample | None:
    """Return the sample that served the most; of equals the first in the plan."""
    measured = [sample for sample in samples if THROUGHPUT in sample.metrics]
    return max(measured, key=lambda s: s.metrics[THROUGHPUT].middle, default=None)


def _parallel(scenario: Scenario, samples: Sequence[Sample]) -> str:
    """Return whether several queries of one request overlapped, at the lowest load."""
    least = min((sample.users for sample in samples), default=0)
    alone = [sample for sample in samples if sample.users == least and P50 in sample.metrics]
    if not alone:
        return ""
    each_ms = float(scenario.settings.get("query_ms", 0))
    clauses = (_overlap(sample, _queries(scenario) * each_ms) for sample in alone)
    return (
        f"Do queries of one request run in parallel? `{scenario.name}` makes {_queries(scenario)} "
        f"of {each_ms:,g} ms each, at {clients(least)}: {'; '.join(clauses)}."
    )


def _overlap(sample: Sample, sum_ms: float) -> str:
    """Return the median request of a deployment beside the sum of its queries."""
    took_ms = sample.metrics[P50].middle
    how = "one by one" if took_ms >= ONE_BY_ONE * sum_ms else "in parallel"
    return (
        f"with {sample.views} views, {sample.deployment} took {units.milliseconds(took_ms)} "
        f"(p50), so {how}"
    )


def _connections(samples: Sequence[Sample]) -> Iterator[str]:
    """Yield how many connections each deployment held at which loads, then what findings mean."""
    for name, group in groupby(samples, key=lambda sample: sample.scenario):
        climbs = [list(climb) for _, climb in groupby(group, key=lambda s: s.deployment)]
        clauses = "; ".join(_climb(climb) for climb in climbs)
        yield f"For `{name}`, the database held at most so many connections: {clauses}."
    findings = [use.finding for use in _uses(samples)]
    yield from (text for finding, text in FINDINGS.items() if finding in findings)


def _climb(climb: Sequence[Sample]) -> str:
    """Return the connections of one deployment, load by load."""
    counts = ", ".join(_count(use) for use in _uses(climb))
    return f"{climb[0].deployment} {counts} at {loads([sample.users for sample in climb])}"


def _count(use: DatabaseUse) -> str:
    finding = f" ({use.finding})" if use.finding else ""
    return f"{units.count(use.connections.middle)}{finding}"


def _uses(samples: Iterable[Sample]) -> Iterator[DatabaseUse]:
    return (sample.database for sample in samples if sample.database)

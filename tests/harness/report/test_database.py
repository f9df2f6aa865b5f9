"""What a report says of the database."""

from collections.abc import Sequence
from dataclasses import replace

from harness.core.plan import Plan, Scenario
from harness.core.summary import Sample
from harness.report.database import sentences
from harness.runs.summarise import summarise
from tests.support import builders

POOLED = ("gunicorn-gthread-64", "uvicorn")


def scenario(name: str, **settings: int | str) -> Scenario:
    """Return a scenario of the locustfile that asks the database."""
    return builders.scenario(name).model_copy(update={"settings": settings})


def plan(*scenarios: Scenario, users: tuple[int, ...] = (1, 64)) -> Plan:
    """Return a plan of two rounds with a deployment of either interface."""
    servers = [each for each in builders.DEPLOYMENTS if each.name in POOLED]
    return builders.plan(2, users, servers, scenarios)


def samples(plan: Plan, held: dict[str, int], slower: float = 1.0) -> Sequence[Sample]:
    """Return the samples of a run in which deployments held so many connections.

    Each request of ASGI takes `slower` times the CPU of one of WSGI, so a core serves fewer.
    """
    cpu_ms = {"gunicorn-gthread-64": 1.0, "uvicorn": slower}
    records = [
        replace(
            record,
            extra=replace(record.extra, database_connections=held[record.trial.deployment]),
        )
        for record in builders.records(plan, cpu_ms, noise=0)
    ]
    return summarise("run", plan, builders.MACHINE, records).samples


def test_the_async_orm_is_worth_it_where_it_serves_measurably_more() -> None:
    """A core that needs 2 ms a request serves half of one that needs 1 ms."""
    row = plan(scenario("row", query="row", wait_ms=0))
    text = sentences(row, samples(row, {"gunicorn-gthread-64": 16, "uvicorn": 16}, slower=2.0))[0]
    assert text.startswith(
        "Is the async ORM worth it? `row` at 64 clients: no, uvicorn served 0.50 times as many "
        "requests per second as gunicorn-gthread-64 ("
    )
    text = sentences(row, samples(row, {"gunicorn-gthread-64": 16, "uvicorn": 16}, slower=0.5))[0]
    assert "`row` at 64 clients: yes, uvicorn served 2.0 times" in text


def test_queries_that_take_their_sum_ran_one_by_one() -> None:
    """Four of 50 ms take 200 ms; requests here take what `wait_ms` says, so 50 ms."""
    four = scenario("parallel", query="slow", queries=4, query_ms=50, wait_ms=50)
    both = plan(four, users=(1,))
    held = {"gunicorn-gthread-64": 1, "uvicorn": 1}
    (text, _) = sentences(both, samples(both, held))
    assert text.startswith(
        "Do queries of one request run in parallel? `parallel` makes 4 of 50 ms each, at 1 client: "
        "with sync views, gunicorn-gthread-64 took 5"
    )
    assert text.count("so in parallel") == 2
    slow = [
        replace(
            sample,
            metrics=sample.metrics
            | {"latency_p50_ms": replace(sample.metrics["latency_p50_ms"], middle=201.0)},
        )
        for sample in samples(both, held)
    ]
    assert sentences(both, slow)[0].count("took 201 ms (p50), so one by one") == 2


def test_connections_are_told_for_each_load_with_findings_by_name() -> None:
    """130 connections of 64 clients are more than two for each; what that is stands below."""
    row = plan(scenario("row", query="row", wait_ms=0), users=(64,))
    *_, held, leak = sentences(row, samples(row, {"gunicorn-gthread-64": 64, "uvicorn": 130}))
    assert held == (
        "For `row`, the database held at most so many connections: gunicorn-gthread-64 64 at 64 "
        "clients; uvicorn 130 (connection leak) at 64 clients."
    )
    assert leak.startswith("A connection leak is more than 2 connections for each client")


def test_a_scenario_that_asks_for_other_things_too_tells_nothing_of_the_orm() -> None:
    """How many connections it needs it does tell, unless no request needed one."""
    both = plan(scenario("mixed", wait_ms=0), users=(64,))
    (text,) = sentences(both, samples(both, {"gunicorn-gthread-64": 16, "uvicorn": 16}))
    assert text.startswith("For `mixed`, the database held at most so many connections: ")
    assert sentences(both, samples(both, {"gunicorn-gthread-64": 0, "uvicorn": 0})) == ()


def test_a_plan_without_a_database_has_no_such_sentence() -> None:
    """Nothing was counted."""
    wait = plan(scenario("wait", wait_ms=250))
    assert sentences(wait, summarise("run", wait, {}, builders.records(wait)).samples) == ()

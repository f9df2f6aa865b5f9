"""What a report says of HTTP/1.1, HTTP/2 and HTTP/3."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.core.plan import Plan, Scenario, Setting
from harness.core.record import Record
from harness.report.protocols import sentences
from harness.runs.summarise import summarise
from tests.support import builders


def scenario(protocol: str, wait_ms: int = 100) -> Scenario:
    """Return a scenario of the locustfile that speaks protocols."""
    settings: dict[str, Setting] = {"protocol": protocol, "wait_ms": wait_ms, "think_ms": 300}
    return Scenario(name=protocol, locustfile=Path("protocols.py"), settings=settings)


def plan(*scenarios: Scenario) -> Plan:
    """Return a plan of two rounds with one server and one load."""
    return builders.plan(2, (100,), builders.DEPLOYMENTS[2:3], scenarios)


def texts(plan: Plan, records: Sequence[Record]) -> tuple[str, ...]:
    """Return the sentences of a run."""
    samples = summarise("run", plan, builders.MACHINE, records).samples
    return sentences(plan, samples, records)


def lossy(record: Record, packets: int, datagrams: int) -> Record:
    """Let a trial lose packets of QUIC, and the kernel drop datagrams."""
    extra = replace(record.extra, packets_lost=packets, datagrams_dropped=datagrams)
    return replace(record, extra=extra)


def test_protocols_stand_side_by_side_for_each_server_and_load() -> None:
    """97% of 100 users / (100 + 300 + 1.3 ms) is 242/s; each takes 100 / 242 s less 300 ms."""
    both = plan(scenario("h1"), scenario("h2"))
    (text,) = texts(both, builders.records(both, noise=0))
    figures = "242 requests/s, p50 114 ms, 1.30 ms of the server's CPU time for each"
    assert text == (f"By protocol, uvicorn at 100 clients: HTTP/1.1 {figures}; HTTP/2 {figures}.")


def test_scenarios_that_differ_by_more_are_not_compared() -> None:
    """Nor is one protocol alone, or a plan that names none."""
    others = plan(scenario("h1"), scenario("h2", wait_ms=200))
    assert texts(others, builders.records(others)) == ()
    assert texts(builders.SMALL, builders.records(builders.SMALL)) == ()


def test_lost_datagrams_are_figures_of_their_own() -> None:
    """Each side's, over both rounds: 3 + 4 packets, 1 + 1 datagrams, beside 1,934 requests each."""
    one = plan(scenario("h3"))
    first, second = builders.records(one, noise=0)
    assert texts(one, [lossy(first, 3, 1), lossy(second, 4, 1)]) == (
        "For `h3`, 7 packets of QUIC that clients sent were lost (3 beside 1,934 requests to "
        "uvicorn at 100 clients; 4 beside 1,934 requests to uvicorn at 100 clients), and 2 "
        "datagrams were dropped by the kernel before a full buffer. What is lost is sent again, so "
        "its requests come late: that is the protocol's doing, part of its latency and no error.",
    )


def test_that_nothing_was_lost_is_said_where_it_was_counted() -> None:
    """And of other protocols nothing is said."""
    one = plan(scenario("h3"))
    records = [lossy(record, 0, 0) for record in builders.records(one)]
    assert texts(one, records) == ("For `h3`, no packet of QUIC that a client sent was lost.",)
    assert texts(one, builders.records(one)) == ()

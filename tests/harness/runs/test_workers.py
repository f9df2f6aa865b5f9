"""How connections and requests spread over workers, from records by hand."""

from dataclasses import replace

from harness.core.plan import Plan
from harness.core.record import Record
from harness.core.summary import Summary
from harness.core.trial import Block
from harness.report import workers as report
from harness.runs.workers import worker_spreads
from tests.support.builders import deployment, plan, record

ONE = deployment("gthread-1", "wsgi", slots=64)
FOUR = deployment("gthread-4", "wsgi", slots=256)
PLAN: Plan = plan(users=(64,), deployments=(ONE, FOUR))


def cell(name: str, rounds: list[tuple[str, int | None]], workers: int) -> list[Record]:
    """Build a cell of 64 connections: per round the requests of each worker, and most connections.

    Its memory is 100 MiB in the first round, and 20 MiB more in each that follows.
    """
    scenario = PLAN.scenarios[0]
    server = ONE if name == ONE.name else FOUR
    records = []
    for number, (requests, busiest) in enumerate(rounds, 1):
        (trial,) = Block(server, scenario, PLAN.load_of(scenario), number).trials
        built = record(trial, scenario, 0.8, 1.0)
        extra = replace(
            built.extra,
            workers=workers,
            busiest_worker=busiest,
            connections_expected=64,
            server_connections=64,
            requests_by_worker=requests,
            server_pss_mib=80.0 + 20 * number,
        )
        records.append(replace(built, extra=extra))
    return records


def test_shares_are_of_the_whole_and_a_silent_worker_has_none() -> None:
    """32 of 64 connections are 50%; 60 of 100 requests 60%, and the fourth worker answered none.

    100 and 120 MiB over four workers are 25 and 30, their median 27.5.
    """
    records = cell("gthread-4", [("60 30 10", 32), ("40 30 20 10", 16)], workers=4)
    (spread,) = worker_spreads(PLAN, records)
    assert spread.connections and spread.busiest and spread.idlest and spread.memory_mib
    assert (spread.connections.low, spread.connections.high) == (0.25, 0.5)
    assert (spread.busiest.low, spread.busiest.high) == (0.4, 0.6)
    assert (spread.idlest.low, spread.idlest.high) == (0.0, 0.1)
    assert spread.memory_mib.middle == 27.5
    assert spread.workers == 4


def test_a_lone_worker_stands_beside_those_of_several() -> None:
    """In the order of the plan, with no connections of a busiest one."""
    records = cell("gthread-4", [("50 50", 32)], 4) + cell("gthread-1", [("100", None)], 1)
    one, four = worker_spreads(PLAN, records)
    assert (one.deployment, one.workers, one.connections) == ("gthread-1", 1, None)
    assert one.busiest and one.busiest.middle == 1
    assert four.deployment == "gthread-4"


def test_a_plan_whose_servers_have_one_worker_has_no_such_table() -> None:
    """Nor one whose servers keep no connections."""
    assert worker_spreads(PLAN, cell("gthread-1", [("100", None)], 1)) == ()
    several = cell("gthread-4", [("50 50", 32)], 4)
    closing = [
        replace(each, extra=replace(each.extra, connections_expected=None)) for each in several
    ]
    assert worker_spreads(PLAN, closing) == ()


def test_a_row_has_each_share_with_its_range_beside_the_even_one() -> None:
    """Of four workers an even share is 25%."""
    records = cell("gthread-4", [("60 30 10", 32), ("40 30 20 10", 16)], workers=4)
    summary = Summary("run", "plan", {}, 3, (), (), (), (), workers=worker_spreads(PLAN, records))
    (row,) = report.rows(summary, PLAN.scenarios[0].name)
    assert row == (
        *("gthread-4", "64", "4", "", "25%", "38% (25% to 50%)"),
        *("50% (40% to 60%)", "5.0% (0% to 10%)", "27.5 (25.0 to 30.0)"),
    )
    assert len(row) == len(report.HEADINGS)
    assert report.rows(summary, "other") == ()


def test_a_server_that_does_not_number_its_requests_has_no_shares() -> None:
    """Its memory is known all the same."""
    (spread,) = worker_spreads(PLAN, cell("gthread-4", [("", None)], workers=4))
    assert (spread.busiest, spread.idlest) == (None, None)
    assert spread.memory_mib

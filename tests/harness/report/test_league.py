"""The league table and the costs of frameworks as they stand in a report."""

from dataclasses import replace

from harness.core.metrics import MEMORY
from harness.core.summary import FrameworkCost, Spread, Standing
from harness.report import frameworks, league, page
from harness.report.narrate import narrate
from tests.support.builders import SMALL, records, summary

STANDING = Standing(
    scenario="wait",
    users=256,
    interface="wsgi",
    deployment="waitress",
    values={
        "throughput_rps": Spread(1234, 1200, 1260, 3, "range"),
        MEMORY.name: Spread(51.2, 50.1, 52.3, 3, "range"),
    },
    ranks={"throughput_rps": 2},
    as_it_comes=Spread(16, 16, 16, 1, "range"),
    flagged=True,
)
COST = FrameworkCost(
    scenario="wait",
    users=256,
    deployment="flask",
    ground="bare",
    cpu_ms=Spread(0.5, 0.4, 0.6, 3, "range"),
    ground_ms=Spread(0.1, 0.1, 0.1, 3, "range"),
    share=Spread(0.8, 0.75, 0.83, 3, "range"),
    decided=True,
    flagged=False,
)
WITH_BOTH = replace(summary(), league=(STANDING,), frameworks=(COST,))


def test_a_server_has_its_rank_before_each_value() -> None:
    """Without a rank the value stands alone, without a value nothing."""
    (row,) = league.rows(WITH_BOTH, "wait")
    assert dict(zip(league.HEADINGS, row, strict=True)) == {
        "deployment": "waitress",
        "interface": "WSGI",
        "users": "256",
        "flagged": "○",
        "throughput (requests/s), by rank": "2: 1,230 (1,200 to 1,260)",
        "p99 latency, by rank": "",
        "server CPU per request, by rank": "",
        "proportional server memory (MiB), by rank": "51.2 (50.1 to 52.3)",
        "as it comes: throughput (requests/s)": "16.0 (one round)",
    }
    assert league.rows(WITH_BOTH, "plain") == ()


def test_a_framework_has_its_part_in_milliseconds_and_as_a_share() -> None:
    """0.5 ms with it, 0.1 ms without."""
    (row,) = frameworks.rows(WITH_BOTH, "wait")
    assert row == (
        *("flask", "256", "", "0.5 ms", "bare", "0.1 ms", "0.4 ms"),
        "80% (75% to 83%)",
    )


def test_both_tables_stand_on_both_pages_where_there_are_any() -> None:
    """With what their columns mean; other runs have neither."""
    for render in (page.html, page.markdown):
        for shown in (WITH_BOTH, summary()):
            text = render(shown, narrate(shown, SMALL, records(SMALL)), {})
            there = bool(shown.league)
            assert ("2: 1,230 (1,200 to 1,260)" in text) == there
            assert ("80% (75% to 83%)" in text) == there
            assert ("Servers by rank" in text) == there

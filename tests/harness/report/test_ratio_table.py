"""Every ASGI deployment over every WSGI one, beside users per slot."""

from dataclasses import replace

from harness.core.gate import Doubt, GateName
from harness.core.record import Record
from harness.core.summary import Summary
from harness.report import ratio_table
from harness.runs.summarise import summarise
from tests.support.builders import DEPLOYMENTS, MACHINE, SCENARIOS, plan, records, summary


def cells(of: Summary) -> dict[tuple[str, str], dict[str, str]]:
    """Return the rows by load and WSGI deployment, each by its headings."""
    headings = ratio_table.headings(of, "wait")
    return {
        (row[0], row[1]): dict(zip(headings, row, strict=True))
        for row in ratio_table.rows(of, "wait")
    }


def test_every_pair_has_a_ratio_at_every_load_beside_its_users_per_slot() -> None:
    """Two of WSGI, three of ASGI, three loads."""
    whole = plan(users=(1, 16, 256), scenarios=SCENARIOS[:1])
    rows = cells(summarise("run", whole, MACHINE, records(whole)))
    assert len(rows) == 2 * 3
    assert rows["256", "gunicorn-sync"]["users per slot"] == "64"
    assert rows["256", "gunicorn-gthread-64"]["users per slot"] == "4"
    # 1000/1.3 = 769/s against 64/0.2508 = 255/s and against 4/0.2509 = 15.9/s.
    assert rows["256", "gunicorn-gthread-64"]["uvicorn: req/s"].startswith("3.0 (")
    assert rows["256", "gunicorn-sync"]["uvicorn: req/s"].startswith("48 (")
    assert rows["16", "gunicorn-gthread-64"]["uvicorn: req/s"].startswith("~ ")
    assert all(all(row.values()) for row in rows.values())


def test_a_ratio_of_lower_bounds_is_left_out_and_one_on_flags_is_marked() -> None:
    """The throughput stands, with a mark; the latency is only a bound."""

    def leave_unanswered(record: Record) -> Record:
        crowded = record.trial.users == 256 and record.trial.deployment == "uvicorn"
        doubts = (Doubt(GateName.UNANSWERED, "6% of requests were still unanswered"),)
        if not crowded:
            return record
        return replace(record, doubts=doubts, extra=replace(record.extra, unanswered_share=0.06))

    row = cells(summary(leave_unanswered))["256", "gunicorn-gthread-64"]
    assert row["uvicorn: p95"] == ""
    assert row["uvicorn: req/s"].startswith("○ 3.0 (")


def test_a_ratio_of_one_round_has_no_range() -> None:
    """It says so instead."""
    once = plan(rounds=1, users=(256,), deployments=DEPLOYMENTS[1:3], scenarios=SCENARIOS[:1])
    row = cells(summarise("run", once, MACHINE, records(once)))["256", "gunicorn-gthread-64"]
    assert row["uvicorn: req/s"].endswith(" (one round)")


def test_a_further_label_of_a_deployment_has_no_column() -> None:
    """What it differs by is the noise floor."""
    again = DEPLOYMENTS[2].model_copy(update={"name": "again"})
    twice = plan(users=(1, 16, 256), deployments=(*DEPLOYMENTS[1:3], again))
    cpu_ms = dict.fromkeys(("gunicorn-gthread-64", "uvicorn", "again"), 1.0)
    condensed = summarise("run", twice, MACHINE, records(twice, cpu_ms))
    assert not any("again" in heading for heading in ratio_table.headings(condensed, "wait"))
    assert condensed.alike

"""The end of a run at a glance: one line for each cell, and the same for scripts."""

import json
from dataclasses import asdict, replace

from harness.core.gate import CellDoubt, GateName
from harness.core.plan import Plan
from harness.core.summary import Summary
from harness.report.narrate import narrate
from harness.report.overview import MOST_LINES, content, lines, parts
from harness.runs.summarise import summarise
from tests.support.builders import DEPLOYMENTS, MACHINE, SCENARIOS, SMALL, plan, records, summary


def condensed(of: Plan) -> Summary:
    """Summarise a whole run of a plan."""
    return summarise("run", of, MACHINE, records(of))


def test_an_asgi_deployment_stands_beside_wsgi_at_the_same_load() -> None:
    """A WSGI deployment has no ratio; both have throughput and p95 as the report has them."""
    whole = summary()
    ratios = {
        (line.sample.deployment, line.sample.users): line.ratio for line in lines(SMALL, whole)
    }
    assert len(ratios) == len(whole.samples) == 2 * 3
    for users in (1, 16, 256):
        assert ratios["gunicorn-gthread-64", users] is None
        assert (ratio := ratios["uvicorn", users])
        assert (ratio.bottom, ratio.users) == ("gunicorn-gthread-64", users)


def test_the_ratio_is_over_the_wsgi_deployment_that_served_the_most() -> None:
    """With 4 slots and a wait of 250 ms the other cannot serve more than 16 a second."""
    three = plan(users=(1, 256), deployments=DEPLOYMENTS[:3], scenarios=SCENARIOS[:1])
    over = {line.ratio.bottom for line in lines(three, condensed(three)) if line.ratio}
    assert over == {"gunicorn-gthread-64"}


def test_the_rows_of_a_glance() -> None:
    """A ratio with its bounds, a p95 with its unit, a mark where a gate failed."""
    whole = summary()
    ((part,), others) = parts(SMALL, whole)
    assert (part.scenario, part.over, others) == ("wait", "gunicorn-gthread-64", ())
    headings = ["deployment", "load", "req/s", "p95", "ratio", "flag"]
    assert all(list(row) == headings for row in part.rows)
    by_cell = {(row["deployment"], row["load"]): row for row in part.rows}
    assert by_cell["gunicorn-gthread-64", "256"]["ratio"] == ""
    assert " to " in by_cell["uvicorn", "256"]["ratio"]
    assert by_cell["uvicorn", "256"]["p95"].endswith(" ms")
    assert {row["flag"] for row in part.rows} == {""}


def test_a_flagged_cell_is_marked_and_its_gates_are_for_scripts() -> None:
    """A person finds them in the report."""
    whole = summary()
    doubts = (CellDoubt(GateName.HOST, ("steal",), 3), CellDoubt(GateName.FLOOR, ("fast",), 3))
    doubted = replace(whole.samples[0], doubts=doubts)
    flagged = replace(whole, samples=(doubted, *whole.samples[1:]))
    ((part,), _) = parts(SMALL, flagged)
    assert [row["flag"] for row in part.rows] == ["○", *[""] * 5]
    assert lines(SMALL, flagged)[0].content()["flags"] == ["floor", "host"]


def test_a_plan_without_ratios_has_no_column_of_them() -> None:
    """Nothing but WSGI."""
    alone = plan(users=(1, 16), deployments=DEPLOYMENTS[:2], scenarios=SCENARIOS[:1])
    ((part,), _) = parts(alone, condensed(alone))
    assert part.over == ""
    assert all("ratio" not in row for row in part.rows)


def test_too_many_rows_for_a_glance_leave_the_first_scenario() -> None:
    """Five deployments at five loads in two scenarios are 50 lines; the other is named."""
    whole = plan()
    shown, others = parts(whole, condensed(whole))
    assert 5 * 5 <= MOST_LINES < 2 * 5 * 5
    assert ([part.scenario for part in shown], others) == (["wait"], ("plain",))


def test_a_run_without_measurements_has_no_rows() -> None:
    """Nothing fails for it."""
    assert parts(SMALL, summarise("run", SMALL, MACHINE, [])) == ((), ())


def test_a_script_reads_what_summary_json_has() -> None:
    """The same numbers under the same names, as JSON, with the answer and the report's path."""
    whole = summary()
    narrative = narrate(whole, SMALL, records(SMALL))
    read = json.loads(json.dumps(content(SMALL, whole, narrative, "results/run/report.html")))
    assert (read["run"], read["report"]) == ("run", "results/run/report.html")
    assert read["answer"] == list(narrative.short)
    assert read["missing"] == []
    for cell, sample in zip(read["cells"], whole.samples, strict=True):
        assert cell["throughput_rps"] == asdict(sample.metrics["throughput_rps"])
        assert cell["latency_p95_ms"] == asdict(sample.metrics["latency_p95_ms"])
    ratio = read["cells"][-1]["ratio"]
    comparison = next(
        each
        for each in whole.comparisons
        if (each.top, each.users, each.metric) == ("uvicorn", 256, "throughput_rps")
    )
    assert ratio["over"] == "gunicorn-gthread-64"
    assert (ratio["low"], ratio["high"]) == (comparison.ratio.low, comparison.ratio.high)

"""The answer as a table: the best of either interface side by side."""

from dataclasses import replace

import pytest

from harness.core.summary import Sample
from harness.report.answer_table import HEADINGS, rows
from harness.runs.summarise import summarise
from tests.support.builders import DEPLOYMENTS, MACHINE, SCENARIOS, plan, records, summary


def test_each_scenario_has_a_row_with_both_sides_at_the_highest_common_load() -> None:
    """64 slots at 250.8 ms serve 255 requests/s, a core at 1.3 ms 769, each less 3%; 3.01 times."""
    (row,) = rows(summary())
    cells = dict(zip(HEADINGS, row, strict=True))
    assert (cells["scenario"], cells["clients"]) == ("wait", "256")
    assert (cells["best WSGI"], cells["best ASGI"]) == ("gunicorn-gthread-64", "uvicorn")
    assert float(cells["WSGI: req/s"]) == pytest.approx(0.97 * 255, rel=0.02)
    assert float(cells["ASGI: req/s"]) == pytest.approx(0.97 * 769, rel=0.02)
    assert float(cells["ASGI / WSGI: req/s"].split()[0]) == pytest.approx(3.01, rel=0.03)
    assert cells["WSGI: p95"].endswith(" ms")


def test_what_is_flagged_and_what_is_inconclusive_is_marked() -> None:
    """In front of the ratio."""
    whole = summary()
    pairs = tuple(replace(each, sign="~") for each in whole.comparisons)
    (row,) = rows(replace(whole, comparisons=pairs))
    assert row[-1].startswith("~ ")


def test_one_interface_alone_has_no_row() -> None:
    """There is nothing to set side by side."""
    alone = plan(deployments=DEPLOYMENTS[:2], scenarios=SCENARIOS[:1])
    assert rows(summarise("run", alone, MACHINE, records(alone))) == ()


def test_a_second_label_of_a_deployment_has_no_row_of_its_own() -> None:
    """Also where it happens to be ahead of the first: it is compared with that alone."""
    whole = summary()
    ahead = tuple(
        faster(replace(each, deployment="uvicorn-again"))
        for each in whole.samples
        if each.deployment == "uvicorn"
    )
    (row,) = rows(replace(whole, samples=(*whole.samples, *ahead)))
    assert row[HEADINGS.index("best ASGI")] == "uvicorn"


def faster(cell: Sample) -> Sample:
    """Return a sample with twice its throughput, in each round and over all."""
    name = "throughput_rps"
    spread, rounds = cell.metrics[name], cell.per_round[name]
    twice = replace(spread, middle=2 * spread.middle, low=2 * spread.low, high=2 * spread.high)
    doubled = tuple(rate and 2 * rate for rate in rounds)
    return replace(
        cell,
        metrics={**cell.metrics, name: twice},
        per_round={**cell.per_round, name: doubled},
    )

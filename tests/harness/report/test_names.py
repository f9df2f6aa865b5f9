"""Figures by name in a report: the slowest page is named, tables and chart only where they help."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from matplotlib.collections import PathCollection

from harness.core.gate import Doubt, GateName
from harness.core.record import Record
from harness.report import name_table, names
from harness.report.charts import registry
from tests.support.builders import summary, with_names

Change = Callable[[Record], Record]


def pages(**p50_ms: float) -> Change:
    """Give every trial these pages."""
    return lambda record: with_names(record, p50_ms)


def test_pages_that_differ_more_than_tenfold_have_the_slowest_named() -> None:
    """400 ms beside 20 ms: 20 times as long, at the highest load, for both deployments."""
    (sentence,) = names.sentences(summary(pages(home=20, report=400)).samples)
    assert sentence.startswith(
        "For `wait`, requests of different names differ up to 20 times in p50, so one percentile "
        "over all of them describes none. The slowest: `GET report` with gunicorn-gthread-64, "
        "p50 400 ms and p95 800 ms at 256 clients"
    )
    assert "`GET report` with uvicorn, p50 400 ms" in sentence


def test_pages_that_are_alike_need_no_sentence() -> None:
    """Exactly tenfold is not more than tenfold; one page alone has no other."""
    assert names.sentences(summary(pages(home=20, report=200)).samples) == ()
    assert names.sentences(summary(pages(home=20)).samples) == ()
    assert names.sentences(summary().samples) == ()


def test_the_step_that_is_shown_is_the_highest_without_a_flag() -> None:
    """Flag 256 clients: 16 are shown; flag all: the highest, with its flag."""

    def flag(least: int) -> Change:
        def change(record: Record) -> Record:
            doubts = (Doubt(GateName.HOST, "stolen"),) if record.trial.users >= least else ()
            return replace(with_names(record, {"home": 1, "report": 50}), doubts=doubts)

        return change

    (sentence,) = names.sentences(summary(flag(256)).samples)
    assert "at 16 clients" in sentence and "256" not in sentence
    (sentence,) = names.sentences(summary(flag(1)).samples)
    assert "at 256 clients, flagged" in sentence


def test_a_step_that_failed_too_many_requests_is_not_spoken_of() -> None:
    """What is left of them describes no page."""

    def fail(record: Record) -> Record:
        doubts = (Doubt(GateName.ERRORS, "half failed"),)
        return replace(with_names(record, {"home": 1, "report": 50}), doubts=doubts)

    failing = summary(fail)
    assert names.sentences(failing.samples) == ()
    assert "wait.names" not in registry.draw(failing)


def test_the_table_has_a_row_for_each_name_of_each_cell() -> None:
    """Two deployments, three loads, two names; shares, failures and least counts as measured."""
    rows = name_table.rows(summary(pages(home=20, report=400)), "wait")
    assert len(rows) == 2 * 3 * 2
    assert {len(row) for row in rows} == {len(name_table.headings())}
    row = dict(zip(name_table.headings(), rows[-1], strict=True))
    assert row["name"] == "GET report"
    assert (row["asked"], row["of all served"], row["failed"]) == ("50%", "50%", "0%")
    assert (row["p50 latency"], row["p95 latency"], row["p99 latency"]) == ("400 ms", "800 ms", "")


def test_one_name_has_neither_a_table_nor_a_chart() -> None:
    """It would repeat the figures over all requests."""
    alone, several = summary(pages(home=20)), summary(pages(home=20, report=400))
    assert name_table.rows(alone, "wait") == ()
    assert "wait.names" not in registry.draw(alone)
    assert "wait.names" in registry.draw(several)


def test_the_chart_has_a_panel_per_deployment_and_a_line_per_name() -> None:
    """The fastest on top; p50 and p95 of each at their places on a logarithmic axis."""
    figure = registry.draw(summary(pages(report=400, home=20)))["wait.names"]
    assert [axes.get_title().splitlines()[0] for axes in figure.axes] == [
        "gunicorn-gthread-64",
        "uvicorn",
    ]
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["GET report", "GET home"]
    for axes in figure.axes:
        assert axes.get_xscale() == "log"
        dots = [each for each in axes.collections if isinstance(each, PathCollection)]
        points = sorted(tuple(np.asarray(each.get_offsets())[0]) for each in dots)
        assert points == [(20, 1), (40, 1), (400, 0), (800, 0)]

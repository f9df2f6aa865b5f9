"""Figures by name over the rounds of a cell."""

from dataclasses import replace

from harness.core.record import NameFigures
from harness.runs.by_name import samples

HOME = NameFigures("home", "GET", False, 80, 0, 0.0, 0.8, 0.8, 8.0, 20.0, 30.0, None)
REPORT = replace(HOME, name="report", requests=20, asked_share=0.2, latency_p50_ms=400.0)


def test_a_name_has_the_median_and_the_range_of_its_rounds() -> None:
    """10, 20 and 60 ms."""
    rounds = [[replace(HOME, latency_p50_ms=ms)] for ms in (60.0, 10.0, 20.0)]
    (home,) = samples(rounds)
    spread = home.metrics["latency_p50_ms"]
    assert (spread.middle, spread.low, spread.high, spread.rounds) == (20, 10, 60, 3)


def test_what_no_round_measured_is_absent_and_so_is_a_far_percentile_that_one_lacks() -> None:
    """p99 of two rounds of three would be that of the rounds with more requests."""
    rounds = [[replace(HOME, latency_p99_ms=p99)] for p99 in (50.0, None, 60.0)]
    (home,) = samples(rounds)
    assert "latency_p99_ms" not in home.metrics
    (failed,) = samples([[replace(HOME, latency_p50_ms=None)]])
    assert "latency_p50_ms" not in failed.metrics


def test_names_stand_by_how_often_they_are_asked_and_events_last() -> None:
    """An event may be fired more often than any page is asked."""
    event = replace(HOME, name="stream", method="SSE", fired=True, requests=500)
    names = [each.name for each in samples([[event, REPORT, HOME]])]
    assert names == ["home", "report", "stream"]


def test_a_name_that_begins_with_its_method_does_not_repeat_it() -> None:
    """As many people write them."""
    home, put = samples([[HOME, replace(HOME, name="POST item", method="POST")]])
    assert (home.label, put.label) == ("GET home", "POST item")


def test_a_name_that_a_round_lacks_has_the_others() -> None:
    """A rare page."""
    home, report = samples([[HOME], [HOME, REPORT]])
    assert (home.metrics["requests"].rounds, report.metrics["requests"].rounds) == (2, 1)

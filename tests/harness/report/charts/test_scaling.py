"""What more workers serve, as drawn."""

from dataclasses import replace

import numpy as np
import pytest

from harness.core.bounds import Bound
from harness.core.summary import Sample, WorkerFamily
from harness.report.charts.data import Subject
from harness.report.charts.looks import ASGI
from harness.report.charts.scaling import ideal, over_workers, scaling
from tests.support.builders import deployment, sample

FAMILY = WorkerFamily("wait", 2, {"one": 1, "two": 2, "four": 4})


def cell(name: str, users: int, rate: float | None) -> Sample:
    """Build a cell of one round, whose clients pause for 100 ms."""
    built = sample(deployment(name, "asgi"), users, (rate,))
    return replace(built, bound=Bound(0, 1, 100, None, 2))


def subject(one: float, two: float | None, four: float) -> Subject:
    """Build a scenario of three numbers of workers at 64 and 256 clients."""
    rates = {"one": one, "two": two, "four": four}
    samples = [
        each for name in rates for each in (cell(name, 64, 600), cell(name, 256, rates[name]))
    ]
    looks = {name: replace(ASGI[n], key=f"d{n}") for n, name in enumerate(rates)}
    return Subject("wait", 1, tuple(samples), (), looks, families=(FAMILY,))


def test_points_are_those_of_the_highest_load() -> None:
    """A number that was not measured there has none, and a lone one shows no scaling."""
    drawn = over_workers(subject(1000, 1900, 2000), FAMILY)
    values = [(point.load, point.spread.middle) for point in drawn if point.spread]
    assert values == [(1, 1000), (2, 1900), (4, 2000)]
    assert [point.load for point in over_workers(subject(1000, None, 2000), FAMILY)] == [1, 4]
    lone = WorkerFamily("wait", 2, {"one": 1, "other": 2})
    assert over_workers(subject(1000, 1900, 2000), lone) == []


@pytest.mark.parametrize(
    ("cores", "rates"), [(4, [1000, 2000, 4000]), (2, [1000, 2000, 2000]), (1, [1000] * 3)]
)
def test_the_ideal_rises_with_workers_and_bends_where_cores_end(
    cores: int, rates: list[float]
) -> None:
    """One worker serves 1,000: as many times that as there are workers with a core."""
    (first, *_) = over_workers(subject(1000, 1900, 2000), FAMILY)
    assert ideal(first, (1, 2, 4), cores) == rates


def test_the_chart_has_the_points_the_ideal_and_what_the_clients_ask_for() -> None:
    """256 clients that pause for 100 ms ask for 2,560 requests/s; two cores serve."""
    figure = scaling(subject(1000, 1900, 2000))
    (axes,) = figure.axes
    drawn = [np.asarray(line.get_ydata()) for line in axes.lines]
    lines = [line.tolist() for line in drawn if not np.isnan(line).any()]  # bars have gaps
    assert lines == [[1000, 1900, 2000], [1000, 2000, 2000], [2560, 2560]]
    assert list(axes.get_xticks()) == [1, 2, 4]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["one: with 1, 2, 4 workers"]
    assert "on 2 cores; dotted" in legend.get_title().get_text()

"""Values as ratios to those of the reference deployment."""

from dataclasses import replace

import pytest

from harness.core.metrics import METRICS
from harness.report.charts.data import Subject
from harness.report.charts.relative import ratios, relative
from harness.report.charts.subjects import subjects
from harness.runs import summarise
from tests.support.builders import DEPLOYMENTS, MACHINE, SCENARIOS, SMALL, plan, records

GTHREAD, UVICORN = DEPLOYMENTS[1].name, DEPLOYMENTS[2].name
RATE, P95 = METRICS["throughput_rps"], METRICS["latency_p95_ms"]


def small() -> Subject:
    """Build a scenario of two deployments whose rounds do not differ."""
    exact = records(SMALL, noise=0.0)
    (subject,) = subjects(summarise.summarise("run", SMALL, MACHINE, exact))
    return subject


def bounded(subject: Subject, deployment: str) -> Subject:
    """Make each p95 of a deployment a lower bound."""
    samples = (
        replace(each, lower_bounds=(P95.name,)) if each.deployment == deployment else each
        for each in subject.samples
    )
    return replace(subject, samples=tuple(samples))


def test_a_ratio_is_that_of_the_same_load() -> None:
    """16 users: 250.8 / 251.3 = 0.998; 256: a core of 1.3 ms over 64 slots, 769 / 255 = 3.01."""
    points = ratios(small(), UVICORN, RATE)
    assert [point.load for point in points] == [1, 16, 256]
    middles = [point.spread.middle for point in points if point.spread]
    assert middles == pytest.approx([0.998, 0.998, 3.014], abs=0.001)
    assert [point.words.value for point in points if point.words][2] == "3.0 (3.0 to 3.0)"


def test_a_lower_bound_has_a_ratio_of_at_least_its_own_and_nothing_is_divided_by_one() -> None:
    """The arrow of the chart of values stays; how far below 1 x / at least y is nobody knows."""
    points = ratios(bounded(small(), UVICORN), UVICORN, P95)
    assert {point.mark for point in points} == {"≥"}
    assert all(point.words.value.startswith("at least ") for point in points if point.words)
    assert ratios(bounded(small(), GTHREAD), UVICORN, P95) == []


def test_one_deployment_alone_has_nothing_to_be_divided_by() -> None:
    """So there is no such picture."""
    alone = plan(users=(16,), deployments=DEPLOYMENTS[1:2], scenarios=SCENARIOS[:1])
    (subject,) = subjects(summarise.summarise("run", alone, MACHINE, records(alone)))
    assert relative(subject, "How much?", [RATE]) is None

"""Who stands for an interface, by what, and who is level with it."""

from dataclasses import replace

import pytest

from harness.core.gate import GateName
from harness.core.summary import Spread
from harness.runs.leaders import first_labels, leader
from tests.support.builders import deployment, sample

RATE, P95 = "throughput_rps", "latency_p95_ms"
ONE = deployment("one", "wsgi")
TWO = deployment("two", "wsgi")


def test_the_best_has_the_highest_middle_at_any_load() -> None:
    """A lucky round makes no leader."""
    steady = sample(ONE, 8, (100, 100, 100))
    lucky = sample(TWO, 8, (80, 80, 500))
    higher = sample(TWO, 64, (120, 130, 125))
    best = leader([steady, lucky], "wsgi", RATE)
    assert best and best.sample == steady
    best = leader([steady, lucky, higher], "wsgi", RATE)
    assert best and best.sample == higher
    assert leader([steady], "asgi", RATE) is None


@pytest.mark.parametrize("ahead", [1.003, 1 / 1.003])
def test_of_those_that_are_level_the_first_of_the_plan_stands_for_all(ahead: float) -> None:
    """Whichever happens to be ahead by 0.3%."""
    samples = [
        sample(ONE, 8, (100, 101, 99)),
        sample(TWO, 8, (100 * ahead, 101 * ahead, 99 * ahead)),
    ]
    best = leader(samples, "wsgi", RATE)
    assert best and (best.sample.deployment, best.level) == ("one", ("two",))


def test_who_is_far_behind_is_not_level_however_much_rounds_scatter() -> None:
    """503 requests/s beside 649 may be chance, and do not stand for both."""
    scattered = [sample(ONE, 8, (632, 478, 503)), sample(TWO, 8, (649, 755, 622))]
    best = leader(scattered, "wsgi", RATE)
    assert best and (best.sample.deployment, best.level) == ("two", ())


def test_who_is_measurably_better_stands_alone() -> None:
    """Twice as many in every round."""
    best = leader([sample(ONE, 8, (100,) * 3), sample(TWO, 8, (200,) * 3)], "wsgi", RATE)
    assert best and (best.sample.deployment, best.level) == ("two", ())


@pytest.mark.parametrize(("rate", "level"), [(102, ("two",)), (110, ())])
def test_one_round_is_level_within_the_margin(rate: float, level: tuple[str, ...]) -> None:
    """3%: there is no range to tell more."""
    best = leader([sample(ONE, 8, (rate,)), sample(TWO, 8, (100,))], "wsgi", RATE)
    assert best and (best.sample.deployment, best.level) == ("one", level)


def test_who_was_repeated_stands_for_those_that_are_level() -> None:
    """What one round shows is an example."""
    best = leader([sample(ONE, 8, (100, None)), sample(TWO, 8, (100, 100))], "wsgi", RATE)
    assert best and (best.sample.deployment, best.level) == ("two", ("one",))


def test_who_fails_too_many_requests_leads_by_nothing() -> None:
    """However many the others are, and however soon they came."""
    failing = sample(TWO, 8, (200,) * 3, gates=(GateName.ERRORS,))
    for metric in (RATE, P95):
        best = leader([sample(ONE, 8, (100,) * 3), failing], "wsgi", metric)
        assert best and (best.sample.deployment, best.level) == ("one", ())
        assert leader([failing], "wsgi", metric) is None


def test_the_shortest_latency_leads() -> None:
    """p95 = 1000 N / X."""
    best = leader([sample(ONE, 8, (100,) * 3), sample(TWO, 8, (200,) * 3)], "wsgi", P95)
    assert best and best.sample.deployment == "two"


def test_a_latency_without_those_who_waited_longest_does_not_lead() -> None:
    """It is only a lower bound."""
    short = sample(ONE, 8, (100,) * 3, gates=(GateName.UNANSWERED,))
    metrics = short.metrics | {P95: Spread(1, 1, 1, 3, "range")}
    short = replace(short, metrics=metrics, lower_bounds=(P95,))
    best = leader([short, sample(TWO, 8, (100,) * 3)], "wsgi", P95)
    assert best and best.sample.deployment == "two"
    assert leader([short], "wsgi", P95) is None
    assert leader([short], "wsgi", RATE)


def test_a_further_label_of_a_deployment_takes_no_part() -> None:
    """What two labels of one differ by is noise (A/A)."""
    again = ONE.model_copy(update={"name": "again"})
    samples = [sample(server, 8, (100,)) for server in (ONE, TWO, again)]
    kept = first_labels(samples, (ONE, TWO, again))
    assert [each.deployment for each in kept] == ["one", "two"]

"""Change points of histories whose levels are known, drawn from seeds."""

from random import Random

import pytest

from harness.runs.changepoints import AVAILABLE, MIN_RUNS, change_points
from tests.support.histories import noisy

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="ruptures has no release for this Python")

HISTORIES = 200


def alarms(runs: int, outliers: float) -> float:
    """Return the share of steady histories, with 5% of noise, that show any change."""
    random = Random(runs)
    changes = 0
    for seed in range(HISTORIES):
        factors = (1.2 if random.random() < outliers else 1 for _ in range(runs))
        noise = noisy(runs, 0.05, seed)
        values = [value * factor for value, factor in zip(noise, factors, strict=True)]
        changes += bool(change_points(values))
    return changes / HISTORIES


@pytest.mark.long
@pytest.mark.parametrize("runs", [MIN_RUNS, 20, 40])
@pytest.mark.parametrize("outliers", [0, 0.1])
def test_a_history_that_stays_as_it_is_seldom_shows_a_change(runs: int, outliers: float) -> None:
    """At most 5% do, also where every tenth run is a fifth slower."""
    assert alarms(runs, outliers) <= 0.05


def test_a_step_of_15_percent_is_detected_where_it_is() -> None:
    """Within two runs of it in at least 90% of histories of 20 and 20 runs, with 5% of noise."""
    detections = [change_points(list(noisy(40, 0.05, seed, 1.15, 20))) for seed in range(HISTORIES)]
    near = sum(any(abs(place - 20) <= 2 for place in places) for places in detections)
    assert near >= 0.9 * HISTORIES


def test_two_steps_are_two_change_points() -> None:
    """Up and down again, far above the noise: the places at which the new levels begin."""
    levels = [1.0] * 12 + [1.3] * 12 + [1.0] * 12
    values = [v * level for v, level in zip(noisy(36, 0.01, 1), levels, strict=True)]
    assert change_points(values) == (12, 24)


def test_the_scale_of_the_values_does_not_matter() -> None:
    """Milliseconds or seconds, values or their logarithms: only the order counts."""
    values = list(noisy(40, 0.05, 1, 1.15, 20))
    assert change_points([value**3 / 1000 for value in values]) == change_points(values)


def test_one_outlier_is_no_level() -> None:
    """A single run ten times as slow, or two, in an otherwise steady history."""
    values = list(noisy(20, 0.01, 1))
    values[9:11] = [1000, 1000]
    assert change_points(values) == ()


def test_too_few_runs_have_no_change_point() -> None:
    """Even where they fall into two groups without any overlap."""
    half = MIN_RUNS // 2
    assert change_points([100.0] * half + [200.0] * (half - 1)) == ()
    assert change_points([100.0] * half + [200.0] * half) == (half,)


def test_equal_values_have_no_change() -> None:
    """Nor do they divide by a spread of 0."""
    assert change_points([5.0] * 20) == ()

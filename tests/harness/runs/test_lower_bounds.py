"""Lower bounds of latency that say something, of a climb whose arithmetic is by hand."""

from dataclasses import replace

from harness.core import statistics
from harness.core.bounds import Bound
from harness.core.summary import Sample
from harness.runs.lower_bounds import informative
from tests.support.builders import deployment, sample

BOUND = Bound(wait_ms=250, cpu_ms=1, think_ms=50, slots=64, cores=1)


def step(users: int, rate_rps: float, bounds: tuple[str, ...] = (), **values_ms: float) -> Sample:
    """Build the sample of one load from its throughput and its latencies in one round."""
    built = sample(deployment("gthread", "wsgi", slots=64), users, (rate_rps,))
    spreads = {name: statistics.spread([value]) for name, value in values_ms.items()}
    return replace(
        built,
        metrics=built.metrics | {name: spread for name, spread in spreads.items() if spread},
        per_round=built.per_round | {name: (value,) for name, value in values_ms.items()},
        bound=BOUND,
        lower_bounds=bounds,
    )


LOW = step(256, 256, latency_p99_ms=3_980, latency_mean_ms=950, latency_max_ms=4_000)


def test_a_bound_below_the_value_of_a_lower_load_is_left_out() -> None:
    """At least 1,400 ms says nothing where 3,980 ms were measured with fewer clients."""
    high = step(1024, 256, ("latency_p99_ms",), latency_p99_ms=1_400)
    _, shown = informative([LOW, high])
    assert "latency_p99_ms" not in shown.metrics
    assert "latency_p99_ms" not in shown.per_round
    assert shown.lower_bounds == ()


def test_a_bound_above_it_stays_as_it_is() -> None:
    """At least 4,500 ms says that it is longer."""
    high = step(1024, 256, ("latency_p99_ms",), latency_p99_ms=4_500)
    _, shown = informative([LOW, high])
    assert shown == high


def test_little_s_law_bounds_mean_and_maximum() -> None:
    """1,024 users at 200 a second, who pause 50 ms: a mean of 5,120 - 50 = 5,070 ms."""
    bounds = ("latency_mean_ms", "latency_max_ms")
    high = step(1024, 200, bounds, latency_mean_ms=900, latency_max_ms=1_400)
    _, shown = informative([LOW, high])
    assert shown.metrics["latency_mean_ms"].middle == 5_070
    assert shown.metrics["latency_max_ms"].middle == 5_070
    assert shown.lower_bounds == bounds


def test_little_s_law_that_yields_less_is_left_out_too() -> None:
    """300 users at 1,000 a second: 250 ms, below the 950 ms of the lower load."""
    high = step(300, 1_000, ("latency_mean_ms",), latency_mean_ms=900)
    _, shown = informative([LOW, high])
    assert "latency_mean_ms" not in shown.metrics


def test_what_was_measured_may_fall() -> None:
    """A value that is no bound stays, though a lower load had more."""
    high = step(1024, 256, latency_p99_ms=1_400)
    assert informative([LOW, high]) == [LOW, high]

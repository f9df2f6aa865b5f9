"""Lower bounds of latency that say something: none below what a lower load has. Pure.

With more clients in a closed loop requests take no less time, so a bound below that is only as long
as the clients were waited for.
"""

from collections.abc import Sequence
from dataclasses import replace

from harness.core import statistics
from harness.core.summary import Sample

BY_LITTLE = ("latency_mean_ms", "latency_max_ms")
"""What Little's law bounds: the mean time in the system, R = N/X - Z, which the longest exceeds.

It says nothing of percentiles: a few requests that take very long raise the mean above them.
"""


def informative(climb: Sequence[Sample]) -> list[Sample]:
    """Return the samples of a climb, from the lowest load up, without bounds that say nothing.

    A bound below the value of a lower load becomes what Little's law yields, where that is higher,
    else it is left out.
    """
    highest: dict[str, float] = {}
    samples = []
    for sample in climb:
        bounded = sample
        for name in sample.lower_bounds:
            bounded = _at_least(bounded, name, highest.get(name, 0.0))
        samples.append(bounded)
        for name, spread in bounded.metrics.items():
            highest[name] = max(spread.middle, highest.get(name, 0.0))
    return samples


def _at_least(sample: Sample, name: str, least_ms: float) -> Sample:
    """Return the sample with a bound that is no less than `least_ms`, or without it."""
    if sample.metrics[name].middle >= least_ms:
        return sample
    values = _by_little(sample) if name in BY_LITTLE else ()
    spread = statistics.spread([value for value in values if value is not None])
    if spread is None or spread.middle < least_ms:
        return _without(sample, name)
    return replace(
        sample,
        metrics={**sample.metrics, name: spread},
        per_round={**sample.per_round, name: values},
    )


def _by_little(sample: Sample) -> tuple[float | None, ...]:
    """Return R = N/X - Z of each round in milliseconds; nothing where not all users ask."""
    if sample.bound is None:
        return ()
    think_ms = sample.bound.think_ms
    rates = sample.per_round.get("throughput_rps", ())
    return tuple(1000 * sample.users / rate - think_ms if rate else None for rate in rates)


def _without(sample: Sample, name: str) -> Sample:
    return replace(
        sample,
        metrics={key: spread for key, spread in sample.metrics.items() if key != name},
        per_round={key: values for key, values in sample.per_round.items() if key != name},
        lower_bounds=tuple(bound for bound in sample.lower_bounds if bound != name),
    )

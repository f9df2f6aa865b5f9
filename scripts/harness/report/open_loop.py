"""What an open loop showed: how long requests took while a deployment had room left. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from harness.core import units
from harness.core.labels import load
from harness.core.plan import Scenario
from harness.core.summary import Sample


def answers(scenario: Scenario, samples: Sequence[Sample]) -> tuple[str, ...]:
    """Return a sentence per deployment: how long 95% of its requests took at each offered rate."""
    sentences = (
        _sentence(scenario.name, name, group)
        for name, group in groupby(samples, key=lambda sample: sample.deployment)
    )
    return tuple(filter(None, sentences))


def _sentence(scenario: str, deployment: str, samples: Iterable[Sample]) -> str:
    latencies = "; ".join(_latencies(samples))
    if not latencies:
        return ""
    return (
        f"For `{scenario}` (open loop), 95% of the requests to {deployment}, measured from when "
        f"they were due, took at most {latencies}."
    )


def _latencies(samples: Iterable[Sample]) -> Iterator[str]:
    for sample in samples:
        p95 = sample.metrics.get("latency_p95_ms")
        if p95 is not None and not sample.failing:
            least = "at least " if "latency_p95_ms" in sample.lower_bounds else ""
            mark = " (flagged)" if sample.doubts else ""
            yield f"{least}{units.milliseconds(p95.middle)} at {load(sample)}{mark}"

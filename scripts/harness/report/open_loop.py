"""Say what an open loop showed: how long requests took while a deployment had room left. Pure."""

from collections.abc import Sequence
from itertools import groupby

from harness.core import units
from harness.core.labels import load
from harness.core.plan import Scenario
from harness.core.summary import Sample
from harness.report.wording import doubted


def answers(scenario: Scenario, samples: Sequence[Sample]) -> tuple[str, ...]:
    """Give a sentence per deployment: 95% of its requests took how long at which offered rate."""
    found = groupby(samples, key=lambda sample: sample.deployment)
    said = ((name, [_at(sample) for sample in group]) for name, group in found)
    return tuple(
        f"For `{scenario.name}` (open loop), 95% of the requests to {name}, counted from when "
        f"they were due, took at most {'; '.join(filter(None, parts))}."
        for name, parts in said
        if any(parts)
    )


def _at(sample: Sample) -> str:
    p95 = sample.metrics.get("latency_p95_ms")
    if p95 is None:
        return ""
    least = "at least " if sample.latency_at_least else ""
    mark = " (doubted)" if doubted(sample.doubts) else ""
    return f"{least}{units.milliseconds(p95.middle)} at {load(sample)}{mark}"

"""Say of a scenario with several names which is the slowest, where they differ widely. Pure.

One percentile over pages of 5 ms and of 400 ms describes neither: it tells how often each is asked.
"""

from collections.abc import Iterable, Sequence

from harness.core import units
from harness.core.labels import load
from harness.core.summary import NameSample, Sample, Spread
from harness.report.wording import flag

MOST_APART = 10
"""From this factor between the p50 of two names on, the sentence names the slowest."""

P50, P95 = "latency_p50_ms", "latency_p95_ms"


def several(samples: Iterable[Sample]) -> bool:
    """Return whether a scenario has more than one name, so that its figures by name say more."""
    return len({each.label for sample in samples for each in sample.names}) > 1


def step_of(samples: Sequence[Sample]) -> Sample | None:
    """Return the highest load step of a deployment that is not flagged, else the highest of all.

    None where no step has a name with a latency, or all failed too many requests.
    """
    timed = [
        sample
        for sample in samples
        if not sample.failing and any(P50 in each.metrics for each in sample.names)
    ]
    return max(timed, key=lambda sample: (not sample.doubts, sample.load), default=None)


def requests(sample: Sample) -> list[NameSample]:
    """Return the names of a cell that were answered, without events of the locustfile's own."""
    return [each for each in sample.names if P50 in each.metrics and not each.fired]


def sentences(samples: Sequence[Sample]) -> tuple[str, ...]:
    """Name the slowest name of each scenario in which two differ more than tenfold."""
    scenarios = dict.fromkeys(sample.scenario for sample in samples)
    texts = (_sentence([s for s in samples if s.scenario == scenario]) for scenario in scenarios)
    return tuple(sentence for sentence in texts if sentence)


def _sentence(samples: Sequence[Sample]) -> str:
    deployments = dict.fromkeys(sample.deployment for sample in samples)
    steps = [step_of([s for s in samples if s.deployment == name]) for name in deployments]
    apart = [step for step in steps if step and _factor(step) > MOST_APART]
    if not apart:
        return ""
    most = max(map(_factor, apart))
    return (
        f"For `{samples[0].scenario}`, requests of different names differ up to "
        f"{units.factor(most)} times in p50, so one percentile over all of them describes none. "
        f"The slowest: {'; '.join(map(_slowest, apart))}."
    )


def _factor(sample: Sample) -> float:
    """Return how many times as long the slowest name takes as the fastest, by p50."""
    middles = [each.metrics[P50].middle for each in requests(sample)]
    return max(middles) / min(middles) if len(middles) > 1 and min(middles) > 0 else 0.0


def _slowest(sample: Sample) -> str:
    slowest = max(requests(sample), key=lambda each: each.metrics[P50].middle)
    p50, p95 = (_text(slowest.metrics.get(metric)) for metric in (P50, P95))
    return (
        f"`{slowest.label}` with {sample.deployment}, p50 {p50} and p95 {p95} at "
        f"{load(sample)}{flag(sample.doubts)}"
    )


def _text(spread: Spread | None) -> str:
    return "unknown" if spread is None else units.milliseconds(spread.middle)

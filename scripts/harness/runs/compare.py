"""Judge: set ASGI over WSGI at every load, and find from which load to which one side served more.

Labels of one deployment are set over each other likewise (A/A): what they differ by is noise.
Pure judgement over samples; the wing `report` puts it into words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from math import log
from statistics import median
from typing import Literal

from harness.core import statistics
from harness.core.gate import SideDoubt
from harness.core.metrics import METRICS, Place, metrics_at
from harness.core.plan import Deployment, Interface
from harness.core.summary import Comparison, Sample

# The medians of two plateaus' beats on a quiet core differ by up to this much.
LEAST_CORE_DIFFERENCE = 0.03

Finding = Literal["<", "~", ">", "once", "missing"]


@dataclass(frozen=True, slots=True)
class Step:
    """What one load says about a pair; `once` (one round only) and `missing` cannot decide."""

    users: int
    finding: Finding
    comparison: Comparison | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring loads with the same finding."""

    finding: Finding
    steps: tuple[Step, ...]

    @property
    def decided(self) -> bool:
        """Hold when one side served more throughout."""
        return self.finding in ("<", ">")

    @property
    def cited(self) -> Comparison:
        """Give the comparison at the highest load that no gate doubts, else at the highest.

        Not for missing loads, which have none.
        """
        compared = [step.comparison for step in self.steps if step.comparison]
        return ([c for c in compared if not c.doubts] or compared)[-1]


def compare(samples: Sequence[Sample]) -> tuple[Comparison, ...]:
    """Set every ASGI deployment over every WSGI one at each load they share, metric by metric."""
    return _compared(
        (asgi, wsgi)
        for asgi in samples
        for wsgi in samples
        if (asgi.interface, wsgi.interface) == ("asgi", "wsgi")
    )


def alike(deployments: Iterable[Deployment]) -> tuple[tuple[str, str], ...]:
    """Pair the labels of what is one deployment: equal in everything but the name."""
    return tuple(
        (one.name, other.name)
        for one, other in combinations(deployments, 2)
        if one == other.model_copy(update={"name": one.name})
    )


def compare_alike(
    samples: Sequence[Sample], pairs: Iterable[tuple[str, str]]
) -> tuple[Comparison, ...]:
    """Set the labels of one deployment over each other at each load, metric by metric (A/A)."""
    return _compared(
        (top, bottom)
        for pair in pairs
        for top in samples
        for bottom in samples
        if (top.deployment, bottom.deployment) == pair
    )


def best(samples: Iterable[Sample], scenario: str, interface: Interface) -> Sample | None:
    """Give the sample of the highest throughput: its deployment stands for the interface.

    The best WSGI deployment is the reference of a scenario: whoever is ahead of it is ahead of all.
    """
    measured = [
        sample
        for sample in samples
        if (sample.scenario, sample.interface) == (scenario, interface)
        and "throughput_rps" in sample.metrics
    ]
    return max(measured, key=lambda s: s.metrics["throughput_rps"].middle, default=None)


def stretches(levels: Iterable[int], comparisons: Iterable[Comparison]) -> tuple[Stretch, ...]:
    """Cut the staircase of one pair into stretches of like findings, from the lowest load up."""
    at = {c.users: c for c in comparisons}
    steps = [Step(users, _finding(at.get(users)), at.get(users)) for users in levels]
    return tuple(
        Stretch(finding, tuple(alike))
        for finding, alike in groupby(steps, key=lambda step: step.finding)
    )


def _compared(pairs: Iterable[tuple[Sample, Sample]]) -> tuple[Comparison, ...]:
    found = (
        _compare(top, bottom, metric.name)
        for top, bottom in pairs
        if (top.scenario, top.users) == (bottom.scenario, bottom.users)
        and top.model == bottom.model == "closed"
        for metric in metrics_at(Place.COMPARISON)
    )
    return tuple(comparison for comparison in found if comparison)


def _compare(top: Sample, bottom: Sample, metric: str) -> Comparison | None:
    ratio = statistics.paired_ratio(_by_round(top, metric), _by_round(bottom, metric))
    if ratio is None:
        return None
    counting = _counting(top, bottom) if metric == "throughput_rps" else None
    return Comparison(
        scenario=top.scenario,
        users=top.users,
        metric=metric,
        top=top.deployment,
        bottom=bottom.deployment,
        ratio=ratio,
        counting=counting,
        sign=statistics.sign(ratio, counting or 0.0),
        doubts=(*_gates(top), *_gates(bottom)),
        core_speed=_core_speed(top, bottom, metric),
    )


def adjusted(comparison: Comparison) -> float | None:
    """Return the middle ratio as if both sides' cores had been equally fast.

    As of work that is bound by CPU: a rate grows with the speed, a latency shrinks with it.
    """
    gained = _gained(comparison)
    return None if gained is None else comparison.ratio.middle / gained


def explained_by_cores(comparison: Comparison) -> bool:
    """Hold when the cores' speeds differ as much as the sides do, and the same way."""
    gained = _gained(comparison)
    if gained is None or abs(log(gained)) < log(1 + LEAST_CORE_DIFFERENCE):
        return False
    differ = log(comparison.ratio.middle)
    return differ * log(gained) > 0 and abs(log(gained)) >= abs(differ)


def _gained(comparison: Comparison) -> float | None:
    """Return the ratio that the cores alone would have made."""
    speed = comparison.core_speed
    if speed is None:
        return None
    return speed if METRICS[comparison.metric].more_is_better else 1 / speed


def _core_speed(top: Sample, bottom: Sample, metric: str) -> float | None:
    """Return how much faster the core was for the top, in the middle of the rounds compared."""
    compared = _by_round(top, metric).keys() & _by_round(bottom, metric).keys()
    rounds = enumerate(zip(top.core_speeds, bottom.core_speeds, strict=False), start=1)
    ratios = [fast / slow for n, (fast, slow) in rounds if n in compared and fast and slow]
    return median(ratios) if ratios else None


def _counting(top: Sample, bottom: Sample) -> float:
    """Take the answers that each round's throughput was counted from."""
    counted = [_answers(top), _answers(bottom)]
    both = [n for n in counted[0].keys() & counted[1].keys() if counted[0][n] and counted[1][n]]
    return statistics.counting_error(*([by_round[n] for n in both] for by_round in counted))


def _answers(sample: Sample) -> dict[int, float]:
    rates, seconds = _by_round(sample, "throughput_rps"), _by_round(sample, "measured_s")
    return {number: rate * seconds[number] for number, rate in rates.items()}


def _by_round(sample: Sample, metric: str) -> dict[int, float]:
    values = sample.per_round.get(metric, ())
    return {number: value for number, value in enumerate(values, 1) if value is not None}


def _gates(sample: Sample) -> list[SideDoubt]:
    return [SideDoubt(sample.deployment, doubt.gate) for doubt in sample.doubts]


def _finding(comparison: Comparison | None) -> Finding:
    if comparison is None:
        return "missing"
    return comparison.sign if comparison.ratio.rounds > 1 else "once"

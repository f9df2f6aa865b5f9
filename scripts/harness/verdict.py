"""Judge: set ASGI over WSGI at every load, and find from which load to which one side served more.

Pure judgement over samples; harness.answers puts it into words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from harness import stats
from harness.findings import Comparison, Sample
from harness.model import Interface

COMPARED = ("throughput_rps", "latency_p50_ms", "latency_p95_ms")

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
    found = (
        _compare(asgi, wsgi, metric)
        for asgi in samples
        for wsgi in samples
        if (asgi.interface, wsgi.interface) == ("asgi", "wsgi")
        and (asgi.scenario, asgi.users) == (wsgi.scenario, wsgi.users)
        for metric in COMPARED
    )
    return tuple(comparison for comparison in found if comparison)


def best(samples: Iterable[Sample], scenario: str, interface: Interface) -> Sample | None:
    """Give the sample of the highest median throughput: its deployment stands for the interface.

    The best WSGI deployment is the reference of a scenario: whoever is ahead of it is ahead of all.
    """
    measured = [
        sample
        for sample in samples
        if (sample.scenario, sample.interface) == (scenario, interface)
        and "throughput_rps" in sample.metrics
    ]
    return max(measured, key=lambda s: s.metrics["throughput_rps"].median, default=None)


def stretches(levels: Iterable[int], comparisons: Iterable[Comparison]) -> tuple[Stretch, ...]:
    """Cut the staircase of one pair into stretches of like findings, from the lowest load up."""
    at = {c.users: c for c in comparisons}
    steps = [Step(users, _finding(at.get(users)), at.get(users)) for users in levels]
    return tuple(
        Stretch(finding, tuple(alike))
        for finding, alike in groupby(steps, key=lambda step: step.finding)
    )


def _compare(asgi: Sample, wsgi: Sample, metric: str) -> Comparison | None:
    ratio = stats.paired_ratio(_by_round(asgi, metric), _by_round(wsgi, metric))
    if ratio is None:
        return None
    return Comparison(
        scenario=asgi.scenario,
        users=asgi.users,
        metric=metric,
        asgi=asgi.deployment,
        wsgi=wsgi.deployment,
        ratio=ratio,
        sign=stats.sign(ratio),
        doubts=(*_gates(asgi), *_gates(wsgi)),
    )


def _by_round(sample: Sample, metric: str) -> dict[int, float]:
    values = sample.per_round.get(metric, ())
    return {number: value for number, value in enumerate(values, 1) if value is not None}


def _gates(sample: Sample) -> list[str]:
    gates = dict.fromkeys(doubt.partition(":")[0] for doubt in sample.doubts)
    return [f"{sample.deployment}: {gate}" for gate in gates]


def _finding(comparison: Comparison | None) -> Finding:
    if comparison is None:
        return "missing"
    return comparison.sign if comparison.ratio.rounds > 1 else "once"

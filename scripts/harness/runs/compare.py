"""Compare ASGI with WSGI at every load, and find the loads at which one side served more.

Labels of one deployment are compared in the same way (A/A): what they differ by is noise. Pure
judgement over samples; the wing `report` puts it into words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, groupby
from math import log, sqrt
from statistics import fmean, median
from typing import Literal

from harness.core import statistics
from harness.core.gate import GateName, SideDoubt
from harness.core.metrics import METRICS, Place, metrics_at
from harness.core.plan import Deployment
from harness.core.summary import Comparison, Sample
from harness.measure.gates import MOST_ERRORS

# The medians of two plateaus' beats on a quiet core differ by up to this much.
LEAST_CORE_DIFFERENCE = 0.03

CellOfMetric = tuple[str, int, str]
"""A scenario, its users and a metric."""

Finding = Literal["<", "~", ">", "once", "missing"]


@dataclass(frozen=True, slots=True)
class Step:
    """The finding on a pair at one load; `once` (one round only) and `missing` are open."""

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
        """Return whether one side served more throughout."""
        return self.finding in ("<", ">")

    @property
    def evidence(self) -> Comparison:
        """Return the comparison at the highest load without a doubt, else at the highest load.

        Raise IndexError for a stretch of missing loads, which have none.
        """
        comparisons = [step.comparison for step in self.steps if step.comparison]
        sound = [comparison for comparison in comparisons if not comparison.doubts]
        return (sound or comparisons)[-1]


def compare(samples: Sequence[Sample]) -> tuple[Comparison, ...]:
    """Return each ASGI deployment over each WSGI one, at each load they share, metric by metric.

    Only closed loops are compared, in rounds that both measured and in which neither failed more
    requests than the gate errors allows. A pair without such a round has no comparison.

    Args:
        samples: the cells of one run; several scenarios and loads are kept apart.
    """
    return _comparisons(
        (asgi, wsgi)
        for asgi in samples
        for wsgi in samples
        if (asgi.interface, wsgi.interface) == ("asgi", "wsgi")
    )


def identical_pairs(deployments: Iterable[Deployment]) -> tuple[tuple[str, str], ...]:
    """Return each pair of labels of one deployment: equal in everything but the name."""
    return tuple(
        (one.name, other.name)
        for one, other in combinations(deployments, 2)
        if one == other.model_copy(update={"name": one.name})
    )


def compare_identical(
    samples: Sequence[Sample], pairs: Iterable[tuple[str, str]]
) -> tuple[Comparison, ...]:
    """Return the first label of each pair over the second, as compare() does (A/A)."""
    return _comparisons(
        (top, bottom)
        for pair in pairs
        for top in samples
        for bottom in samples
        if (top.deployment, bottom.deployment) == pair
    )


def stretches(levels: Iterable[int], comparisons: Iterable[Comparison]) -> tuple[Stretch, ...]:
    """Return the stretches of equal findings on one pair, from the lowest load up.

    `levels` are the users of each load in ascending order; `comparisons` are of one metric.
    """
    by_users = {comparison.users: comparison for comparison in comparisons}
    steps = [Step(users, _finding(by_users.get(users)), by_users.get(users)) for users in levels]
    return tuple(
        Stretch(finding, tuple(neighbours))
        for finding, neighbours in groupby(steps, key=lambda step: step.finding)
    )


def _comparisons(pairs: Iterable[tuple[Sample, Sample]]) -> tuple[Comparison, ...]:
    comparisons = (
        pair(top, bottom, metric.name)
        for top, bottom in pairs
        if (top.scenario, top.users) == (bottom.scenario, bottom.users)
        and top.model == bottom.model == "closed"
        for metric in metrics_at(Place.COMPARISON)
    )
    return tuple(comparison for comparison in comparisons if comparison)


def pair(top: Sample, bottom: Sample, metric: str) -> Comparison | None:
    """Return one metric of a sample over that of another; None without a round of both."""
    ratio = statistics.paired_ratio(_by_round(top, metric), _by_round(bottom, metric))
    if ratio is None:
        return None
    counting = _counting_error(top, bottom) if metric == "throughput_rps" else None
    comparison = Comparison(
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
    return _flagged(comparison) if cores_explain(comparison) else comparison


def _flagged(comparison: Comparison) -> Comparison:
    """Return a ratio with a doubt about the host of the side whose core was slower."""
    slower = comparison.bottom if (comparison.core_speed or 1.0) > 1 else comparison.top
    doubts = (*comparison.doubts, SideDoubt(slower, GateName.HOST))
    return replace(comparison, doubts=tuple(dict.fromkeys(doubts)))


@dataclass(frozen=True, slots=True)
class Chance:
    """How many of a run's `ratios` would come out as different by chance, were all sides equal.

    `measured` by labels of one deployment (A/A), else estimated by the scatter of the rounds.
    """

    ratios: int
    expected: float
    measured: bool


def by_chance(
    samples: Sequence[Sample], comparisons: Iterable[Comparison], alike: Iterable[Comparison]
) -> Chance | None:
    """Return what chance makes of a run's comparisons, in its own noise; None with one round.

    The noise of a scenario's metric at one load is that of `alike` there (A/A), else the scatter
    of the rounds' ratios about their mean, pooled over the pairs.
    """
    family = [each for each in comparisons if each.ratio.rounds > 1]
    if not family:
        return None
    measured = _noise(samples, alike, about_mean=False)
    estimated = _noise(samples, family, about_mean=True)
    cells = [(each.scenario, each.users, each.metric) for each in family]
    expected = sum(
        statistics.chance_of_difference(measured.get(cell, estimated[cell]), each.ratio.rounds)
        for cell, each in zip(cells, family, strict=True)
    )
    return Chance(len(family), expected, measured=all(cell in measured for cell in cells))


def _noise(
    samples: Sequence[Sample], comparisons: Iterable[Comparison], about_mean: bool
) -> dict[CellOfMetric, float]:
    """Return the standard deviation of the logarithm of a round's ratio, in each cell.

    Equal deployments have a mean of 0, so that their scatter is not taken `about_mean`.
    """
    by_name = {(each.deployment, each.scenario, each.users): each for each in samples}
    squares: dict[CellOfMetric, list[float]] = {}
    freedom: dict[CellOfMetric, int] = {}
    for each in comparisons:
        cell = (each.scenario, each.users, each.metric)
        top = by_name[each.top, each.scenario, each.users]
        bottom = by_name[each.bottom, each.scenario, each.users]
        logs = _log_ratios(top, bottom, each.metric)
        middle = fmean(logs) if about_mean else 0.0
        squares.setdefault(cell, []).extend((value - middle) ** 2 for value in logs)
        freedom[cell] = freedom.get(cell, 0) + len(logs) - about_mean
    return {cell: sqrt(sum(squares[cell]) / many) for cell, many in freedom.items() if many}


def _log_ratios(top: Sample, bottom: Sample, metric: str) -> list[float]:
    over = _by_round(top, metric)
    under = _by_round(bottom, metric)
    rounds = over.keys() & under.keys()
    return [log(over[n] / under[n]) for n in rounds if over[n] > 0 and under[n] > 0]


def core_adjusted_ratio(comparison: Comparison) -> float | None:
    """Return the middle ratio as if both sides' cores had been equally fast; None without canaries.

    As of work that is bound by CPU: a rate grows with the speed, a latency shrinks with it.
    """
    by_cores = _ratio_by_cores(comparison)
    return None if by_cores is None else comparison.ratio.middle / by_cores


def cores_explain(comparison: Comparison) -> bool:
    """Return whether the cores differ as much as the sides of a decided ratio, and the same way."""
    by_cores = _ratio_by_cores(comparison)
    if comparison.sign == "~" or by_cores is None:
        return False
    if abs(log(by_cores)) < log(1 + LEAST_CORE_DIFFERENCE):
        return False
    difference = log(comparison.ratio.middle)
    return difference * log(by_cores) > 0 and abs(log(by_cores)) >= abs(difference)


def _ratio_by_cores(comparison: Comparison) -> float | None:
    """Return the ratio that the cores alone would have made."""
    speed = comparison.core_speed
    if speed is None:
        return None
    return speed if METRICS[comparison.metric].more_is_better else 1 / speed


def _core_speed(top: Sample, bottom: Sample, metric: str) -> float | None:
    """Return how much faster the core was for the top: the median of the rounds compared."""
    both = _by_round(top, metric).keys() & _by_round(bottom, metric).keys()
    rounds = enumerate(zip(top.core_speeds, bottom.core_speeds, strict=False), start=1)
    ratios = [over / under for n, (over, under) in rounds if n in both and over and under]
    return median(ratios) if ratios else None


def _counting_error(top: Sample, bottom: Sample) -> float:
    """Return how far counting alone may move the ratio, in the rounds that have answers of both."""
    over = _answers(top)
    under = _answers(bottom)
    rounds = [number for number in over.keys() & under.keys() if over[number] and under[number]]
    return statistics.counting_error([over[n] for n in rounds], [under[n] for n in rounds])


def _answers(sample: Sample) -> dict[int, float]:
    """Return how many answers each round's throughput was counted from."""
    rates = _by_round(sample, "throughput_rps")
    seconds = _by_round(sample, "measured_s")
    return {number: rate * seconds[number] for number, rate in rates.items()}


def _by_round(sample: Sample, metric: str) -> dict[int, float]:
    """Return a metric of each round that has it, but for rounds in which too much failed."""
    shares = sample.per_round.get("error_share", ())
    failing = {number for number, share in enumerate(shares, 1) if (share or 0) > MOST_ERRORS}
    values = enumerate(sample.per_round.get(metric, ()), 1)
    return {n: value for n, value in values if value is not None and n not in failing}


def _gates(sample: Sample) -> list[SideDoubt]:
    return [SideDoubt(sample.deployment, doubt.gate) for doubt in sample.doubts]


def _finding(comparison: Comparison | None) -> Finding:
    if comparison is None:
        return "missing"
    return comparison.sign if comparison.ratio.rounds > 1 else "once"

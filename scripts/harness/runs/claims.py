"""Whether a run bears a claim out: ratios of two cells, held against what the claim predicts. Pure.

The claims themselves, with their sources, are in harness.report.claims.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf
from typing import Literal

from harness.core.errors import BenchError
from harness.core.labels import clients
from harness.core.summary import Comparison, Sample, Spread
from harness.runs import compare

Verdict = Literal["confirmed", "refuted", "depends"]

# The lowest and the highest of two rounds say little about where a third would be.
LEAST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Side:
    """A deployment at one load of the prediction's scenario."""

    deployment: str
    users: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """Within which bounds a claim has one metric of `top` over that of `bottom`; None is no bound.

    Both are of one scenario; they differ by deployment or by load.
    """

    scenario: str
    metric: str
    top: Side
    bottom: Side
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a run has for a prediction: the metric of `top` and of `bottom`, and their ratio."""

    prediction: Prediction
    top: Spread
    bottom: Spread
    ratio: Spread
    flagged: bool
    verdict: Verdict


def find(prediction: Prediction, samples: Sequence[Sample]) -> Finding:
    """Return what the cells of a run have for a prediction.

    Raise BenchError where one of both is missing, or measured in too few rounds.
    """
    top = _cell(prediction, prediction.top, samples)
    bottom = _cell(prediction, prediction.bottom, samples)
    comparison = compare.pair(top, bottom, prediction.metric)
    if comparison is None or comparison.ratio.rounds < LEAST_ROUNDS:
        raise BenchError(
            f"{_place(prediction, prediction.top)} and {_place(prediction, prediction.bottom)}: "
            f"fewer than {LEAST_ROUNDS} rounds have {prediction.metric} of both; measure anew with "
            "make claims"
        )
    return Finding(
        prediction=prediction,
        top=top.metrics[prediction.metric],
        bottom=bottom.metrics[prediction.metric],
        ratio=comparison.ratio,
        flagged=bool(comparison.doubts),
        verdict=decide(prediction, *_bounds(comparison)),
    )


def decide(prediction: Prediction, low: float, high: float) -> Verdict:
    """Return whether a ratio that lies from `low` to `high` is as predicted.

    Confirmed where all of it is, refuted where nothing of it is, else it depends on the round.
    """
    least = 0.0 if prediction.least is None else prediction.least
    most = inf if prediction.most is None else prediction.most
    if least <= low and high <= most:
        return "confirmed"
    return "refuted" if high < least or low > most else "depends"


def verdict(findings: Sequence[Finding]) -> Verdict:
    """Return the verdict that all findings on a claim have; where they differ, it depends."""
    verdicts = {finding.verdict for finding in findings}
    return verdicts.pop() if len(verdicts) == 1 else "depends"


def _bounds(comparison: Comparison) -> tuple[float, float]:
    """Return between which values a ratio lies, with what counting alone may move its middle by."""
    ratio = comparison.ratio
    chance = exp(comparison.counting or 0.0)
    return min(ratio.low, ratio.middle / chance), max(ratio.high, ratio.middle * chance)


def _cell(prediction: Prediction, side: Side, samples: Sequence[Sample]) -> Sample:
    for sample in samples:
        place = (sample.scenario, sample.deployment, sample.users)
        if place == (prediction.scenario, side.deployment, side.users):
            return sample
    raise BenchError(
        f"the run has no {_place(prediction, side)}; name one of loadtests/plans/claims.toml, or "
        "measure anew with make claims"
    )


def _place(prediction: Prediction, side: Side) -> str:
    return f"{side.deployment}, {prediction.scenario} at {clients(side.users)}"

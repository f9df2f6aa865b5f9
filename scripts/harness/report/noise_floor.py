"""How far labels of one deployment differed: the noise floor of a run (A/A). Pure.

Whatever two labels of one thing differ by is an error of measurement, so a difference between two
things that is no larger is nothing to build on.
"""

from collections.abc import Sequence

from harness.core import units
from harness.core.labels import clients
from harness.core.metrics import METRICS, Place, metrics_at
from harness.core.plan import Plan
from harness.core.summary import Comparison, Spread
from harness.report.wording import bounds, flag
from harness.runs import compare

UNMEASURED = (
    "The noise floor was not measured in this run: no deployment is in the plan under two "
    "names, as in loadtests/plans/aa.toml."
)


# An estimate of a rare chance by a few rounds is no better than this.
LEAST_EXPECTED = 0.1


def floors(plan: Plan, alike: Sequence[Comparison]) -> tuple[str, ...]:
    """Return the noise floor of each scenario, with a warning of what came out as different."""
    if not compare.identical_pairs(plan.deployments):
        return (UNMEASURED,)
    return tuple(
        _floor(scenario.name, [each for each in alike if each.scenario == scenario.name])
        for scenario in plan.scenarios
        if plan.load_of(scenario).users
    )


def by_chance(chance: compare.Chance | None) -> tuple[str, ...]:
    """Return how many ratios would look different by chance in a run's noise."""
    if chance is None:
        return ()
    source = "two labels of one deployment" if chance.measured else "the scatter of its rounds"
    many = chance.expected >= LEAST_EXPECTED
    expected = chance.expected if many else LEAST_EXPECTED
    return (
        f"Of {units.count(chance.ratios)} ratios {'about' if many else 'fewer than'} "
        f"{units.significant(expected, 2)} would look different by chance in this run's noise if "
        f"all deployments were equal (by {source}).",
    )


def _floor(scenario: str, alike: Sequence[Comparison]) -> str:
    if not alike:
        return (
            f"For `{scenario}`, the noise floor was not measured: no two labels of the same "
            "deployment have a round in common."
        )
    pairs = dict.fromkeys(f"{comparison.top} and {comparison.bottom}" for comparison in alike)
    largest = (
        _largest(metric.title, [each.ratio for each in alike if each.metric == metric.name])
        for metric in metrics_at(Place.COMPARISON)
    )
    return (
        f"For `{scenario}`, two labels of the same deployment ({'; '.join(pairs)}) differed by "
        f"at most {', '.join(filter(None, largest))}. {_outcome(alike)}"
    )


def _largest(title: str, ratios: Sequence[Spread]) -> str:
    """Return the largest difference of any middle, and of any bound."""
    if not ratios:
        return ""
    middle = max(_deviation(ratio.middle) for ratio in ratios)
    bound = max(_deviation(end) for ratio in ratios for end in (ratio.low, ratio.high))
    return f"{units.percent(middle)} in {title} (bounds: {units.percent(bound)})"


def _deviation(ratio: float) -> float:
    """Return how far a ratio is off 1, whichever of the two labels is the larger."""
    return max(ratio, 1 / ratio) - 1


def _outcome(alike: Sequence[Comparison]) -> str:
    decided = [comparison for comparison in alike if comparison.sign != "~"]
    if decided:
        ratios = "; ".join(map(_ratio, decided))
        return (
            f"Warning: {len(decided)} of {len(alike)} ratios came out as different, although the "
            f"deployments are equal: {ratios}. Do not trust other differences of that size in "
            "this run."
        )
    if all(comparison.ratio.rounds == 1 for comparison in alike):
        return "One round decides nothing."
    return "Every ratio was inconclusive (~), as it should be."


def _ratio(comparison: Comparison) -> str:
    return (
        f"{METRICS[comparison.metric].title} of {comparison.top} over {comparison.bottom} at "
        f"{clients(comparison.users)}, {units.factor(comparison.ratio.middle)} times "
        f"({bounds(comparison.ratio)}{flag(comparison.doubts)})"
    )

"""The ratios that the speed of the server's core explains as well as the servers do. Pure."""

from collections.abc import Iterable

from harness.core import units
from harness.core.labels import clients
from harness.core.metrics import METRICS
from harness.core.summary import Comparison
from harness.runs import compare


def explained(comparisons: Iterable[Comparison]) -> tuple[str, ...]:
    """Return a sentence for each decided ratio that the canaries explain."""
    return tuple(_sentence(each) for each in comparisons if compare.cores_explain(each))


def _sentence(comparison: Comparison) -> str:
    speed = comparison.core_speed or 1.0
    adjusted = compare.core_adjusted_ratio(comparison) or 1.0
    return (
        f"For `{comparison.scenario}` at {clients(comparison.users)}, the "
        f"{METRICS[comparison.metric].title} of {comparison.top} was "
        f"{units.factor(comparison.ratio.middle)} times that of {comparison.bottom}, while its "
        f"core was {units.factor(speed)} times as fast: the cores explain the difference "
        f"(adjusted {units.factor(adjusted)})."
    )

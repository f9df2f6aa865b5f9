"""What is drawn of a series bears the series' id, and in words what each of its points says."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from harness.core import units
from harness.core.labels import clients, load
from harness.core.metrics import MIB, Metric, Unit
from harness.core.summary import Comparison, CostPoint, Price, Sample, Spread


@dataclass(frozen=True, slots=True)
class Words:
    """One value: of which series, at which load, what it is with its bounds and flags."""

    series: str
    at: str
    value: str

    @property
    def text(self) -> str:
        """Return all of it in one line."""
        return f"{self.series}, {self.at}: {self.value}"


class Series(str):
    """The id of what is drawn; `words` has an entry for each point of it, in the order drawn."""

    words: tuple[Words, ...] = ()

    @classmethod
    def of(cls, key: str, words: Iterable[Words | None]) -> "Series":
        """Return an id with the words of its points; those that have none are left out."""
        series = cls(key)
        series.words = tuple(each for each in words if each)
        return series


def of_cell(sample: Sample, spread: Spread | None, metric: Metric) -> Words | None:
    """Return a metric of a cell; None where it was not measured."""
    if spread is None:
        return None
    text = value(spread, metric.unit, bool(sample.doubts))
    return Words(sample.deployment, load(sample), f"{_least(sample, metric.name)}{text}")


def of_two(sample: Sample, one: Metric, other: Metric) -> Words:
    """Return two metrics of a cell that were measured."""
    texts = (
        f"{metric.short} {_least(sample, metric.name)}"
        f"{value(sample.metrics[metric.name], metric.unit, False)}"
        for metric in (one, other)
    )
    text = ", ".join(texts) + _flag(bool(sample.doubts))
    return Words(sample.deployment, load(sample), text)


def of_ratio(comparison: Comparison) -> Words:
    """Return the ratio of two deployments, as one of the first."""
    sign = ", inconclusive" if comparison.sign == "~" else ""
    ratio = f"{units.factor(comparison.ratio.middle)}{_bounds(comparison.ratio, units.factor)}"
    text = f"ASGI / WSGI {ratio}{sign}{_flag(bool(comparison.doubts))}"
    return Words(comparison.top, clients(comparison.users), text)


def of_relative(sample: Sample, comparison: Comparison) -> Words:
    """Return a metric of a cell as its ratio to that of the other deployment."""
    sign = ", inconclusive" if comparison.sign == "~" else ""
    ratio = f"{units.factor(comparison.ratio.middle)}{_bounds(comparison.ratio, units.factor)}"
    text = f"{_least(sample, comparison.metric)}{ratio}{sign}{_flag(bool(comparison.doubts))}"
    return Words(sample.deployment, load(sample), text)


def of_deviation(sample: Sample, percent: float) -> Words:
    """Return how far one round of a cell is off the middle."""
    text = f"{percent:+.2g}%{_flag(bool(sample.doubts))}"
    return Words(sample.deployment, load(sample), text)


def of_memory(price: Price, held: CostPoint) -> Words:
    """Return the memory of a server in one trial, at the connections that it held."""
    at = f"{units.count(held.connections)} connections"
    text = f"{MIB.text(held.memory_mib or 0)} {MIB.symbol}{_flag(held.doubted)}"
    return Words(price.deployment, at, text)


def short(name: str, most: int) -> str:
    """Shorten a name that would leave no room, in its middle: its end often tells it apart."""
    if len(name) <= most:
        return name
    return f"{name[: most // 2]}…{name[-most // 2 + 1 :]}"


def renamed(words: Words | None, series: str) -> Words | None:
    """Return the same words of another series."""
    return replace(words, series=series) if words else None


def value(spread: Spread, unit: Unit, flagged: bool) -> str:
    """Return a value with its unit, with its bounds where there are several rounds, its flag."""
    bare = f" {unit.symbol}" if unit.bare else ""
    return f"{unit.text(spread.middle)}{bare}{_bounds(spread, unit.text)}{_flag(flagged)}"


def _bounds(spread: Spread, text: Callable[[float], str]) -> str:
    if spread.rounds == 1:
        return ""
    return f" ({text(spread.low)} to {text(spread.high)})"


def _least(sample: Sample, metric: str) -> str:
    return "at least " if metric in sample.lower_bounds else ""


def _flag(flagged: bool) -> str:
    return ", flagged" if flagged else ""

"""Gather the figures by name of a cell's rounds. Pure."""

from collections.abc import Sequence
from dataclasses import fields

from harness.core import statistics
from harness.core.metrics import METRICS, OF_SHARES
from harness.core.record import NameFigures
from harness.core.summary import NameSample, Spread

KEYS = ("name", "method", "fired")
NUMBERS = tuple(each.name for each in fields(NameFigures) if each.name not in KEYS)


def samples(rounds: Sequence[Sequence[NameFigures]]) -> tuple[NameSample, ...]:
    """Return each name's figures over the rounds that have it, those asked most often first."""
    by_key: dict[tuple[str, str, bool], list[NameFigures]] = {}
    for figures in rounds:
        for each in figures:
            by_key.setdefault((each.name, each.method, each.fired), []).append(each)
    gathered = [_sample(figures) for figures in by_key.values()]
    return tuple(sorted(gathered, key=lambda each: (each.fired, -each.metrics["requests"].middle)))


def _sample(figures: Sequence[NameFigures]) -> NameSample:
    first = figures[0]
    spreads = {number: _spread(number, figures) for number in NUMBERS}
    return NameSample(
        name=first.name,
        method=first.method,
        fired=first.fired,
        metrics={number: spread for number, spread in spreads.items() if spread},
    )


def _spread(number: str, figures: Sequence[NameFigures]) -> Spread | None:
    """Return the spread of one number; of a far percentile only where each round has it."""
    values = [getattr(each, number) for each in figures]
    numbers = [float(value) for value in values if value is not None]
    metric = METRICS.get(number)
    if metric is not None and metric.every_round and len(numbers) < len(values):
        return None
    mean = metric.mean if metric else OF_SHARES
    return statistics.spread(numbers, mean.within)

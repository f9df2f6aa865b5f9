"""What it costs to serve a view by the interface it was not written for. Pure.

Django serves sync views natively under WSGI and async views under ASGI; elsewhere it adapts each
request. Where a scenario has a deployment of every kind of view under both interfaces, the
difference between adapted and native is the cost of that bridge.
"""

from collections.abc import Sequence
from itertools import product
from math import inf

from harness.core import statistics
from harness.core.plan import Interface, Views
from harness.core.summary import Bridge, Sample, Spread

NATIVE: dict[Interface, Views] = {"wsgi": "sync", "asgi": "async"}
"""The kind of view that each interface serves without adapting it."""

METRICS = ("server_cpu_ms_per_request", "latency_p50_ms")

Kind = tuple[Interface, Views]
KINDS: tuple[Kind, ...] = tuple(product(("wsgi", "asgi"), ("sync", "async")))


def bridges(samples: Sequence[Sample]) -> tuple[Bridge, ...]:
    """Return the bridge of each interface by each of METRICS, in scenarios with all four kinds.

    All are of one load: the highest whose four cells have the metrics, where there is one without
    a flag.
    """
    scenarios = dict.fromkeys(sample.scenario for sample in samples)
    return tuple(
        bridge
        for scenario in scenarios
        for bridge in _of_scenario([each for each in samples if each.scenario == scenario])
    )


def _of_scenario(samples: Sequence[Sample]) -> list[Bridge]:
    square = _square(samples)
    if square is None:
        return []
    crossed: list[Bridge] = []
    for interface, native in NATIVE.items():
        adapted: Views = "async" if native == "sync" else "sync"
        sides = square[interface, native], square[interface, adapted]
        crossed += (_bridge(metric, *sides) for metric in METRICS)
    return crossed


def _square(samples: Sequence[Sample]) -> dict[Kind, Sample] | None:
    """Return one sample of each kind, all at one load; None where a kind has none, or several."""
    by_load: dict[float, list[tuple[Kind, Sample]]] = {}
    for sample in samples:
        measured = all(metric in sample.metrics for metric in METRICS)
        if sample.views and measured and not sample.failing:
            kind = (sample.interface, sample.views)
            by_load.setdefault(sample.load, []).append((kind, sample))
    squares = [
        dict(here)
        for _, here in sorted(by_load.items(), reverse=True)
        if sorted(kind for kind, _ in here) == sorted(KINDS)
    ]
    whole = (square for square in squares if not any(each.doubts for each in square.values()))
    return next(whole, next(iter(squares), None))


def _bridge(metric: str, native: Sample, adapted: Sample) -> Bridge:
    return Bridge(
        scenario=native.scenario,
        interface=native.interface,
        load=native.load,
        metric=metric,
        native=native.deployment,
        adapted=adapted.deployment,
        values=(native.metrics[metric], adapted.metrics[metric]),
        cost=difference(adapted.per_round[metric], native.per_round[metric]),
        flagged=bool(native.doubts or adapted.doubts),
    )


def difference(top: Sequence[float | None], bottom: Sequence[float | None]) -> Spread | None:
    """Return top - bottom over the rounds that have both."""
    both = [(high, low) for high, low in zip(top, bottom, strict=True)]
    rounds = [high - low for high, low in both if high is not None and low is not None]
    return statistics.spread(rounds, within=(-inf, inf))

"""What the charts show: per scenario the points of each deployment and its look. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf, isnan, log10, nan

import numpy as np

from harness.core.bounds import Bound
from harness.core.plan import Interface, Model
from harness.core.summary import (
    Bridge,
    Comparison,
    Price,
    Sample,
    Slope,
    Spread,
    Summary,
    Timeline,
)
from harness.runs.leaders import leader

# Where deployments would hide each other they stand beside their load: this share of the axis
# apart, or less where so many of them would reach halfway to the next load.
DODGE = 0.012

# How many points make a curve.
GRID = 200


@dataclass(frozen=True, slots=True)
class Look:
    """How one deployment is drawn: distinct by colour and by marker, so also in grey.

    WSGI is solid, ASGI dashed.
    """

    colour: str
    marker: str
    dashes: tuple[float, ...]


# Blue and vermillion of Okabe & Ito (2008) stay apart for colour-blind eyes; shades of each.
WSGI = (
    Look("#0072B2", "o", ()),
    Look("#00385A", "^", ()),
    Look("#5FB0E5", "v", ()),
    Look("#3E5C76", "h", ()),
    Look("#17919B", "<", ()),
    Look("#8AA4C8", ">", ()),
)
ASGI = (
    Look("#D55E00", "s", (4, 2)),
    Look("#7F3300", "D", (2, 1.2)),
    Look("#F2A25C", "P", (4, 1.5, 1, 1.5)),
    Look("#A8577E", "X", (1, 1.2)),
    Look("#B3221A", "p", (4, 1.5, 1, 1.5, 1, 1.5)),
    Look("#D9B44A", "*", (2, 3)),
    Look("#5C1F2E", "d", (4, 4)),
    Look("#B08060", "8", (1, 3)),
)


@dataclass(frozen=True, slots=True)
class Point:
    """One value at one load; `spread` is None where nothing was measured.

    `mark` is `~` for a ratio that is inconclusive and `≥` for a latency that is a lower bound.
    """

    load: float
    spread: Spread | None
    doubted: bool
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """One scenario of a run, as its charts need it."""

    scenario: str
    rounds: int
    samples: tuple[Sample, ...]
    comparisons: tuple[Comparison, ...]
    looks: dict[str, Look]
    timelines: tuple[Timeline, ...] = ()
    prices: tuple[Price, ...] = ()
    bridges: tuple[Bridge, ...] = ()

    @property
    def objective_ms(self) -> float | None:
        """Return the latency up to which a request counts as served in time; None without one."""
        return self.samples[0].objective_ms

    @property
    def model(self) -> Model:
        """Return whether clients waited for answers before they asked again."""
        return self.samples[0].model

    @property
    def levels(self) -> tuple[float, ...]:
        """Return the loads, rising: users, or offered requests per second."""
        loads = {sample.load for sample in self.samples}
        return tuple(sorted(load for load in loads if not isnan(load))) or (1.0,)

    @property
    def reference(self) -> Sample | None:
        """Return the sample of WSGI with the highest throughput, whose deployment is the reference.

        Of those that are compared: a further label of a deployment is not.
        """
        return self._best("wsgi", {comparison.bottom for comparison in self.comparisons})

    def _best(self, interface: Interface, compared: Collection[str]) -> Sample | None:
        candidates = [sample for sample in self.samples if sample.deployment in compared]
        best = leader(candidates, interface, "throughput_rps")
        return best.sample if best else None

    def samples_of(self, deployment: str) -> tuple[Sample, ...]:
        """Return the samples of one deployment, rising."""
        return tuple(sample for sample in self.samples if sample.deployment == deployment)

    def points(self, deployment: str, metric: str, dodge: float = 1) -> list[Point]:
        """Return one metric of one deployment over its loads."""
        return [
            Point(
                sample.load * dodge,
                sample.metrics.get(metric),
                bool(sample.doubts),
                "≥" if metric in sample.lower_bounds else "",
            )
            for sample in self.samples_of(deployment)
        ]

    def streamed(self, deployment: str, metric: str) -> list[Point]:
        """Return one metric of the streams of one deployment over its loads."""
        return [
            Point(sample.load, sample.streams.get(metric), bool(sample.doubts))
            for sample in self.samples_of(deployment)
        ]

    def served(self, deployment: str, dodge: float) -> list[Point]:
        """Return the share of requests of one deployment that were served in time, in percent."""
        return [
            Point(sample.load * dodge, _percent(sample.served), bool(sample.doubts))
            for sample in self.samples_of(deployment)
        ]

    def bounds(self, deployment: str) -> tuple[list[float], list[float]]:
        """Return loads and the most that theory allows one deployment there.

        Also between the loads measured, where it is known for any.
        """
        samples = self.samples_of(deployment)
        if bound := self._bound(deployment):
            return self._grid, [bound.throughput_rps(users) for users in self._grid]
        most = [nan if sample.bound_rps is None else sample.bound_rps for sample in samples]
        return [sample.load for sample in samples], most

    @property
    def _grid(self) -> list[float]:
        """Return numbers of users from the least measured to the most, close together."""
        return [float(users) for users in np.geomspace(self.levels[0], self.levels[-1], GRID)]

    def _bound(self, deployment: str) -> Bound | None:
        return next((s.bound for s in self.samples_of(deployment) if s.bound), None)

    def most_in_time(self, deployment: str) -> float | None:
        """Return the most users that a deployment can serve in time; None beyond those measured."""
        bound = self._bound(deployment)
        if bound is None or self.objective_ms is None:
            return None
        most = bound.users_within(self.objective_ms)
        return most if self.levels[0] < most < self.levels[-1] else None

    def failed(self, deployment: str) -> list[float]:
        """Return the loads at which no round of a deployment ended with a measurement."""
        return [sample.load for sample in self.samples_of(deployment) if not sample.rounds]

    def highest(self, metric: str) -> float:
        """Return the highest value that any bar of any deployment reaches, 0 without values."""
        spreads = (sample.metrics.get(metric) for sample in self.samples)
        return max((spread.high for spread in spreads if spread), default=0.0)

    def ratios(self, reference: str, asgi: str, dodge: float) -> list[Point]:
        """Return the throughput of an ASGI deployment / that of the reference, over users."""
        return [
            Point(c.users * dodge, c.ratio, bool(c.doubts), mark="~" if c.sign == "~" else "")
            for c in self.comparisons
            if (c.bottom, c.top, c.metric) == (reference, asgi, "throughput_rps")
        ]

    @property
    def best_asgi(self) -> str:
        """Return the ASGI deployment of the highest throughput; empty where there is none."""
        best = self._best("asgi", {comparison.top for comparison in self.comparisons})
        return best.deployment if best else ""

    def slot_ratios(self) -> dict[str, list[Point]]:
        """Return the best ASGI / each WSGI deployment that has slots, over users per slot."""
        slots = {s.deployment: s.slots for s in self.samples if s.slots and s.interface == "wsgi"}
        return {
            name: [
                replace(point, load=point.load / many)
                for point in self.ratios(name, self.best_asgi, 1)
            ]
            for name, many in slots.items()
        }

    def predicted_slot_ratios(self, wsgi: str) -> tuple[list[float], list[float]]:
        """Return users per slot, and the ratio that the bounds of both sides predict there."""
        asgi_bound = self._bound(self.best_asgi)
        wsgi_bound = self._bound(wsgi)
        if asgi_bound is None or wsgi_bound is None or wsgi_bound.slots is None:
            return [], []
        users_per_slot: list[float] = []
        ratios: list[float] = []
        for users in self._grid:
            asgi_rps = asgi_bound.throughput_rps(users)
            wsgi_rps = wsgi_bound.throughput_rps(users)
            if inf not in (asgi_rps, wsgi_rps):
                users_per_slot.append(users / wsgi_bound.slots)
                ratios.append(asgi_rps / wsgi_rps)
        return users_per_slot, ratios

    def memory(self) -> dict[str, tuple[list[Point], Slope]]:
        """Return the server's memory in MiB over the connections held, a point per trial.

        With the line fitted to it, in KiB; only deployments that have one.
        """
        return {
            price.deployment: (_memory_points(price), price.memory_kib)
            for price in self.prices
            if price.memory_kib
        }

    def deviations(self, deployment: str, dodge: float) -> list[Point]:
        """Return how far each round's throughput is off the middle of its cell, in percent."""
        return [
            Point(sample.load * dodge, _single(deviation), bool(sample.doubts))
            for sample in self.samples_of(deployment)
            for deviation in _deviations(sample)
        ]

    def dodges(self, subset: Sequence[str] | None = None) -> dict[str, float]:
        """Return the factor on users that sets each deployment beside the others of its load.

        Of the deployments of `subset`, by default all.
        """
        names = list(self.looks) if subset is None else subset
        span = log10(max(self.levels[-1] / self.levels[0], 2.0))
        closest = min((log10(b / a) for a, b in pairwise(self.levels)), default=span)
        step = min(DODGE * span, 0.8 * closest / max(1, len(names)))
        middle = (len(names) - 1) / 2
        return {name: 10 ** (step * (i - middle)) for i, name in enumerate(names)}


def subjects(summary: Summary) -> tuple[Subject, ...]:
    """Return the scenarios of a summary; a deployment looks the same in all of them."""
    looks: dict[str, Look] = {}
    for interface, palette in (("wsgi", WSGI), ("asgi", ASGI)):
        names = dict.fromkeys(s.deployment for s in summary.samples if s.interface == interface)
        looks |= {name: palette[i % len(palette)] for i, name in enumerate(names)}
    return tuple(
        Subject(
            scenario=scenario,
            rounds=summary.rounds,
            samples=tuple(s for s in summary.samples if s.scenario == scenario),
            comparisons=tuple(c for c in summary.comparisons if c.scenario == scenario),
            looks=looks,
            timelines=tuple(t for t in summary.timelines if t.scenario == scenario),
            prices=tuple(p for p in summary.prices if p.scenario == scenario),
            bridges=tuple(b for b in summary.bridges if b.scenario == scenario),
        )
        for scenario in summary.scenarios
    )


def apart(levels: Sequence[float], least: float) -> tuple[float, ...]:
    """Return the loads at least a share of the logarithmic axis apart, from the top down."""
    loads = [levels[-1]]
    gap = least * log10(levels[-1] / levels[0])
    for level in reversed(levels[:-1]):
        if log10(loads[-1] / level) >= gap:
            loads.append(level)
    return tuple(loads)


def _percent(share: Spread | None) -> Spread | None:
    if share is None:
        return None
    return replace(share, middle=100 * share.middle, low=100 * share.low, high=100 * share.high)


def _single(value: float) -> Spread:
    return Spread(value, value, value, 1, "range")


def _memory_points(price: Price) -> list[Point]:
    return [
        Point(held.connections, _single(held.memory_mib), held.doubted)
        for held in price.points
        if held.memory_mib is not None
    ]


def _deviations(sample: Sample) -> list[float]:
    middle = sample.metrics.get("throughput_rps")
    if middle is None or not middle.middle:
        return []
    values = sample.per_round["throughput_rps"]
    return [100 * (value / middle.middle - 1) for value in values if value is not None]

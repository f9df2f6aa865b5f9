"""What the charts show: per scenario the points of each deployment and its look. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf, isnan, log10, nan

import numpy as np

from harness.core.bounds import Bound
from harness.core.closed_network import ClosedNetwork
from harness.core.cpu_profile import CpuProfile
from harness.core.holding import Holding
from harness.core.metrics import METRICS, SERVED, Metric
from harness.core.plan import Interface, Model
from harness.core.prediction import Prediction
from harness.core.summary import (
    Bridge,
    Comparison,
    HeatMap,
    Lanes,
    Price,
    Sample,
    Slope,
    Spread,
    Timeline,
    WorkerFamily,
)
from harness.report.charts import words
from harness.report.charts.looks import Look
from harness.report.charts.words import Words
from harness.runs.leaders import leader

# Where deployments would hide each other they stand beside their load: this share of the axis
# apart, or less where so many of them would reach halfway to the next load.
DODGE = 0.012

# At one load alone they stand in a row, this far apart on the logarithmic axis.
ONE_LOAD_STEP = 0.1

# How many points make a curve: a bound has corners, a prediction is smooth and slow to compute.
GRID, SMOOTH_GRID = 200, 40


@dataclass(frozen=True, slots=True)
class Point:
    """One value at one load; `spread` is None where nothing was measured.

    `mark` is `~` for a ratio that is inconclusive and `≥` for a latency that is a lower bound.
    `words` say all that in words.
    """

    load: float
    spread: Spread | None
    doubted: bool
    mark: str = ""
    words: Words | None = None


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
    predictions: tuple[Prediction, ...] = ()
    lanes: tuple[Lanes, ...] = ()
    heat_maps: tuple[HeatMap, ...] = ()
    profiles: tuple[CpuProfile, ...] = ()
    families: tuple[WorkerFamily, ...] = ()
    holdings: tuple[Holding, ...] = ()

    @property
    def objective_ms(self) -> float | None:
        """Return the latency up to which a request counts as served in time; None without one."""
        return self.samples[0].objective_ms

    @property
    def model(self) -> Model:
        """Return whether clients waited for answers before they asked again."""
        return (self.samples or self.holdings)[0].model

    @property
    def levels(self) -> tuple[float, ...]:
        """Return the loads, rising: users, or offered requests per second."""
        loads = {sample.load for sample in self.samples}
        return tuple(sorted(load for load in loads if not isnan(load))) or (1.0,)

    @property
    def shown(self) -> tuple[str, ...]:
        """Return the deployments that the scenario runs against."""
        measured = {sample.deployment for sample in self.samples}
        measured |= {holding.deployment for holding in self.holdings}
        return tuple(name for name in self.looks if name in measured)

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

    @property
    def priced(self) -> tuple[Holding, ...]:
        """Return the searches that came to a load with the memory and CPU time that it took."""
        return tuple(
            each
            for each in self.holdings
            if each.capacity.load and each.memory_mib is not None and each.cpu_ms is not None
        )

    def samples_of(self, deployment: str) -> tuple[Sample, ...]:
        """Return the samples of one deployment, rising."""
        return tuple(sample for sample in self.samples if sample.deployment == deployment)

    @property
    def one_load(self) -> bool:
        """Return whether there is one load alone: deployments then stand beside each other."""
        return len(self.levels) == 1

    def points(self, deployment: str, metric: str, dodge: float | None = None) -> list[Point]:
        """Return one metric of one deployment over its loads, by default at its `place`."""
        dodge = self.place(deployment) if dodge is None else dodge
        return [
            Point(
                sample.load * dodge,
                sample.metrics.get(metric),
                bool(sample.doubts),
                "≥" if metric in sample.lower_bounds else "",
                words.of_cell(sample, sample.metrics.get(metric), METRICS[metric]),
            )
            for sample in self.samples_of(deployment)
        ]

    def latency_over_throughput(self, deployment: str, latency: Metric) -> dict[int, Point]:
        """Return a latency over throughput of one deployment, by the users of each load."""
        rate = METRICS["throughput_rps"]
        return {
            sample.users: Point(
                sample.metrics[rate.name].middle,
                sample.metrics[latency.name],
                bool(sample.doubts),
                "≥" if latency.name in sample.lower_bounds else "",
                words.of_two(sample, rate, latency),
            )
            for sample in self.samples_of(deployment)
            if rate.name in sample.metrics and latency.name in sample.metrics
        }

    def streamed(self, deployment: str, metric: Metric) -> list[Point]:
        """Return one metric of the streams of one deployment over its loads."""
        return [
            Point(
                sample.load * self.place(deployment),
                sample.streams.get(metric.name),
                bool(sample.doubts),
                words=words.of_cell(sample, sample.streams.get(metric.name), metric),
            )
            for sample in self.samples_of(deployment)
        ]

    def served(self, deployment: str, dodge: float) -> list[Point]:
        """Return the share of requests of one deployment that were served in time, in percent."""
        return [
            Point(
                sample.load * dodge,
                _percent(sample.served),
                bool(sample.doubts),
                words=words.of_cell(sample, sample.served, SERVED),
            )
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

    def prediction(self, deployment: str, metric: str) -> tuple[list[int], list[float]]:
        """Return users up to the most that a deployment had, and what the model predicts there.

        Of the throughput or of a percentile; nothing where it predicts none.
        """
        own = next((p for p in self.predictions if p.deployment == deployment), None)
        quantile = METRICS[metric].quantile
        if own is None or (quantile and not own.percentiles):
            return [], []
        most = max(sample.users for sample in self.samples_of(deployment))
        network = ClosedNetwork(own.system, most)
        smooth = np.geomspace(self.levels[0], self.levels[-1], SMOOTH_GRID)
        grid = sorted({round(users) for users in smooth if users <= most} | {most})
        if quantile:
            return grid, [network.percentile_ms(users, quantile.share) for users in grid]
        return grid, [network.throughput_rps(users) for users in grid]

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

    def lowest(self, metric: str) -> float:
        """Return the lowest middle above 0 of any deployment, 0 without any."""
        spreads = (sample.metrics.get(metric) for sample in self.samples)
        return min((each.middle for each in spreads if each and each.middle > 0), default=0.0)

    def ratios(self, reference: str, asgi: str, dodge: float) -> list[Point]:
        """Return the throughput of an ASGI deployment / that of the reference, over users."""
        return [
            Point(
                c.users * dodge,
                c.ratio,
                bool(c.doubts),
                "~" if c.sign == "~" else "",
                words.of_ratio(c),
            )
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
                replace(point, load=point.load / many, words=words.renamed(point.words, name))
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
            Point(
                sample.load * dodge,
                _single(deviation),
                bool(sample.doubts),
                words=words.of_deviation(sample, deviation),
            )
            for sample in self.samples_of(deployment)
            for deviation in _deviations(sample)
        ]

    def place(self, deployment: str) -> float:
        """Return the factor on users of a deployment whose points need not be set apart."""
        return self.dodges().get(deployment, 1.0) if self.one_load else 1.0

    def dodges(self, subset: Sequence[str] | None = None) -> dict[str, float]:
        """Return the factor on users that sets each deployment beside the others of its load.

        Of the deployments of `subset`, by default all; at one load alone always of all, so that
        each has its own place.
        """
        names = self.shown if subset is None or self.one_load else subset
        if self.one_load:
            step = ONE_LOAD_STEP
        else:
            span = log10(max(self.levels[-1] / self.levels[0], 2.0))
            closest = min(log10(b / a) for a, b in pairwise(self.levels))
            step = min(DODGE * span, 0.8 * closest / max(1, len(names)))
        middle = (len(names) - 1) / 2
        return {name: 10 ** (step * (i - middle)) for i, name in enumerate(names)}


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
        Point(
            held.connections,
            _single(held.memory_mib),
            held.doubted,
            words=words.of_memory(price, held),
        )
        for held in price.points
        if held.memory_mib is not None
    ]


def _deviations(sample: Sample) -> list[float]:
    middle = sample.metrics.get("throughput_rps")
    if middle is None or not middle.middle:
        return []
    values = sample.per_round["throughput_rps"]
    return [100 * (value / middle.middle - 1) for value in values if value is not None]

"""How much a deployment holds: a search for the highest load that meets an objective. Pure.

The search climbs by large factors until a load is missed, halves the bracket on a logarithmic
scale, and then repeats both of its ends in fresh trials. It draws no conclusion from one outcome:
an end that is contradicted moves outwards. The interval is that of the likelihood of all trials, as
in QUEST (Watson & Pelli 1983), whose way to place trials is not taken.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, inf, log, sqrt
from statistics import median

import numpy as np
from scipy.special import log_ndtr

from harness.core.holding import Capacity, Limit, Outcome
from harness.core.statistics import CONFIDENCE, Floats

# From a load that is held to one that may not be: few trials, and no overload beyond all measure.
ASCENT = 4.0

# From an end of the bracket that was contradicted: two of the steps that tell loads apart.
STEP = 1.1

# Loads closer than this are not told apart: a deployment differs from itself by 3 % from start to
# start (harness.core.statistics.MARGIN), and each end by its own.
RESOLUTION = 1.06

# What an overloaded server still served is looked below and above of, by this factor, and then once
# more above, by its cube: of a load that it cannot hold it may have served less.
BESIDE_HINT = 1.04

# Each end has as many trials, each on a fresh server: as many as the rounds of a plan usually are.
CONFIRMATIONS = 3

# Flagged so often and never judged, a load counts as one that cannot be measured.
MOST_VOID = 3

# Where noise keeps moving the ends, more trials would not settle them either.
MOST_TRIALS = 18

# By how much the capacity may differ from trial to trial, as standard deviations of its logarithm,
# each factor as likely as the next: from what no two starts of a server are below to a machine that
# nothing can be measured on. A dozen outcomes do not tell it, so the interval weighs them all.
NOISE = np.geomspace(0.02, 0.25, 10)

# By how much it differs from search to search beyond that, as another standard deviation: trials of
# one search meet the machine at much the same pace, so that they cannot tell
# (docs/decisions/0015-a-search-cannot-see-the-pace.md).
PACE = 0.05

# The likelihood is computed at so many loads, up to so many times beyond those that were tried.
GRID, BEYOND = 500, 2.0


@dataclass(frozen=True, slots=True)
class Probe:
    """What one trial said of a load.

    `hint` is where the capacity lies by what the server answered in it; None where it is not said.
    """

    load: float
    outcome: Outcome
    hint: float | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a search may look: requests per second or, in `whole` numbers, users."""

    first: float
    lowest: float
    highest: float
    whole: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.lowest <= self.first <= self.highest:
            raise ValueError("a scope needs 0 < lowest <= first <= highest")

    def at(self, load: float) -> float:
        """Return the nearest load of the scope, in three digits or a whole number."""
        within = min(max(load, self.lowest), self.highest)
        rounded = float(round(within)) if self.whole else float(f"{within:.3g}")
        return min(max(rounded, self.lowest), self.highest)


@dataclass(slots=True)
class _Trials:
    """The trials of one load, by outcome."""

    met: int = 0
    missed: int = 0
    void: int = 0

    @property
    def unjudged(self) -> bool:
        return not self.met and not self.missed and self.void >= MOST_VOID

    @property
    def fails(self) -> bool:
        """Return whether it cannot be said to be held."""
        return self.missed > 0 or self.unjudged


class Search:
    """A search under way: asked for the next load, told what came of it.

    The same outcomes lead to the same loads, so a search that was stopped is told them again.
    """

    def __init__(self, scope: Scope, probes: Iterable[Probe] = ()) -> None:
        self.scope = scope
        self.probes: list[Probe] = []
        self._trials: dict[float, _Trials] = {}
        self._hints: dict[float, float] = {}
        for probe in probes:
            self.add(probe)

    def add(self, probe: Probe) -> None:
        """Take in what came of one trial."""
        self.probes.append(probe)
        trials = self._trials.setdefault(probe.load, _Trials())
        setattr(trials, probe.outcome, getattr(trials, probe.outcome) + 1)
        if probe.outcome is Outcome.MISSED and probe.hint:
            self._hints[probe.load] = probe.hint

    @property
    def next_load(self) -> float | None:
        """Return the load of the next trial; None where the search has ended."""
        if len(self.probes) >= MOST_TRIALS:
            return None
        if not self.probes:
            return self.scope.first
        last = self.probes[-1]
        if last.outcome is Outcome.VOID and self._trials[last.load].void < MOST_VOID:
            return last.load
        return self._bracket() or self._confirm()

    @property
    def capacity(self) -> Capacity:
        """Return what the trials so far come to."""
        met, limit = self._highest_met, self._limit
        load, low, high = met, met, None
        if met is not None and limit is Limit.OBJECTIVE:
            load, low, high = interval(self._loads(Outcome.MET), self._loads(Outcome.MISSED))
        return Capacity(load, low, high, limit, self._confirmed, len(self.probes))

    def _loads(self, outcome: Outcome) -> list[float]:
        return [probe.load for probe in self.probes if probe.outcome is outcome]

    @property
    def _limit(self) -> Limit:
        if self._high is not None and self._trials[self._high].unjudged:
            return Limit.FLAGS
        return Limit.OBJECTIVE if self._loads(Outcome.MISSED) else Limit.HIGHEST

    @property
    def _confirmed(self) -> bool:
        return self._bracket() is None and self._confirm() is None

    def _bracket(self) -> float | None:
        """Return a load that narrows the bracket; None once no two loads within can be told."""
        low, high = self._low, self._high
        if low is None:
            return self._descend()
        if high is None:
            return self._ascend()
        missed, met = self._lowest_missed or high, self._highest_met or low
        return self._between(low, missed, missed) or self._between(met, high, met)

    def _descend(self) -> float | None:
        """Return a lower load than any that was missed; None where the lowest was."""
        missed = self._lowest_missed
        if missed is None or missed <= self.scope.lowest:
            return None
        hint = self._hints.get(missed, missed)
        lower = hint / BESIDE_HINT if hint * STEP < missed else missed / ASCENT
        load = self.scope.at(missed / STEP if self._noisy else lower)
        return load if load < missed else self.scope.at(missed - 1)  # the next user

    def _ascend(self) -> float | None:
        """Return a higher load than any that was met; None where the highest was."""
        met = self._highest_met
        if met is None or met >= self.scope.highest:
            return None
        load = self.scope.at(met * (STEP if self._noisy else ASCENT))
        return load if load > met else self.scope.at(met + 1)

    def _between(self, held: float, missed: float, end: float) -> float | None:
        """Return a load between two; None where they are not told apart.

        Where outcomes contradict each other, it lies near the `end` that was contradicted.
        """
        if missed <= held * RESOLUTION or (self.scope.whole and missed - held <= 1):
            return None
        middle = sqrt(held * missed)
        if self._noisy:
            near = max(middle, missed / STEP) if end == missed else min(middle, held * STEP)
            return self._inside(held, missed, [near, middle])
        hint = self._hints.get(missed)
        beside = [hint * BESIDE_HINT**power for power in (-1, 1, 3)] if hint else []
        return self._inside(held, missed, [*beside, middle])

    def _inside(self, held: float, missed: float, loads: Sequence[float]) -> float | None:
        """Return the first of some loads that can be told from both ends."""
        margin = sqrt(RESOLUTION) if not self.scope.whole else 1.0
        for load in map(self.scope.at, loads):
            if held * margin < load < missed / margin:
                return load
        return None

    def _confirm(self) -> float | None:
        """Return the end of the bracket that has fewer trials; None once both have enough."""
        wanting = []
        low, high = self._low, self._high
        if low is not None:
            wanting.append((self._trials[low].met, low))
        if high is not None and not self._trials[high].unjudged:
            wanting.append((self._trials[high].missed, high))
        trials, load = min(wanting, default=(CONFIRMATIONS, 0.0))
        return load if trials < CONFIRMATIONS else None

    @property
    def _noisy(self) -> bool:
        """Return whether a load was met that is not below each that was missed."""
        met, missed = self._highest_met, self._lowest_missed
        return met is not None and missed is not None and met >= missed

    @property
    def _highest_met(self) -> float | None:
        return max((load for load, trials in self._trials.items() if trials.met), default=None)

    @property
    def _lowest_missed(self) -> float | None:
        return min((load for load, trials in self._trials.items() if trials.fails), default=None)

    @property
    def _low(self) -> float | None:
        """Return the highest load that was met below each that was missed."""
        missed = self._lowest_missed
        held = (
            load
            for load, trials in self._trials.items()
            if trials.met and (missed is None or load < missed)
        )
        return max(held, default=None)

    @property
    def _high(self) -> float | None:
        """Return the lowest load that was missed above each that was met."""
        met = self._highest_met or 0.0
        failed = (load for load, trials in self._trials.items() if trials.fails and load > met)
        return min(failed, default=None)


def repeats(searches: Sequence[Capacity]) -> tuple[bool, ...]:
    """Return of each search whether the median of the others lies within its interval.

    Two searches at least. One that held at least so much has no upper bound.
    """
    return tuple(
        _holds_within(each, median(loads_of([*searches[:place], *searches[place + 1 :]])))
        for place, each in enumerate(searches)
    )


def loads_of(searches: Sequence[Capacity]) -> list[float]:
    """Return what searches came to; no load counts as 0."""
    return [each.load or 0.0 for each in searches]


def _holds_within(search: Capacity, load: float) -> bool:
    low, high = search.low or 0.0, inf if search.at_least else search.high or 0.0
    return low <= load <= high


def interval(met: Sequence[float], missed: Sequence[float]) -> tuple[float, float, float]:
    """Return the capacity that outcomes make likely: its median, and an interval of CONFIDENCE.

    Both are the loads of trials, one at least. In each trial the logarithm of the capacity is
    normal around that of the search, and that around its true one; nothing is held against any
    value of that before.
    """
    tried = np.log([*met, *missed])
    grid = np.linspace(tried.min() - log(BEYOND), tried.max() + log(BEYOND), GRID)
    likelihood = np.zeros((GRID, len(NOISE)))
    for load in met:
        likelihood += log_ndtr((grid[:, None] - log(load)) / NOISE)
    for load in missed:
        likelihood += log_ndtr((log(load) - grid[:, None]) / NOISE)
    weight = np.exp(likelihood - likelihood.max()).sum(axis=1)
    apart = grid - grid[:, None]
    return _quantiles(grid, np.exp(-((apart / PACE) ** 2) / 2) @ weight)


def _quantiles(grid: Floats, weight: Floats) -> tuple[float, float, float]:
    """Return the median of a weighted grid of logarithms, and its bounds, as loads."""
    below = np.cumsum(weight) / weight.sum()
    shares = (0.5, (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
    middle, low, high = (exp(float(np.interp(share, below, grid))) for share in shares)
    return middle, low, high

"""Tell when a plateau has settled: the rule MSER, which drops what warms up and no more.

White (1997), "An effective truncation heuristic for bias reduction in simulation output"; for
batches of observations Spratt (1998), MSER-5. The observations here are bins of time.
"""

from collections.abc import Callable, Sequence

import gevent

LONGEST_BIN_S, SHORTEST_BIN_S, BINS = 1.0, 0.1, 20

# Below six bins a truncation point is an accident.
FEWEST_BINS = 6


class Pulse:
    """Note what each bin of a plateau's time brought, from now until it is stopped.

    A bin is a second long, or less where a plateau of `plateau_s` seconds would have fewer than 20.
    """

    def __init__(self, plateau_s: float, beat: Callable[[], float]) -> None:
        self.series: list[float] = []
        self._bin_s = min(LONGEST_BIN_S, max(SHORTEST_BIN_S, plateau_s / BINS))
        self._beat = beat
        self._watching = gevent.spawn(self._watch)

    def stop(self) -> None:
        """Note no more."""
        self._watching.kill(block=False)

    def _watch(self) -> None:
        while True:
            gevent.sleep(self._bin_s)
            self.series.append(self._beat())


def truncation(series: Sequence[float]) -> int:
    """Give how many bins to drop so that the mean of the others is known best.

    It minimises the squared standard error of what is left, and drops half of it at most: a
    minimum there means that the series, which must not be empty, has not settled.
    """
    return min(range(len(series) // 2 + 1), key=lambda dropped: _error(series[dropped:]))


def settled(series: Sequence[float]) -> bool:
    """Hold when what warmed up lies in the first half."""
    return len(series) >= FEWEST_BINS and truncation(series) < len(series) // 2


def drift(series: Sequence[float], settling: int) -> float:
    """Give the share by which the mean after `settling` bins is off that of the settled rest.

    The values are counts. What their own noise explains (two standard errors of a Poisson count)
    is no drift: 0.
    """
    if len(series) < FEWEST_BINS:
        return 0.0
    dropped = truncation(series)
    rest, window = series[dropped:], series[settling:]
    total = sum(rest)
    if dropped <= settling or total == 0:
        return 0.0
    off = abs((sum(window) / len(window)) / (total / len(rest)) - 1)
    return off if off > 2 / total**0.5 else 0.0


def _error(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / len(values) ** 2

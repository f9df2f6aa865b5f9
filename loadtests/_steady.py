"""Tell when a plateau has settled: the rule MSER, which drops what warms up and no more.

White (1997), "An effective truncation heuristic for bias reduction in simulation output"; for
batches of observations Spratt (1998), MSER-5. The observations here are bins of time.
"""

from collections.abc import Callable, Sequence

import gevent

LONGEST_BIN_S, SHORTEST_BIN_S, BINS = 1.0, 0.1, 20

# Below six bins a truncation point is an accident.
FEWEST_BINS = 6

# Two standard errors would call up to 0.8 % of windows of Poisson counts unsteady, as both
# directions look for the rest that suits them best; 2.5 call 0.2 % so, simulated.
NOISE = 2.5


class Pulse:
    """Note what each bin of a plateau's time brought, from now until it is stopped.

    A bin is a second long, or less where a plateau of `plateau_s` seconds would have fewer than 20.
    """

    def __init__(self, plateau_s: float, beat: Callable[[], float]) -> None:
        self.series: list[float] = []
        self._bin_s = bin_s(plateau_s)
        self._beat = beat
        self._watching = gevent.spawn(self._watch)

    def stop(self) -> None:
        """Note no more."""
        self._watching.kill(block=False)

    def _watch(self) -> None:
        while True:
            gevent.sleep(self._bin_s)
            self.series.append(self._beat())


def bin_s(plateau_s: float) -> float:
    """Return how long a bin of a plateau is, in seconds."""
    return min(LONGEST_BIN_S, max(SHORTEST_BIN_S, plateau_s / BINS))


def truncation(series: Sequence[float]) -> int:
    """Return how many bins to drop so that the mean of the others is known best.

    It minimises the squared standard error of what is left, and drops half of it at most: a
    minimum there means that the series, which must not be empty, has not settled.
    """
    return min(range(len(series) // 2 + 1), key=lambda dropped: _error(series[dropped:]))


def settled(series: Sequence[float]) -> bool:
    """Hold when what warmed up lies in the first half."""
    return len(series) >= FEWEST_BINS and truncation(series) < len(series) // 2


def drift(window: Sequence[float]) -> float:
    """Return the share by which a window's mean is off that of what has settled of it.

    Judged forwards and backwards: what warms up within a window stands at its begin, what breaks
    down at its end. The larger share counts.
    """
    return max(_shift(window), _shift(window[::-1]))


def _shift(window: Sequence[float]) -> float:
    """Return by which share dropping the begin of a window, as truncation() says, moves its mean.

    Of the window alone: over a plateau that settles for as long as it is measured, the half that
    may be dropped would end where the window begins, and nothing could ever be off. The values are
    counts. What noise explains is no shift, but 0: NOISE standard errors of the settled mean, by
    its own scatter or, where that is less, by that of a Poisson count of the window's rate. (Not of
    the rest's: the rule prefers a rest that is quiet, which among few counts is a rest of hardly
    any.)
    """
    if len(window) < FEWEST_BINS:
        return 0.0
    rest = window[truncation(window) :]
    mean = sum(window) / len(window)
    settled_mean = sum(rest) / len(rest)
    noise = max(_error(rest), mean / len(rest)) ** 0.5
    if settled_mean == 0 or abs(mean - settled_mean) <= NOISE * noise:
        return 0.0
    return abs(mean / settled_mean - 1)


def _error(values: Sequence[float]) -> float:
    """Return the squared standard error of the mean."""
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / len(values) ** 2

"""What a closed system does on average: N users who think, T slots, some cores. Pure.

`bounds` has what no such system can exceed, this what one with random CPU times comes to. A request
holds its slot while it waits (D) and while it queues for a core and computes (S), so the slots are
no station but a limit on the requests in progress. The network is solved in two steps, by a
flow-equivalent server (Chandy, Herzog & Woo 1975; Lazowska et al. 1984, ch. 8 and 9):

1. Of n requests in progress, each in its wait or at a core, X(n) are completed per ms: the exact
   solution of that inner network.
2. Users think (Z), or are one of n in the system, which completes X(min(n, T)): a birth and death
   chain, solved exactly.

Without a limit that binds, both steps together are the exact solution of the whole network, that
of mean value analysis (Reiser & Lavenberg 1980). With one the second step is an approximation.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import gammainc, gammaln, logsumexp, xlogy

from harness.core.bounds import Bound

Floats = npt.NDArray[np.float64]

# States that are seen less often move no percentile that anybody reads.
RARE = 1e-9

# A queue that is shorter is the rounding error of a difference.
NOTHING_MS = 1e-9


@dataclass(frozen=True, slots=True)
class _Queues:
    """How long an arrival queues, beyond D + S: mean and variance in each of several states."""

    mean_ms: Floats
    variance: Floats

    def share_within(self, ms: float) -> Floats:
        """Return the share that queues for at most `ms` in each state: gamma distributions.

        All of it where there is nobody to queue behind.
        """
        share = np.ones_like(self.mean_ms)
        behind = self.variance > 0
        mean_ms, variance = self.mean_ms[behind], self.variance[behind]
        share[behind] = gammainc(mean_ms**2 / variance, mean_ms * ms / variance)
        return share


class ClosedNetwork:
    """A closed system with up to `most_users` users, whose requests take S of a core on average.

    Throughput and mean latency hold for waits and pauses of any distribution, and for CPU times of
    any where cores take turns at them, else for exponential ones. Cores are whole ones. Raise
    ValueError for a system without CPU time.
    """

    def __init__(self, system: Bound, most_users: int) -> None:
        if system.cpu_ms <= 0:
            raise ValueError("a request without CPU time has no queue to solve")
        self._system = system
        self._cores = max(1, int(system.cores))
        self._slots = min(most_users, system.slots or most_users)
        self._rates = _completion_rates(system, self._cores, self._slots)

    def throughput_rps(self, users: int) -> float:
        """Return the requests per second that so many users get answered."""
        rates = self._rates[np.minimum(np.arange(users + 1), self._slots)]
        return 1000 * float(self._in_system(users) @ rates)

    def latency_ms(self, users: int) -> float:
        """Return the mean latency, by Little's law: N/X - Z."""
        return 1000 * users / self.throughput_rps(users) - self._system.think_ms

    @property
    def alone_ms(self) -> float:
        """Return the latency without a queue: D + S."""
        return self._system.wait_ms + self._system.cpu_ms

    def percentile_ms(self, users: int, share: float) -> float:
        """Return the latency that a share of the requests does not exceed, of equal requests.

        They take D and S each; what differs is the queue. An arrival sees the system as it is with
        one user less (the arrival theorem). How long it then queues is taken to have a gamma
        distribution, of the mean and the variance that it has in this state.
        """
        seen, queues = self._seen(users)

        def beyond(ms: float) -> float:
            return float(seen @ queues.share_within(ms)) - share

        if beyond(0) >= 0:
            return self.alone_ms
        longest_ms = float(np.max(queues.mean_ms + 40 * np.sqrt(queues.variance)))
        return self.alone_ms + float(brentq(beyond, 0, longest_ms, rtol=1e-4))

    def share_within(self, users: int, ms: float) -> float:
        """Return the share of equal requests whose latency is at most `ms`."""
        if ms < self.alone_ms:
            return 0.0
        seen, queues = self._seen(users)
        return float(seen @ queues.share_within(ms - self.alone_ms))

    def _seen(self, users: int) -> tuple[Floats, _Queues]:
        """Return how probable each state is that an arrival meets, and how long it queues there."""
        seen = self._in_system(users - 1)
        (states,) = np.nonzero(seen > RARE)
        return seen[states], self._queues(states)

    def _in_system(self, users: int) -> Floats:
        """Return how probable 0, 1 ... `users` requests in the system are: in a slot or before."""
        if not self._system.think_ms:
            alone = np.zeros(users + 1)
            alone[users] = 1
            return alone
        inside = np.arange(1, users + 1)
        births = (users - inside + 1) / self._system.think_ms
        deaths = self._rates[np.minimum(inside, self._slots)]
        weights = np.concatenate(([0.0], np.cumsum(np.log(births / deaths))))
        return np.asarray(np.exp(weights - logsumexp(weights)))

    def _queues(self, others: npt.NDArray[np.intp]) -> _Queues:
        """Return how long an arrival queues where so many others are in the system.

        Before a slot it waits until those ahead have left. They leave at intervals whose squared
        coefficient of variation is the square of the cores' utilisation: none where constant waits
        set the pace, 1 where a core does (Whitt, The Queueing Network Analyzer, 1983).
        """
        ahead = np.maximum(0, others - self._slots + 1)
        full = self._rates[self._slots]
        utilisation = full * self._system.cpu_ms / self._cores
        core = self._core_queues(np.minimum(others, self._slots - 1))
        return _Queues(
            core.mean_ms + ahead / full,
            core.variance + ahead * (utilisation / full) ** 2,
        )

    def _core_queues(self, others: npt.NDArray[np.intp]) -> _Queues:
        """Return how long an arrival queues at the cores where so many others are in progress.

        Of them D X are in their wait, with a variance that follows from X(n) and X(n - 1); the
        rest is ahead at the cores.
        """
        wait_ms, cpu_ms = self._system.wait_ms, self._system.cpu_ms
        waiting = wait_ms * self._rates[others]
        before = wait_ms * self._rates[np.maximum(0, others - 1)]
        scatter = waiting * (before - waiting + 1)
        mean_ms = (others + 1) / self._rates[others + 1] - wait_ms - cpu_ms
        turn_ms = cpu_ms / self._cores
        variance = turn_ms**2 * (others - waiting + scatter)
        return _Queues(np.maximum(0, mean_ms), np.where(mean_ms > NOTHING_MS, variance, 0))


def most_users(meets: Callable[[int], bool], most: int) -> int:
    """Return the highest number up to `most` that meets what no higher one meets; 0 for none."""
    met, missed = 0, most + 1
    while missed - met > 1:
        middle = (met + missed) // 2
        if meets(middle):
            met = middle
        else:
            missed = middle
    return met


def _completion_rates(system: Bound, cores: int, most: int) -> Floats:
    """Return X(n) in requests per ms for n = 0, 1 ... `most` requests in progress.

    X(n) = G(n - 1) / G(n), with G the normalising constant of a delay of D and a station of so
    many cores (Buzen 1973). Its generating function e^(Dz) B(z), B that of the station, times
    1 - S z / cores leaves a series E of positive terms, so that
    G(n) = S / cores G(n - 1) + E(n): sums without cancellation. b is E(n) / G(n); on one core it
    is Erlang's B, the probability that the core is idle.
    """
    least_ms = system.cpu_ms / cores
    growth = _growth(system, cores, most)
    rates = np.zeros(most + 1)
    b = 1.0
    for n in range(1, most + 1):
        each_ms = least_ms + growth[n] * b
        rates[n] = 1 / each_ms
        b *= growth[n] / each_ms
    return rates


def _growth(system: Bound, cores: int, most: int) -> Floats:
    """Return E(n) / E(n - 1), E(n) = sum of S^j / j! (1 - j / cores) D^(n-j) / (n-j)!, j < cores.

    0 where E(n) is 0, and for n = 0.
    """
    n = np.arange(most + 1)[:, np.newaxis]
    j = np.arange(cores)
    rest = n - j
    whole = np.maximum(rest, 0)
    computing = xlogy(j, system.cpu_ms) - gammaln(j + 1) + np.log1p(-j / cores)
    waiting = xlogy(whole, system.wait_ms) - gammaln(whole + 1)
    terms = logsumexp(np.where(rest < 0, -np.inf, computing + waiting), axis=1)
    growth = np.zeros(most + 1)
    (there,) = np.nonzero(np.isfinite(terms[1:]))
    growth[there + 1] = np.exp(terms[there + 1] - terms[there])
    return growth

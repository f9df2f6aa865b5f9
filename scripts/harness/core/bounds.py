"""What theory allows: the bounds of a closed system with N users, T slots and some cores.

Asymptotic bounds of operational analysis (Denning & Buzen 1978; Lazowska et al. 1984, ch. 5).
D = wait, S = server CPU per request, Z = think time, all in milliseconds; rates per second.
"""

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Bound:
    """A closed system. An unknown cost may stand as 0; the bounds are then too generous."""

    wait_ms: float
    cpu_ms: float
    think_ms: float
    slots: int | None
    cores: float

    def throughput_rps(self, users: float) -> float:
        """Return the highest rate, in requests per second: min(N/(D+S+Z), Xmax).

        inf where nothing limits it.
        """
        cycle_ms = self.wait_ms + self.cpu_ms + self.think_ms
        return min(_rate(users, cycle_ms), self._capacity_rps())

    def users_within(self, latency_ms: float) -> float:
        """Return how many users can each be answered within a latency R: Xmax (R + Z).

        0 where R is shorter than D + S, inf where nothing limits it.
        """
        if latency_ms < self.wait_ms + self.cpu_ms:
            return 0
        return self._capacity_rps() * (latency_ms + self.think_ms) / 1000

    @property
    def useful_slots(self) -> float | None:
        """Return from how many slots on a core is full: 1 + D/S; None where that is unknown.

        While one request waits for D, a core that spends S on each has time for D/S others.
        """
        return 1 + self.wait_ms / self.cpu_ms if self.wait_ms and self.cpu_ms else None

    def _capacity_rps(self) -> float:
        """Return the highest rate with any number of users: Xmax = min(T/(D+S), cores/S)."""
        by_slots = inf if self.slots is None else _rate(self.slots, self.wait_ms + self.cpu_ms)
        return min(by_slots, _rate(self.cores, self.cpu_ms))


def _rate(count: float, each_ms: float) -> float:
    return count / each_ms * 1000 if each_ms > 0 else inf

"""What theory allows: the bounds of a closed system with N users, T slots and one or more cores.

Asymptotic bounds of operational analysis (Denning & Buzen 1978; Lazowska et al. 1984, ch. 5).
D = wait, S = server CPU per request, Z = think time, all in milliseconds; rates per second.
"""

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Bound:
    """A closed system. A cost that is not known may stand as 0, which allows more than there is."""

    wait_ms: float
    cpu_ms: float
    think_ms: float
    slots: int | None
    cores: float

    def throughput_rps(self, users: float) -> float:
        """Give the most requests per second: min(N/(D+S+Z), Xmax); inf without limits."""
        each_ms = self.wait_ms + self.cpu_ms + self.think_ms
        return min(_rate(users, each_ms), self._capacity_rps())

    def users_within(self, latency_ms: float) -> float:
        """Give the most users of whom each can be answered within a latency R: Xmax (R + Z).

        0 where that is shorter than D + S; inf without limits.
        """
        if latency_ms < self.wait_ms + self.cpu_ms:
            return 0
        return self._capacity_rps() * (latency_ms + self.think_ms) / 1000

    def _capacity_rps(self) -> float:
        """Give the most requests per second of any number of users: min(T/(D+S), cores/S)."""
        slots = inf if self.slots is None else _rate(self.slots, self.wait_ms + self.cpu_ms)
        return min(slots, _rate(self.cores, self.cpu_ms))


def _rate(many: float, each_ms: float) -> float:
    return many / each_ms * 1000 if each_ms > 0 else inf

"""What theory allows: the bounds of a closed system with N users, T slots and one or more cores.

Asymptotic bounds of operational analysis (Denning & Buzen 1978; Lazowska et al. 1984, ch. 5).
D = wait, S = server CPU per request, Z = think time, all in milliseconds; rates per second.
"""


def throughput_rps(
    users: int, wait_ms: float, cpu_ms: float, think_ms: float, slots: int | None, cores: float
) -> float:
    """Give the most requests per second: min(N/(D+S+Z), T/(D+S), cores/S); inf without limits."""
    return min(
        _rate(users, wait_ms + cpu_ms + think_ms),
        _rate(slots, wait_ms + cpu_ms) if slots is not None else float("inf"),
        _rate(cores, cpu_ms),
    )


def _rate(many: float, each_ms: float) -> float:
    return many / each_ms * 1000 if each_ms > 0 else float("inf")

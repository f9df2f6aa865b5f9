"""What one start of both servers came to: for each metric what was counted, and over how much.

A server differs from its next start, by its hash seed and its memory, for as long as it runs. So
the turns of one start are one value, however many they are. Pure functions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

import numpy as np

from harness.checks.turn import Pair, Turn
from harness.core.gate import Doubt, GateName
from harness.core.statistics import P50, P95, P99, Floats, Quantile, percentile

Start = Sequence[Pair]
"""The pairs that were taken of one start of both servers."""

Quotient = tuple[float, float]
"""What was counted, and over how much."""

CellSide = Mapping[str, Sequence[Quotient | None]]
"""What one side came to in a cell: for each metric a quotient for each start, None for none."""

Count = Callable[[Sequence[Turn]], Quotient | None]

# A turn with less than half of what a turn of BASE usually serves has stood still for a while.
STALLED_BELOW = 0.5

JUDGED_P95 = Quantile(P95.share, least=100)
"""Five values above it, as a change is judged by it and not only shown."""

GATE = "gate_"
"""What a gate's name is led by among the metrics: gate_kernel."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What both sides are held against: requests over `slow_ms`, turns under `stalled_rps`.

    None where BASE answered too little to tell.
    """

    slow_ms: float | None
    stalled_rps: float


def sides(starts: Sequence[Start], objective_ms: float | None = None) -> tuple[CellSide, CellSide]:
    """Set out what either side came to: for each metric a quotient for each start.

    Gates that failed are among the metrics: what only HEAD fails is a finding about HEAD.
    """
    counts = {**COUNTS, **_held_against(limits(starts, objective_ms)), **_gates(starts)}
    base, head = (
        {name: [count(of(start, role)) for start in starts] for name, count in counts.items()}
        for role in ("base", "head")
    )
    return base, head


def limits(starts: Sequence[Start], objective_ms: float | None = None) -> Limits:
    """Return the objective, or BASE's own p99 over all turns; and half of its usual rate."""
    turns = [turn for start in starts for turn in of(start, "base")]
    rates = [turn.counts.answered / turn.counts.seconds for turn in turns]
    slow_ms = objective_ms or percentile(_pooled(turns), P99)
    return Limits(slow_ms, STALLED_BELOW * median(rates))


def of(start: Start, role: str) -> list[Turn]:
    """List the turns of one side, `base` or `head`."""
    return [getattr(pair, role) for pair in start]


def failures(turns: Sequence[Turn]) -> dict[GateName, tuple[int, Doubt]]:
    """Count for each gate the turns that failed it, with the first flag."""
    counted: dict[GateName, tuple[int, Doubt]] = {}
    for turn in turns:
        for gate, doubt in {doubt.gate: doubt for doubt in reversed(turn.doubts)}.items():
            count, first = counted.get(gate, (0, doubt))
            counted[gate] = (count + 1, first)
    return counted


def value(metric: str, turns: Sequence[Turn]) -> float | None:
    """Return what some turns of one side came to in a metric that needs no other side."""
    quotient = COUNTS[metric](turns)
    return quotient and quotient[0] / quotient[1]


def _throughput(turns: Sequence[Turn]) -> Quotient | None:
    return _summed(turns, "answered", "seconds")


def _percentile(quantile: Quantile, turns: Sequence[Turn]) -> Quotient | None:
    """Return a percentile of all requests of the start, as one start has many."""
    reached = percentile(_pooled(turns), quantile)
    return None if reached is None else (reached, 1.0)


def _share(name: str, turns: Sequence[Turn]) -> Quotient | None:
    return _summed(turns, name, "asked")


def _cpu(turns: Sequence[Turn]) -> Quotient | None:
    return _summed(turns, "cpu_ms", "served")


def _memory(turns: Sequence[Turn]) -> Quotient | None:
    known = [turn.counts.rss_after_mib for turn in turns if turn.counts.rss_after_mib]
    return (sum(known), float(len(known))) if known else None


def _growth(turns: Sequence[Turn]) -> Quotient | None:
    """Return by how many KiB memory grew since the server was ready, over its requests since."""
    last = max(turns, key=lambda turn: turn.opened).counts
    if last.rss_ready_mib is None or last.rss_after_mib is None or not last.served_so_far:
        return None
    return (last.rss_after_mib - last.rss_ready_mib) * 1024, float(last.served_so_far)


def _held_against(held: Limits) -> dict[str, Count]:
    """Return what is counted by comparison with BASE's own turns."""

    def slow(turns: Sequence[Turn]) -> Quotient | None:
        asked = sum(turn.counts.asked for turn in turns)
        if held.slow_ms is None or not asked:
            return None
        late = sum(int((turn.latencies_ms > held.slow_ms).sum()) for turn in turns)
        return float(late + sum(turn.counts.failed for turn in turns)), float(asked)

    def stalled(turns: Sequence[Turn]) -> Quotient | None:
        rates = [turn.counts.answered / turn.counts.seconds for turn in turns]
        return float(sum(rate < held.stalled_rps for rate in rates)), float(len(turns))

    return {"slow_share": slow, "stalled_share": stalled}


def _gates(starts: Sequence[Start]) -> dict[str, Count]:
    """Return the gates that any turn failed, each counted by the turns that do."""

    def failed(gate: GateName, turns: Sequence[Turn]) -> Quotient | None:
        return float(failures(turns).get(gate, (0,))[0]), float(len(turns))

    turns = [turn for start in starts for pair in start for turn in pair.in_order]
    return {f"{GATE}{gate}": partial(failed, gate) for gate in failures(turns)}


def _summed(turns: Sequence[Turn], counted: str, over: str) -> Quotient | None:
    """Add up both over the turns; None where one was not measured, or over nothing."""
    tops = [getattr(turn.counts, counted) for turn in turns]
    bottom = sum(getattr(turn.counts, over) for turn in turns)
    return None if None in tops or not bottom else (float(sum(tops)), float(bottom))


def _pooled(turns: Sequence[Turn]) -> Floats:
    return np.sort(np.concatenate([turn.latencies_ms for turn in turns]))


# What the turns of one side tell by themselves.
COUNTS: Mapping[str, Count] = {
    "throughput_rps": _throughput,
    "throughput_total_rps": _throughput,
    "latency_p50_ms": partial(_percentile, P50),
    "latency_p95_ms": partial(_percentile, JUDGED_P95),
    "error_share": partial(_share, "failed"),
    "unanswered_share": partial(_share, "unanswered"),
    "connections_per_request": partial(_share, "opened"),
    "dropped_per_request": partial(_share, "dropped"),
    "server_cpu_ms_per_request": _cpu,
    "server_rss_mib": _memory,
    "server_rss_kib_per_request": _growth,
}

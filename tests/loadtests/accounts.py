"""Add up what a plateau's users did, from the rows and the plateau alone."""

from collections.abc import Iterable
from typing import Any

Interval = tuple[float, float]


def users_accounted_for(rows: list[dict[str, str]], plateau: dict[str, Any]) -> dict[str, float]:
    """Return how many users asked, paused and ran code of their own, on average over the window.

    Who asked after its close is in the plateau's lists.
    """
    done = [
        _parts(row)
        for row in rows
        if row["fired"] == "0" and float(row["start_s"]) < plateau["closed"]
    ]
    left = [_unanswered(plateau, index) for index in range(len(plateau["unanswered"]))]
    since = [(began, plateau["closed"]) for began in plateau["pausing"]]
    mean = {
        "asking": [part["asking"] for part in done + left],
        "pausing": [part["pausing"] for part in done + left] + since,
        "own": [part["own"] for part in done + left] + [tuple(pair) for pair in plateau["own"]],
    }
    return {name: _mean(intervals, plateau) for name, intervals in mean.items()}


def _parts(row: dict[str, str]) -> dict[str, Interval]:
    """Set out the time for which one row accounts: its user's own code, its pause, the request."""
    start, latency_s = float(row["start_s"]), float(row["latency_ms"]) / 1000
    end = start + latency_s
    paused_s, own_s = float(row["think_ms"]) / 1000, float(row["own_ms"]) / 1000
    occupied_s = float(row["occupied_ms"]) / 1000 if row["occupied_ms"] else latency_s
    return _set_out(start, paused_s, own_s, (end - occupied_s, end))


def _unanswered(plateau: dict[str, Any], index: int) -> dict[str, Interval]:
    start, since = plateau["unanswered"][index], plateau["occupied"][index]
    asking = (since, plateau["ended"]) if since is not None else (0.0, 0.0)
    paused_s, own_s = plateau["thought_ms"][index] / 1000, plateau["own_ms"][index] / 1000
    return _set_out(start, paused_s, own_s, asking)


def _set_out(start: float, paused_s: float, own_s: float, asking: Interval) -> dict[str, Interval]:
    paused = start - paused_s
    return {"asking": asking, "pausing": (paused, start), "own": (paused - own_s, paused)}


def _mean(intervals: Iterable[Interval], plateau: dict[str, Any]) -> float:
    opened, closed = float(plateau["opened"]), float(plateau["closed"])
    inside = (max(0.0, min(b, closed) - max(a, opened)) for a, b in intervals)
    return sum(inside) / (closed - opened)

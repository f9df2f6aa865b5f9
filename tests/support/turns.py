"""Turns, pairs and starts whose figures are known, for tests of what is made of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.checks.revisions import Role
from harness.checks.turn import PAIRS_PER_START, Counts, Pair, Turn
from harness.core.gate import Doubt

REQUESTS = 200


def turn(
    role: Role,
    factor: float = 1.0,
    doubts: tuple[Doubt, ...] = (),
    began: float = 0.0,
    **counts: Any,
) -> Turn:
    """Build a turn of one second whose every request took `factor` times 100 ms."""
    asked = round(REQUESTS / factor)
    told = Counts(
        seconds=1.0,
        asked=asked,
        answered=asked,
        served=asked,
        cpu_ms=factor * asked,
        rss_ready_mib=50.0,
        rss_after_mib=50.0,
        served_so_far=2 * asked,
    )
    latencies_ms = np.full(asked, 100.0 * factor)
    return Turn(role, replace(told, **counts), doubts, began, began + 1, latencies_ms)


def starts(count: int, head: Sequence[Turn] = (), base: Sequence[Turn] = ()) -> list[list[Pair]]:
    """Build starts of BASE that scatter by 1%; turns of HEAD and BASE repeat those given."""
    made = []
    for number in range(count):
        scattered = turn("BASE", 1 + 0.01 * (-1) ** number)
        made.append(
            [
                Pair(
                    _of(base, number * PAIRS_PER_START + pair, scattered),
                    _of(head, number * PAIRS_PER_START + pair, turn("HEAD")),
                    base_first=(number + pair) % 2 == 0,
                )
                for pair in range(PAIRS_PER_START)
            ]
        )
    return made


def _of(given: Sequence[Turn], number: int, otherwise: Turn) -> Turn:
    return given[number % len(given)] if given else otherwise

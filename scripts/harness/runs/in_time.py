"""Who served a larger share in time, round by round: which order held in each, which did not. Pure.

Rounds are fresh servers. What one of them shows may be chance; that one of two equal deployments
is ahead in all of 5 rounds comes about by chance once in 16: 2 x (1/2)^5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from harness.core.summary import Sample


@dataclass(frozen=True, slots=True)
class Order:
    """Two deployments in the order of their middle shares, and in how many rounds it held.

    `level` counts the rounds in which both served the same share.
    """

    ahead: str
    behind: str
    rounds: int
    held: int
    level: int

    @property
    def always(self) -> bool:
        """Return whether it held in each of several rounds."""
        return self.held == self.rounds > 1


def ranked(samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples from the largest middle share down; those without one are left out."""
    timed = [(sample.served.middle, sample) for sample in samples if sample.served]
    return [sample for _, sample in sorted(timed, key=lambda each: -each[0])]


def orders(ranked: Sequence[Sample]) -> tuple[Order, ...]:
    """Return the order of each two deployments of ranked(), in the rounds that both have.

    A pair with a single round in common has none: it would hold by itself.
    """
    pairs = (_order(ahead, behind) for ahead, behind in combinations(ranked, 2))
    return tuple(order for order in pairs if order.rounds > 1)


def _order(ahead: Sample, behind: Sample) -> Order:
    shares = zip(ahead.served_by_round, behind.served_by_round, strict=False)
    both = [(over, under) for over, under in shares if over is not None and under is not None]
    return Order(
        ahead=ahead.deployment,
        behind=behind.deployment,
        rounds=len(both),
        held=sum(over > under for over, under in both),
        level=sum(over == under for over, under in both),
    )

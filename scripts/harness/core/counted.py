"""What occurred how often, as a text: 37 x FATAL: sorry, too many clients already."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from harness.core.gate import SEPARATOR
from harness.core.units import count


@dataclass(frozen=True, slots=True)
class Counted:
    """A text, and how often what it says occurred."""

    times: int
    text: str

    def __str__(self) -> str:
        """Return both as files and reports have them."""
        return f"{self.times} x {self.text}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what str() made; raise ValueError for anything else."""
        times, _, rest = text.partition(" x ")
        return cls(int(times), rest)


def as_text(counted: Iterable[Counted]) -> str:
    """Return all as one cell of a CSV file, which has a semicolon between two."""
    return SEPARATOR.join(str(each).replace(";", ",") for each in counted)


def from_text(text: str) -> tuple[Counted, ...]:
    """Return what is in one cell of a CSV file; nothing where it is empty."""
    return tuple(Counted.parse(each) for each in text.split(SEPARATOR) if each)


def total(counted: Iterable[Counted]) -> tuple[Counted, ...]:
    """Return the sum for each text, the most frequent first."""
    sums: Counter[str] = Counter()
    for each in counted:
        sums[each.text] += each.times
    return tuple(Counted(times, text) for text, times in sums.most_common())


def in_words(counted: Iterable[Counted], most: int) -> str:
    """Return the first `most` in words, and how many more there are."""
    shown = [*counted]
    rest = sum(each.times for each in shown[most:])
    texts = [f"{count(each.times)} x {each.text}" for each in shown[:most]]
    return ", ".join([*texts, *([f"{count(rest)} more"] if rest else [])])

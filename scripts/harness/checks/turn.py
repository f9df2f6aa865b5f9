"""A turn of one side and the pair of both: what was counted, frozen. Pure."""

from dataclasses import dataclass, field

from harness.checks.revisions import Role
from harness.core.gate import Doubt
from harness.core.statistics import Floats

# Both sides of a start are taken twice, the one that was first second in the next pair: what grows
# or falls over a start then meets both alike. Starting both servers costs as much as three pairs.
PAIRS_PER_START = 2


@dataclass(frozen=True, slots=True)
class Counts:
    """What one turn came to, as sums that can be added up over turns.

    Of the requests sent in the window (`asked`), `failed` were answered wrongly or not at all, and
    `unanswered` still in flight when they were given up; `answered` ended rightly in its `seconds`.
    `opened` connections are those that requests had to open, `dropped` those that the kernel
    refused or had to be asked for again. CPU time is of the whole turn, in which `served` requests
    were sent, those of settling included. Memory was read when the server was ready and after the
    turn, `served_so_far` requests later. None is not measured.
    """

    seconds: float
    asked: int
    answered: int
    failed: int = 0
    unanswered: int = 0
    opened: int = 0
    dropped: int = 0
    served: int = 0
    cpu_ms: float | None = None
    rss_ready_mib: float | None = None
    rss_after_mib: float | None = None
    served_so_far: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """One plateau of one side.

    It was measured from `opened` to `closed`, in seconds since the epoch; `latencies_ms` ascend,
    those of unanswered requests as long as they have lasted.
    """

    role: Role
    counts: Counts
    doubts: tuple[Doubt, ...]
    opened: float
    closed: float
    latencies_ms: Floats = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two turns that followed each other."""

    base: Turn
    head: Turn
    base_first: bool

    @property
    def in_order(self) -> tuple[Turn, Turn]:
        """Return both turns, the one that was taken first in front."""
        return (self.base, self.head) if self.base_first else (self.head, self.base)

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """List what either turn is flagged for, BASE first."""
        return self.base.doubts + self.head.doubts

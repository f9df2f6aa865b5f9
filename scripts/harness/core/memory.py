"""What memory a deployment takes: at rest, for requests in flight, and whether it grows.

Frozen values; units stand in the names.
"""

from dataclasses import dataclass
from typing import Literal

Counting = Literal["PSS", "RSS"]
Finding = Literal["leak", "no leak", "undecided", "too few starts", "too few requests"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over starts of a server, with its standard error; one start tells no error."""

    middle: float
    error: float | None
    starts: int


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """The memory of a deployment in a scenario, over its starts; None is not measured.

    `at_rest_mib` is that of a worker before its first request, `in_flight_mib` what 100 more
    requests in flight add to the server, `growth_mib` what 10,000 more requests did. `counting` is
    how pages count that processes share: PSS once, RSS for each. Growth is that of the resident
    memory either way, as what is shared does not grow. `finding` is what the growth comes to.
    """

    scenario: str
    deployment: str
    counting: Counting
    at_rest_mib: Estimate | None
    in_flight_mib: Estimate | None
    growth_mib: Estimate | None
    finding: Finding

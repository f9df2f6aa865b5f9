"""What the server under test says of a request in its header Server-Timing.

Names of ours begin with `bench-` and are matched whole: an application may tell times of its own,
and its `view` need not be what the figures call so. A value that is no number is none.
Source: https://www.w3.org/TR/server-timing/
"""

import re

METRIC = re.compile(
    r"(?:^|,)\s*bench-(view|wait|entered|process|nth)\s*;\s*dur=([0-9]+(?:[.][0-9]+)?)\s*(?=[,;]|$)"
)
CAUSES = ("database", "pool")
"""Why a server may fail: its database did not answer, or all connections to it were busy."""

CAUSE = re.compile(rf"(?:^|,)\s*bench-error\s*;\s*desc=({'|'.join(CAUSES)})\s*(?=[,;]|$)")


def times(header: str | None) -> dict[str, float]:
    """Return the value of each of our names, as milliseconds or a count; nothing without any."""
    return {name: float(value) for name, value in METRIC.findall(header or "")}


def cause(header: str | None) -> str:
    """Return which of CAUSES a server names for its failure; empty without."""
    named = CAUSE.search(header or "")
    return named[1] if named else ""

"""Read how a load goes while it goes, from what loadtests/_live.py writes once a second.

For a person who watches; no figure of a report comes from it.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

FILE = "live.jsonl"

# More than any line has: whatever its length, the file is read in the same time.
LINE_BYTES = 200


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """How the load went in the last seconds; the fields are those of a line.

    `failed` counts the requests that have failed since the session began.
    """

    users: int
    throughput_rps: float
    latency_p95_ms: float | None
    failed: int


FIGURES = TypeAdapter(LiveFigures)


def newest(folder: Path) -> LiveFigures | None:
    """Return the newest figures in the folder of a session; None while there are none."""
    try:
        with (folder / FILE).open("rb") as lines:
            size = lines.seek(0, os.SEEK_END)
            lines.seek(max(0, size - LINE_BYTES))
            *_, line, _ = lines.read().split(b"\n")
        return FIGURES.validate_json(line)
    except (OSError, ValueError):  # nothing there yet: a ValidationError is a ValueError
        return None

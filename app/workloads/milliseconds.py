"""Milliseconds as a client writes them; of no framework."""

import re

MAX_MS = 600_000
"""The longest wait that a client may request, in milliseconds: ten minutes, as long polls may."""

# Not float() alone: it also takes "nan", "inf", "1_000", spaces and the digits of other scripts.
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?(e-?[0-9]+)?")


def milliseconds(text: str, least: int = 0, most: int = MAX_MS, name: str = "ms") -> int | float:
    """Return a number of milliseconds; a whole one as an int, so that it echoes as one.

    Raise ValueError, by its name, for anything but a number from `least` to `most`.
    """
    ms = float(text) if _NUMBER.fullmatch(text) else -1.0
    if not least <= ms <= most:
        raise ValueError(f"{name} must be a number from {least} to {most}")
    return int(ms) if ms.is_integer() else ms

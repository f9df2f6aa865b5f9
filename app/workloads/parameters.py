"""The parameters that a client may set; anything else is refused."""

import re

from django.core.exceptions import BadRequest
from django.http import HttpRequest

MAX_MS = 60_000
"""The longest wait that a client may request, in milliseconds."""

# Not float() alone: it also takes "nan", "inf", "1_000", spaces and the digits of other scripts.
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?(e-?[0-9]+)?")


def wait_ms(request: HttpRequest) -> int | float:
    """Return `?ms=` in milliseconds; a whole number as an int, so that it echoes as one.

    Raise BadRequest for anything but a number from 0 to MAX_MS.
    """
    text = request.GET.get("ms", "")
    ms = float(text) if _NUMBER.fullmatch(text) else -1.0
    if not 0 <= ms <= MAX_MS:
        raise BadRequest(f"ms must be a number from 0 to {MAX_MS}")
    return int(ms) if ms.is_integer() else ms

"""The parameters that a client may set; anything else is refused."""

import re

from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest

from workloads.milliseconds import MAX_MS, milliseconds

MAX_COMPUTE_MS = 10_000
"""The most CPU time that a client may request, in milliseconds: it keeps a core from all others."""

MAX_CALLS = 100
"""The most upstream calls that a client may request: each takes a connection, maybe a thread."""

MAX_EVENTS = 3_600
"""The most events of one stream: an hour of them, where one comes each second."""

MIN_PERIOD_MS = 1
"""The shortest time between news for which a client may poll, in milliseconds."""

BOOKS = 10_000
"""How many books there are, numbered from 1 on: `manage.py seed` makes them."""

MAX_ROWS = 100
"""The most rows of a list that a client may request."""

MAX_QUERIES = 10
"""The most slow queries of one request."""

MAX_QUERY_MS = 10_000
"""The longest that a client may have a query take, in milliseconds: it keeps a connection busy."""

MAX_SIZE = 16_777_216
"""The most characters of a download that a client may request: more than sockets buffer."""

MAX_BODY = 1_048_576
"""The longest body that a client may send, in bytes."""

WAYS = ("sequence", "threads", "tasks")
"""How one request makes several calls: one after the other, or all at once in either way."""

# No more digits than any bound has: int() takes long for thousands of them.
_WHOLE = re.compile(r"[0-9]{1,9}")


def wait_ms(request: HttpRequest) -> int | float:
    """Return `?ms=` as a wait in milliseconds; raise BadRequest for one beyond MAX_MS."""
    return _milliseconds(request, 0, MAX_MS)


def period_ms(request: HttpRequest) -> int | float:
    """Return `?ms=` as a time between news; raise BadRequest outside MIN_PERIOD_MS to MAX_MS."""
    return _milliseconds(request, MIN_PERIOD_MS, MAX_MS)


def compute_ms(request: HttpRequest) -> int | float:
    """Return `?ms=` as CPU time in milliseconds; raise BadRequest for one beyond MAX_COMPUTE_MS."""
    return _milliseconds(request, 0, MAX_COMPUTE_MS)


def cpu_ms(request: HttpRequest) -> int | float:
    """Return `?cpu_ms=`, CPU time beside a wait; raise BadRequest beyond MAX_COMPUTE_MS."""
    return _milliseconds(request, 0, MAX_COMPUTE_MS, "cpu_ms")


def calls(request: HttpRequest) -> int:
    """Return `?n=`, a number of upstream calls; raise BadRequest for none or over MAX_CALLS."""
    return _whole(request, "n", 1, MAX_CALLS)


def event_count(request: HttpRequest) -> int:
    """Return `?n=`, a number of events; raise BadRequest for none or over MAX_EVENTS."""
    return _whole(request, "n", 1, MAX_EVENTS)


def book(request: HttpRequest) -> int:
    """Return `?id=`, the number of a book; raise BadRequest for one that there is not."""
    return _whole(request, "id", 1, BOOKS)


def first_book(request: HttpRequest) -> int:
    """Return `?first=`, where a list begins; raise BadRequest where it may not be MAX_ROWS long."""
    return _whole(request, "first", 1, BOOKS - MAX_ROWS + 1)


def rows(request: HttpRequest) -> int:
    """Return `?n=`, a number of rows; raise BadRequest for none or over MAX_ROWS."""
    return _whole(request, "n", 1, MAX_ROWS)


def slow_queries(request: HttpRequest) -> int:
    """Return `?n=`, a number of slow queries; raise BadRequest for none or over MAX_QUERIES."""
    return _whole(request, "n", 1, MAX_QUERIES)


def query_ms(request: HttpRequest) -> int | float:
    """Return `?ms=`, how long a query takes; raise BadRequest for one beyond MAX_QUERY_MS."""
    return _milliseconds(request, 0, MAX_QUERY_MS)


def download_size(request: HttpRequest) -> int:
    """Return `?size=`, how long a download is; raise BadRequest for none or over MAX_SIZE."""
    return _whole(request, "size", 1, MAX_SIZE)


def way(request: HttpRequest) -> str:
    """Return `?way=`, one of WAYS; raise BadRequest for another."""
    text = request.GET.get("way", "")
    if text not in WAYS:
        raise BadRequest(f"way must be one of {', '.join(WAYS)}")
    return text


def body_length(request: HttpRequest) -> int:
    """Return how many bytes the body has; raise RequestDataTooBig for more than MAX_BODY.

    Django refuses a Content-Length beyond that (DATA_UPLOAD_MAX_MEMORY_SIZE in settings.py), but
    takes whatever comes without one under ASGI. Under WSGI it reads no body without one.
    """
    length = len(request.body)
    if length > MAX_BODY:
        raise RequestDataTooBig
    return length


def _milliseconds(request: HttpRequest, least: int, most: int, name: str = "ms") -> int | float:
    """Return a parameter; raise BadRequest for anything but a number from `least` to `most`."""
    try:
        return milliseconds(request.GET.get(name, ""), least, most, name)
    except ValueError as error:
        raise BadRequest(str(error)) from None


def _whole(request: HttpRequest, name: str, least: int, most: int) -> int:
    """Return a parameter; raise BadRequest for anything but a whole number within the bounds."""
    text = request.GET.get(name, "")
    number = int(text) if _WHOLE.fullmatch(text) else -1
    if not least <= number <= most:
        raise BadRequest(f"{name} must be a whole number from {least} to {most}")
    return number

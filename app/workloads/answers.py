"""HTTP responses of the workloads: the same bytes from either kind of view."""

import json
from collections.abc import Mapping

from django.http import HttpResponse

from workloads.timing import Timing


def encode(fields: Mapping[str, object]) -> bytes:
    """Return a body; any client can build the same bytes with json.dumps(fields)."""
    return json.dumps(fields).encode()


def json_response(body: bytes, status: int = 200) -> HttpResponse:
    """Return a response with a JSON body and its length.

    Django sets no Content-Length; servers would then differ in how they frame the body.
    """
    response = HttpResponse(body, status=status, content_type="application/json")
    response["Content-Length"] = str(len(body))
    return response


def answer(body: bytes, timing: Timing, status: int = 200) -> HttpResponse:
    """Return a workload's response, with its timing in the header Server-Timing."""
    response = json_response(body, status)
    response["Server-Timing"] = timing.header()
    return response


def no_database(error: Exception, timing: Timing) -> HttpResponse:
    """Return 503 with why the database gave no answer.

    Server-Timing names the kind for a client: `pool` where every connection of the pool was busy
    for as long as a request may wait for one, else `database`.
    """
    # By its name, as psycopg_pool need not be installed where there is no database.
    kind = "pool" if type(error.__cause__).__name__ == "PoolTimeout" else "database"
    reason = (str(error).splitlines() or [""])[0]
    cure = "is DATABASE_URL right, and `python manage.py seed` done?"
    text = f"no answer from the database ({reason}): {cure}"
    response = answer(encode({"error": text}), timing, status=503)
    response["Server-Timing"] += f", bench-error;desc={kind}"
    return response

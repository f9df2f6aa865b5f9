"""HTTP responses of the workloads: the same bytes from either kind of view."""

import json

from django.http import HttpResponse

from workloads.timing import Timing

Fields = dict[str, str | int | float]


def encode(fields: Fields) -> bytes:
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

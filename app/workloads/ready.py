"""The path that answers once the server can serve."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from workloads.answers import encode, json_response

READY = encode({"ready": True})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 at once.

    Sync, because that is cheap under both interfaces: a sync view costs ASGI one hop to a thread
    that the request has anyway; an async view costs WSGI a new thread with a new event loop.
    """
    return json_response(READY)

"""Errors as one line of JSON; Django calls these, under both interfaces."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver

from workloads.answers import encode, json_response
from workloads.parameters import MAX_BODY


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400 with the message of the exception; 413 where the body was too long."""
    if isinstance(exception, RequestDataTooBig):
        error = f"the body must have at most {MAX_BODY} bytes"
        return json_response(encode({"error": error}), status=413)
    return json_response(encode({"error": str(exception)}), status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 and name the paths that exist."""
    paths = ", ".join(f"/{route.pattern}" for route in get_resolver().url_patterns)
    return json_response(encode({"error": f"no such path; there are {paths}"}), status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500; the traceback is in the log."""
    error = "the application failed; its log on stderr has the traceback"
    return json_response(encode({"error": error}), status=500)

"""`plain`, `wait` and `call` in Pyramid."""

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response

from frameworks import workload
from frameworks.workload import JSON, READY, Answer


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, content_type=JSON)
    response.headers.update(answer.headers)
    return response


def ready(request: Request) -> Response:
    """Answer at once."""
    return _response(READY)


def plain(request: Request) -> Response:
    """Answer at once."""
    return _response(workload.plain())


def wait(request: Request) -> Response:
    """Answer after `?ms=` milliseconds."""
    return _response(workload.wait(request.GET.get("ms", "")))


def call(request: Request) -> Response:
    """Answer after one call to the upstream of `?ms=` milliseconds."""
    return _response(workload.call(request.GET.get("ms", "")))


PATHS = {"/ready/": ready, "/sync/plain/": plain, "/sync/wait/": wait, "/sync/call/": call}

with Configurator() as config:
    for path, view in PATHS.items():
        config.add_route(path, path)
        config.add_view(view, route_name=path, request_method="GET")
    application = config.make_wsgi_app()

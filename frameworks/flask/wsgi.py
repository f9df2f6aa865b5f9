"""`plain`, `wait` and `call` in Flask."""

from flask import Flask, Response, request

from frameworks import workload
from frameworks.workload import JSON, READY, Answer

application = Flask(__name__)


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, answer.headers, content_type=JSON)


@application.get("/ready/")
def ready() -> Response:
    """Answer at once."""
    return _response(READY)


@application.get("/sync/plain/")
def plain() -> Response:
    """Answer at once."""
    return _response(workload.plain())


@application.get("/sync/wait/")
def wait() -> Response:
    """Answer after `?ms=` milliseconds."""
    return _response(workload.wait(request.args.get("ms", "")))


@application.get("/sync/call/")
def call() -> Response:
    """Answer after one call to the upstream of `?ms=` milliseconds."""
    return _response(workload.call(request.args.get("ms", "")))

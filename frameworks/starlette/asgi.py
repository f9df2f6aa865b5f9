"""`plain`, `wait` and `call` in Starlette."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frameworks import workload
from frameworks.workload import JSON, READY, Answer


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, answer.headers, media_type=JSON)


async def ready(request: Request) -> Response:
    """Answer at once."""
    return _response(READY)


async def plain(request: Request) -> Response:
    """Answer at once."""
    return _response(workload.plain())


async def wait(request: Request) -> Response:
    """Answer after `?ms=` milliseconds."""
    return _response(await workload.await_wait(request.query_params.get("ms", "")))


async def call(request: Request) -> Response:
    """Answer after one call to the upstream of `?ms=` milliseconds."""
    return _response(await workload.await_call(request.query_params.get("ms", "")))


application = Starlette(
    routes=[
        Route("/ready/", ready),
        Route("/async/plain/", plain),
        Route("/async/wait/", wait),
        Route("/async/call/", call),
    ]
)

"""`plain`, `wait` and `call` in FastAPI."""

from fastapi import FastAPI, Response

from frameworks import workload
from frameworks.workload import JSON, READY, Answer

application = FastAPI()


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, answer.headers, media_type=JSON)


@application.get("/ready/")
async def ready() -> Response:
    """Answer at once."""
    return _response(READY)


@application.get("/async/plain/")
async def plain() -> Response:
    """Answer at once."""
    return _response(workload.plain())


@application.get("/async/wait/")
async def wait(ms: str = "") -> Response:
    """Answer after `?ms=` milliseconds."""
    return _response(await workload.await_wait(ms))


@application.get("/async/call/")
async def call(ms: str = "") -> Response:
    """Answer after one call to the upstream of `?ms=` milliseconds."""
    return _response(await workload.await_call(ms))

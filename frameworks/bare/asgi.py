"""An ASGI callable without a framework: the ground that FastAPI, Starlette and Django stand on.

Source: https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from frameworks import workload
from frameworks.workload import NOT_FOUND, READY, Answer

Message = Mapping[str, Any]


async def application(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Answer one request."""
    answer = await _answer(scope["path"], scope["query_string"].decode())
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.all_headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _answer(path: str, query: str) -> Answer:
    match path:
        case "/ready/":
            return READY
        case "/async/plain/":
            return workload.plain()
        case "/async/wait/":
            return await workload.await_wait(_ms(query))
        case "/async/call/":
            return await workload.await_call(_ms(query))
    return NOT_FOUND


def _ms(query: str) -> str:
    return parse_qs(query).get("ms", [""])[-1]
